"""`vidfer render`."""

import json
import sys
from pathlib import Path
from typing import Final

import click

import vidfer
from vidfer.cli.errors import reported
from vidfer.config import AnalyzeSettings

_MAX_PIXELS: Final = AnalyzeSettings().max_pixels


@click.command("render")
@click.argument("video", type=click.Path(path_type=Path))
@click.option(
    "--timeline",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder that 'vidfer analyze -o' wrote, or the video's timeline file.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="The video to write: .mp4, .m4v, .mov or .mkv.",
)
@click.option("--blur", is_flag=True, help="Draw nothing; make every known face unrecognisable.")
@click.option(
    "--not-analysed",
    type=click.Choice(["refuse", "hide", "cover"]),
    default="refuse",
    show_default=True,
    help="With --blur, frames that the timeline has no row of: refuse the video, blur them as "
    "a whole, or cover only the faces known from the frames around.",
)
@click.option(
    "--margin",
    type=float,
    default=0.4,
    show_default=True,
    help="With --blur, widen each box by this part of its size on every side.",
)
@click.option(
    "--hold",
    "hold_s",
    type=float,
    default=0.5,
    show_default=True,
    help="With --blur, seconds for which a face stays covered before, after and between its rows.",
)
@click.option("--no-audio", is_flag=True, help="Leave the sound out.")
@click.option("--overwrite", is_flag=True, help="Replace a file that is there.")
@click.option(
    "--max-pixels",
    type=int,
    default=_MAX_PIXELS,
    show_default=True,
    help="Refuse videos whose frames have more pixels than this.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
@click.option("--quiet", is_flag=True, help="Show no progress and no summary.")
def command(
    *,
    video: Path,
    timeline: Path,
    output: Path,
    blur: bool,
    not_analysed: str,
    margin: float,
    hold_s: float,
    no_audio: bool,
    overwrite: bool,
    max_pixels: int,
    as_json: bool,
    quiet: bool,
) -> None:
    """Write a copy of VIDEO with its timeline drawn on it, or, with --blur, without faces.

    VIDEO is the file that was analysed, or its name in videos.parquet. Times are kept and
    sound is copied; other streams, titles and places are not. Exit code: 0 the whole video,
    1 a part of it could not be decoded, 2 wrong usage, 130 interrupted.
    """
    with reported():
        from vidfer.job import Progress  # heavy libraries, which --help needs not
        from vidfer.progress import ProgressBars

        with ProgressBars(videos=1, shown=not quiet and sys.stderr.isatty()) as bars:
            rendered = vidfer.render(
                video,
                timeline=timeline,
                to=output,
                blur=blur,
                not_analysed=not_analysed,  # type: ignore[arg-type]  # click has checked it
                margin=margin,
                hold_s=hold_s,
                audio=not no_audio,
                overwrite=overwrite,
                max_pixels=max_pixels,
                on_progress=lambda frames, total: bars.update(
                    Progress(video=video.name, frames=frames, frames_total=total, faces=0)
                ),
            )
            bars.finish_video(video.name)
        if as_json:
            click.echo(json.dumps(rendered.as_dict(), indent=2))
        elif not quiet:
            click.echo(rendered.as_text())
        sys.exit(rendered.exit_code)
