"""What more workers gain on many clips: one against several, as the command is typed.

python benchmarks/workers.py CLIP... [--workers 2] [--videos 12] [--rounds 3] [--write]
"""

import shutil
import tempfile
from functools import partial
from pathlib import Path

import polars as pl
from material import analyze_command, run_quietly
from measuring import Report, Work, alternate, parser, ratio, speeds

QUESTION = (
    "What do several workers gain over one on many clips? Whole commands, start-up included. "
    "Workers have one thread each; beside them, one worker with as many threads."
)
ONE = "1 worker, 1 thread"


def analyze(folder: Path, output: Path, *, workers: int, threads: int) -> int:
    """Analyse all clips of a folder by the command; return how many frames they have."""
    options = ["--workers", str(workers), "--threads", str(threads)]
    run_quietly(analyze_command(folder, output, *options))
    return int(pl.read_parquet(output / "videos.parquet")["frames_analysed"].sum())


def link_clips(clips: list[Path], folder: Path, *, videos: int) -> None:
    """Fill a folder with clips, in turn, by links under other names."""
    folder.mkdir()
    for number in range(videos):
        clip = clips[number % len(clips)].resolve()
        shutil.copy(clip, folder / f"{number:04}{clip.suffix}")


def main() -> None:
    """Compare numbers of workers."""
    options = parser(__doc__, rounds=3)
    options.add_argument("clips", type=Path, nargs="+")
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--videos", type=int, default=12)
    chosen = options.parse_args()
    many = chosen.workers
    report = Report("workers", QUESTION)
    with tempfile.TemporaryDirectory() as name:
        folder, output = Path(name) / "clips", Path(name) / "out"
        link_clips(chosen.clips, folder, videos=chosen.videos)
        works: dict[str, Work] = {
            ONE: partial(analyze, folder, output, workers=1, threads=1),
            f"{many} workers, 1 thread each": partial(
                analyze, folder, output, workers=many, threads=1
            ),
            f"1 worker, {many} threads": partial(analyze, folder, output, workers=1, threads=many),
        }
        taken = alternate(works, rounds=chosen.rounds)
    names = ", ".join(clip.name for clip in chosen.clips)
    report.say(f"{chosen.videos} videos, in turn of {names}, {taken[ONE][0].items:,} frames")
    rows = [[name, speeds(one), ratio(one, taken[ONE])] for name, one in taken.items()]
    report.table(["", "frames/s", "of one worker"], rows)
    report.finish(chosen.write, rounds=chosen.rounds)


if __name__ == "__main__":
    main()
