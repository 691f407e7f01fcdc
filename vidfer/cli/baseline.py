"""`vidfer baseline`."""

from pathlib import Path
from typing import Any

import click

import vidfer
from vidfer.cli.errors import reported
from vidfer.cli.rows import output_option, source_argument, write_rows


@click.command("baseline")
@source_argument
@click.option(
    "--stretch-s",
    type=(float, float),
    metavar="START END",
    help="Seconds of each video that are the baseline.  [default: 0 10]",
)
@click.option(
    "--events",
    type=click.Path(path_type=Path),
    help="Events: CSV (video, start, end, label), SRT, VTT, ELAN, or a folder of these.",
)
@click.option("--label", help="The events that are the baseline.")
@click.option(
    "--percentile",
    type=float,
    help="The baseline is the value below which a probability stays for this share of the time.",
)
@click.option(
    "--by",
    default="track",
    show_default=True,
    metavar="track|video|COLUMN",
    help="Who has a baseline: each track, each video, or a column of the attributes.",
)
@click.option(
    "--attributes",
    type=click.Path(path_type=Path),
    help="What is known of the videos: CSV or Parquet with a column video.",
)
@click.option("--all-faces", is_flag=True, help="Count faces that are not usable, too.")
@output_option
def command(source: Path, output: Path, *, all_faces: bool, **options: Any) -> None:
    """Write the rows in OUT with each emotion's difference from the person's baseline.

    The columns are angry_change, and so on. OUT is a folder that 'vidfer analyze' wrote, or
    one file of rows. Exit code: 0 done, 2 wrong usage.
    """
    with reported():
        write_rows(vidfer.subtract_baseline(source, usable_only=not all_faces, **options), output)
