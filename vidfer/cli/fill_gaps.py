"""`vidfer fill-gaps`."""

from pathlib import Path

import click

import vidfer
from vidfer.cli.errors import reported
from vidfer.cli.rows import output_option, source_argument, write_rows


@click.command("fill-gaps")
@source_argument
@click.option(
    "--gap-s",
    type=float,
    default=0.5,
    show_default=True,
    help="Longest time out of sight that is filled, in seconds.",
)
@output_option
def command(source: Path, output: Path, *, gap_s: float) -> None:
    """Write the rows in OUT, and rows for faces that were out of sight for a moment.

    These are interpolated, and the column filled tells them. OUT is a folder that 'vidfer
    analyze' wrote, or one file of rows. Exit code: 0 done, 2 wrong usage.
    """
    with reported():
        write_rows(vidfer.fill_gaps(source, gap_s=gap_s), output)
