"""`vidfer gate`."""

from pathlib import Path
from typing import Any

import click

import vidfer
from vidfer.cli.errors import reported
from vidfer.cli.rows import output_option, source_argument, write_rows
from vidfer.config import AnalyzeSettings

_DEFAULTS = AnalyzeSettings()


@click.command("gate")
@source_argument
@click.option(
    "--min-face-px",
    type=float,
    default=_DEFAULTS.usable_face_px,
    show_default=True,
    help="Least longer side of the box, in pixels.",
)
@click.option(
    "--min-sharpness",
    type=float,
    default=_DEFAULTS.usable_sharpness,
    show_default=True,
    help="Least sharpness.",
)
@click.option(
    "--min-brightness",
    type=float,
    default=_DEFAULTS.usable_brightness_min,
    show_default=True,
    help="Least brightness, 0 to 1.",
)
@click.option(
    "--max-brightness",
    type=float,
    default=_DEFAULTS.usable_brightness_max,
    show_default=True,
    help="Largest brightness, 0 to 1.",
)
@click.option(
    "--max-yaw-deg",
    type=float,
    default=_DEFAULTS.usable_yaw_deg,
    show_default=True,
    help="Largest turn of the head to either side, in degrees.",
)
@click.option(
    "--min-face-score",
    type=float,
    default=0.0,
    show_default=True,
    help="Least probability of the detector.",
)
@click.option(
    "--min-margin",
    type=float,
    default=0.0,
    show_default=True,
    help="Least distance of the most likely emotion from the next, 0 to 1.",
)
@output_option
def command(source: Path, output: Path, **options: Any) -> None:
    """Write the rows in OUT with another quality gate: the column usable judged anew.

    What is written can be summarised and so on like OUT itself. OUT is a folder that
    'vidfer analyze' wrote, or one file of rows. Exit code: 0 done, 2 wrong usage.
    """
    with reported():
        write_rows(vidfer.gate(source, **options), output)
