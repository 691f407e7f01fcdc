"""Whether memory and open files stay flat over a long video.

    python benchmarks/memory.py CLIP [--minutes 60] [--fps 1] [--write]

CLIP's coded frames are copied again and again into a file of so many minutes, in a temporary
folder: an hour of the shared 1080p clip takes 2 GB. Every frame is decoded; --fps says how
many of them are analysed.
"""

import tempfile
from pathlib import Path

import av
from material import analyze_command, title_of, write_looped
from measuring import Report, parser
from watching import TABLE_HEADS, table_rows, watch

QUESTION = (
    "Do memory and open files of `vidfer analyze` stay flat over a long video? The command is "
    "looked at from outside, parent and worker. A quarter's figure is the median of a quarter "
    "of the time."
)


def frame_rate(clip: Path) -> float:
    """Return a clip's frames per second."""
    with av.open(str(clip)) as container:
        return float(container.streams.video[0].average_rate or 25)


def main() -> None:
    """Watch one analysis."""
    options = parser(__doc__, rounds=None)
    options.add_argument("clip", type=Path)
    options.add_argument("--minutes", type=float, default=60.0)
    options.add_argument("--fps", type=float, default=1.0, help="frames analysed per second")
    options.add_argument("--every-s", type=float, default=1.0, help="seconds between two looks")
    options.add_argument("--start-s", type=float, default=10.0, help="not counted as a quarter's")
    chosen = options.parse_args()
    report = Report("memory", QUESTION)
    with tempfile.TemporaryDirectory() as name:
        video, output = Path(name) / f"looped{chosen.clip.suffix}", Path(name) / "out"
        frames = round(60 * chosen.minutes * frame_rate(chosen.clip))
        write_looped(chosen.clip, video, frames=frames)
        size_gb = video.stat().st_size / 1e9
        command = analyze_command(video, output, "--fps", f"{chosen.fps:g}", "--workers", "1")
        watched = watch(command, every_s=chosen.every_s)
    report.say(
        f"**{title_of(chosen.clip)}**, looped to {chosen.minutes:g} minutes, {frames:,} frames, "
        f"{size_gb:.2g} GB; all of them decoded, {chosen.fps:g} a second analysed, one worker. "
        f"It took {watched.wall_s / 60:.0f} minutes, {len(watched.looks):,} looks; the first "
        f"{chosen.start_s:g} s are start-up and in no quarter."
    )
    report.table(TABLE_HEADS, table_rows(watched, begin_s=chosen.start_s))
    report.finish(chosen.write)


if __name__ == "__main__":
    main()
