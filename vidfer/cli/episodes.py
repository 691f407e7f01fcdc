"""`vidfer episodes`."""

import shutil
from pathlib import Path
from typing import Any

import click

import vidfer
from vidfer.cli.errors import reported
from vidfer.cli.rows import source_argument, write_rows

# Columns of names: video, track and emotions.
_TEXTS = {True: 4, False: 3}


@click.command("episodes")
@source_argument
@click.option("--transitions", is_flag=True, help="Count what follows what instead.")
@click.option(
    "--enter", type=float, default=0.5, show_default=True, help="Probability at which one begins."
)
@click.option(
    "--leave", type=float, default=0.35, show_default=True, help="Probability below which it ends."
)
@click.option(
    "--min-duration-s",
    type=float,
    default=0.3,
    show_default=True,
    help="Shorter ones are left out, in seconds.",
)
@click.option(
    "--merge-gap-s",
    type=float,
    default=0.3,
    show_default=True,
    help="Those of one emotion that are no further apart become one, in seconds.",
)
@click.option(
    "--smooth-s",
    type=float,
    default=1.0,
    show_default=True,
    help="Width of the mean that is taken first, in seconds; 0: none.",
)
@click.option("--all-faces", is_flag=True, help="Count faces that are not usable, too.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write all rows there: .parquet, .csv or .json. Otherwise the first ones are printed.",
)
def command(
    source: Path, output: Path | None, *, transitions: bool, all_faces: bool, **options: Any
) -> None:
    """List the stretches of each emotion in OUT: onset, offset, peak, mean.

    OUT is a folder that 'vidfer analyze' wrote, or one file of rows. Exit code: 0 done, 2
    wrong usage.
    """
    with reported():
        rows = vidfer.episodes(source, usable_only=not all_faces, **options)
        rows = vidfer.transitions(rows) if transitions else rows
        if output is not None:
            write_rows(rows, output)
            return
        # A heavy library, which --help needs not.
        from vidfer.analysis.table_text import table_text

        width = shutil.get_terminal_size().columns
        click.echo(table_text(rows.collect(), width=width, texts=_TEXTS[transitions]))
