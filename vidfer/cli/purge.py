"""`vidfer purge`."""

from pathlib import Path

import click

import vidfer
from vidfer.cli.errors import reported


@click.command("purge")
@click.argument("output", type=click.Path(path_type=Path))
@click.argument(
    "videos", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="VIDEO..."
)
def command(output: Path, videos: tuple[Path, ...]) -> None:
    """Remove all that OUTPUT knows of the videos, without asking.

    A VIDEO is a name as in the column 'video' of videos.parquet, or the path of the source
    file, which itself is left alone. Says what was removed. Exit code: 0 removed, 2 a video
    is unknown, and nothing was removed.
    """
    with reported():
        from vidfer.visible import visible  # heavy libraries, which --help needs not

        for what in vidfer.purge(output, videos):
            click.echo(f"removed {visible(what)}")
