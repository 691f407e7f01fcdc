"""What commands that turn timelines into other rows have in common."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import polars as pl

source_argument = click.argument("source", metavar="OUT", type=click.Path(path_type=Path))

output_option = click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where to: .parquet, .csv or .json, with the rows of all videos.",
)


def write_rows(rows: "pl.LazyFrame", output: Path) -> None:
    """Write rows to a file as they come, and say so.

    Raises:
        OutputError: it cannot be written.
        UsageError: its ending says no format, or the rows cannot be made.
    """
    # A heavy library, which --help needs not.
    from vidfer.analysis.table_files import write_table

    write_table(rows, output)
    click.echo(f"Written to {output}.")
