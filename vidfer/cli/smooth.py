"""`vidfer smooth`."""

from pathlib import Path
from typing import Any

import click

import vidfer
from vidfer.cli.errors import reported
from vidfer.cli.rows import output_option, source_argument, write_rows


@click.command("smooth")
@source_argument
@click.option(
    "--window-s",
    type=float,
    default=3.4,
    show_default=True,
    help="Width of the mean over each track, in seconds.",
)
@click.option("--usable-only", is_flag=True, help="Take the mean over usable faces only.")
@output_option
def command(source: Path, output: Path, **options: Any) -> None:
    """Write the rows in OUT with smoothed probabilities beside the raw ones.

    OUT is a folder that 'vidfer analyze' wrote, or one file of rows. Exit code: 0 done, 2
    wrong usage.
    """
    with reported():
        write_rows(vidfer.smooth(source, **options), output)
