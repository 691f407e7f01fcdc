"""`vidfer compare`."""

import json
from pathlib import Path
from typing import Any

import click

import vidfer
from vidfer.cli.errors import reported
from vidfer.emotions import EMOTIONS
from vidfer.errors import SettingsError


@click.command("compare")
@click.argument("output", metavar="OUT", type=click.Path(path_type=Path))
@click.argument("other", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    "save_to",
    type=click.Path(path_type=Path),
    help="Write the figures to a file: .csv or .parquet with a row per video, or .json.",
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option(
    "--tolerance-s",
    type=float,
    default=0.02,
    show_default=True,
    help="Frames this near in time are the same moment.",
)
@click.option(
    "--min-iou",
    type=float,
    default=0.3,
    show_default=True,
    help="Boxes that overlap this much (intersection over union) are the same face.",
)
@click.option(
    "--faces",
    type=click.Choice(["all", "largest"]),
    help="Compare every face, or the largest of each frame.  [default: all; with codes largest]",
)
@click.option("--usable-only", is_flag=True, help="Compare only faces that pass the quality gate.")
@click.option("--tier", help="Codes: take only those of this tier or coder.")
@click.option(
    "--label",
    "labels",
    multiple=True,
    metavar="LABEL=EMOTION",
    help="Codes: what a label means that is no emotion's name; may be repeated.",
)
@click.option(
    "--uncoded",
    type=click.Choice(EMOTIONS),
    help="Codes: the emotion of frames that nobody coded, in coded videos.",
)
@click.option(
    "--min-overlap",
    type=float,
    default=0.5,
    show_default=True,
    help="Codes: an episode and a code that overlap this much are the same.",
)
@click.option(
    "--confidence",
    type=float,
    default=0.95,
    show_default=True,
    help="Of the intervals, which resample videos.",
)
@click.option(
    "--resamples", type=int, default=2000, show_default=True, help="How often videos are resampled."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the resampling.")
def command(
    output: Path,
    other: Path,
    *,
    save_to: Path | None,
    as_json: bool,
    labels: tuple[str, ...],
    **options: Any,
) -> None:
    """Tell how well the timelines in OUT agree with another reading of the same videos.

    OTHER is another output folder or timeline; another tool's CSV (py-feat, OpenFace, fer,
    deepface, ...) or a folder with one per video; or human codes labelled with emotions:
    CSV, ELAN, SRT or VTT, or a folder with one per video. Exit code: 0 done, 2 wrong usage,
    or sides that do not fit.
    """
    with reported():
        if save_to is not None:
            # A heavy library, which --help needs not.
            from vidfer.analysis.table_files import check_table_path

            check_table_path(save_to)
        meanings = dict(_meaning(label) for label in labels)
        found = vidfer.compare(output, other, labels=meanings, **options)
        if save_to is not None:
            found.save(save_to)
        click.echo(json.dumps(found.as_dict(), indent=2) if as_json else found.as_text())


def _meaning(label: str) -> tuple[str, str]:
    """Return what a `LABEL=EMOTION` of the command line says."""
    word, equals, emotion = label.rpartition("=")
    if not (word and equals):
        raise SettingsError(f"--label must be LABEL=EMOTION, like smile=happy; got {label!r}.")
    return word, emotion
