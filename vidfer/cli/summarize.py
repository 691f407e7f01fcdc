"""`vidfer summarize`."""

import shutil
from pathlib import Path
from typing import Any

import click

import vidfer
from vidfer.cli.errors import reported


@click.command("summarize")
@click.argument("source", metavar="OUT", type=click.Path(path_type=Path))
@click.option(
    "--by",
    type=click.Choice(["video", "track", "window", "event", "group"]),
    default="video",
    show_default=True,
    help="What gets a row.",
)
@click.option("--window-s", type=float, help="Length of windows, in seconds, from time 0.")
@click.option(
    "--events",
    type=click.Path(path_type=Path),
    help="Events: CSV (video, start, end, label), SRT, VTT, ELAN, or a folder of these.",
)
@click.option(
    "--attributes",
    type=click.Path(path_type=Path),
    help="What is known of the videos: CSV or Parquet with a column video.",
)
@click.option(
    "--group-by",
    multiple=True,
    metavar="COLUMN",
    help="Pool the videos that have the same value in this column of the attributes; may be "
    "repeated.",
)
@click.option(
    "--person",
    metavar="COLUMN",
    help="The attributes' column that tells people apart, whom intervals resample.  "
    "[default: participant, where there is one]",
)
@click.option(
    "--smooth-s",
    type=float,
    default=1.0,
    show_default=True,
    help="Width of the mean that shares, dwell and onsets are taken after, in seconds; 0: none.",
)
@click.option("--all-faces", is_flag=True, help="Count faces that are not usable, too.")
@click.option(
    "--confidence", type=float, default=0.95, show_default=True, help="Coverage of intervals."
)
@click.option(
    "--resamples",
    type=int,
    default=2000,
    show_default=True,
    help="Draws that intervals are made of; 0: no intervals.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the draws.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write all columns there: .parquet, .csv or .json. Otherwise a short table is printed.",
)
def command(source: Path, output: Path | None, *, all_faces: bool, **options: Any) -> None:
    """Add the timelines in OUT up: by video, track, window, event or group of videos.

    Means weigh by time, over faces that pass the quality gate, and say what time they are
    taken over. Exit code: 0 done, 2 wrong usage, or files that do not fit.
    """
    with reported():
        # A heavy library, which --help needs not.
        from vidfer.analysis.summary_table import as_text
        from vidfer.analysis.table_files import check_table_path, write_table

        if output is not None:
            check_table_path(output)
        summary = vidfer.summarize(source, usable_only=not all_faces, **options)
        if output is None:
            click.echo(as_text(summary, width=shutil.get_terminal_size().columns))
        else:
            write_table(summary, output)
            click.echo(f"{summary.height:,} rows written to {output}.")
