"""`vidfer report`."""

import json
import sys
from pathlib import Path

import click

import vidfer
from vidfer.cli.errors import reported


@click.command("report")
@click.argument("results", metavar="OUTPUT", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    "to",
    type=click.Path(path_type=Path),
    default=Path("report.html"),
    show_default=True,
    help="File of the page or index, or a folder for all of it.",
)
@click.option(
    "--video",
    "videos",
    multiple=True,
    metavar="NAME",
    help="Report this video only; may be given several times.",
)
@click.option(
    "--events",
    type=click.Path(path_type=Path),
    help="CSV, SRT, VTT or ELAN file of events to show beside the timeline.",
)
@click.option("--title", help="Heading of the index.  [default: name of OUTPUT]")
@click.option(
    "--smooth-s",
    type=float,
    default=3.4,
    show_default=True,
    help="Width of the mean over time, in seconds.",
)
@click.option(
    "--pages/--no-pages",
    default=True,
    show_default=True,
    help="A page for each video, or the index alone.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
def command(
    results: Path,
    to: Path,
    videos: tuple[str, ...],
    events: Path | None,
    title: str | None,
    smooth_s: float,
    pages: bool,
    as_json: bool,
) -> None:
    """Write the results in OUTPUT as pages that open offline in any browser.

    One video gives one file; many give an index at -o and a page for each in a folder beside
    it. Nothing is loaded from the network, and no video is copied: a page plays the file
    where it lies.
    """
    with reported():
        written = vidfer.report(
            results,
            to=to,
            videos=list(videos) or None,
            events=events,
            title=title,
            smooth_s=smooth_s,
            pages=pages,
            progress=_show if sys.stderr.isatty() else None,
        )
        click.echo(json.dumps(written.as_dict(), indent=2) if as_json else written.as_text())


def _show(done: int, videos: int) -> None:
    click.echo(f"\r{done:,} of {videos:,} videos", nl=done == videos, err=True)
