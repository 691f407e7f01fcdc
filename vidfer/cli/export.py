"""`vidfer export`."""

from pathlib import Path
from typing import cast, get_args

import click

import vidfer
from vidfer.cli.errors import reported
from vidfer.exporting.format_names import FormatName


@click.command("export")
@click.argument("output", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "format_name",
    type=click.Choice(get_args(FormatName)),
    required=True,
    help="What to write.",
)
@click.option(
    "-o",
    "--output",
    "to",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FOLDER_OR_FILE",
    help="Where to: a folder, or one file that ends like the format.",
)
@click.option("--enter", type=float, help="Probability at which an episode begins.")
@click.option("--leave", type=float, help="Probability below which it ends.")
@click.option("--min-duration-s", type=float, help="Leave shorter episodes out.")
@click.option("--merge-gap-s", type=float, help="Join episodes that are no further apart.")
@click.option("--smooth-s", type=float, help="Mean over this long before episodes are sought.")
@click.option("--all-faces", is_flag=True, help="Episodes of faces that are not usable, too.")
def command(
    output: Path,
    format_name: str,
    to: Path,
    all_faces: bool,
    **episode_options: float | None,
) -> None:
    """Write the timelines in OUTPUT in a format of other tools.

    OUTPUT is a folder that 'vidfer analyze' wrote, or one timeline file in it. A folder gets
    a file per video, in the same subfolders. The options about episodes are for srt, vtt,
    elan and textgrid. Exit code: 0 written, 2 nothing to write or wrong usage.
    """
    with reported():
        from vidfer.visible import visible

        files = vidfer.export(
            output,
            format=cast(FormatName, format_name),
            to=to,
            usable_only=False if all_faces else None,
            **episode_options,
        )
        where = files[0] if len(files) == 1 else to
        click.echo(f"{len(files):,} file{'s' * (len(files) > 1)} written: {visible(str(where))}")
