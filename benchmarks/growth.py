"""How time and memory grow: with frames, faces, resolution, batch size, and length.

    python benchmarks/growth.py CLIP [--large CLIP] [--minutes 0.1 0.5 3] [--write]

CLIP shows one face; it is looped, tiled and scaled in a temporary folder. Memory is the
peak of a worker of `vidfer analyze` on --large (as CLIP without it), looped to so many
minutes; --minutes 1 5 30 is what the limits speak of, and takes its time.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import av
import numpy as np
from material import (
    Analysis,
    analyze_command,
    pictures_of,
    title_of,
    write_looped,
    write_pictures,
)
from measuring import Report, Taken, Work, alternate, cpu_ms, parser, speeds

from vidfer.config import AnalyzeSettings

QUESTION = (
    "How do time and memory grow with the number of frames, of faces in a frame, of pixels, "
    "with the batch size, and with a video's length? Time is from file to timeline in a process "
    "that has loaded its libraries."
)
HEADS = ("frames", "faces a frame", "frames/s", "CPU ms a frame", "of the first")
HEIGHTS = (360, 720, 1080)
GRIDS = (0, 1, 2, 3)
BATCH_SIZES = (1, 16, 64, 256)

# Small itself, so that the peak which the kernel reports is that of the command's processes.
LAUNCHER = (
    "import os, subprocess, sys\n"
    "process = subprocess.Popen(sys.argv[1:], stdout=sys.stderr)\n"
    "_, status, usage = os.wait4(process.pid, 0)\n"
    "print(usage.ru_maxrss)\n"
    "sys.exit(os.waitstatus_to_exitcode(status))\n"
)


class Laboratory:
    """Runs families of cases and adds a table for each."""

    def __init__(self, report: Report, folder: Path, *, threads: int, rounds: int) -> None:
        self.report, self.folder = report, folder
        self._threads, self._rounds = threads, rounds

    def compare(
        self, head: str, clips: dict[str, Path], settings: Sequence[AnalyzeSettings]
    ) -> None:
        """Add a table with a line per clip; `settings` are one for all, or one per clip."""
        each = list(settings) * (len(clips) if len(settings) == 1 else 1)
        faces: dict[str, float] = {}
        works: dict[str, Work] = {}
        for (name, clip), one in zip(clips.items(), each):
            analysis = Analysis(self.folder, settings=one, threads=self._threads)
            result = analysis.run(clip)
            faces[name] = result.faces / result.frames_analysed
            works[name] = partial(analysis.frames, clip)
        taken = alternate(works, rounds=self._rounds, warm=False)
        first = next(iter(taken.values()))
        rows = [line(name, faces[name], once, first) for name, once in taken.items()]
        self.report.table([head, *HEADS], rows)


def line(name: str, faces: float, taken: Sequence[Taken], first: Sequence[Taken]) -> list[str]:
    """Return a table's line; the last figure is CPU time a frame against the first line's."""
    grown = statistics.median(one.cpu_ms / other.cpu_ms for one, other in zip(taken, first))
    frames = f"{taken[0].items:,}"
    return [name, frames, f"{faces:.1f}", speeds(taken), cpu_ms(taken), f"{grown:.2f}"]


def tiled(pictures: list[np.ndarray], *, grid: int) -> list[np.ndarray]:
    """Return the pictures grid times grid, each as large as one was; none at all for 0."""
    if grid == 0:
        return [np.full_like(picture, 128) for picture in pictures]
    height, width = (side // grid // 2 * 2 for side in pictures[0].shape[:2])
    rows = np.linspace(0, pictures[0].shape[0] - 1, height).astype(int)
    columns = np.linspace(0, pictures[0].shape[1] - 1, width).astype(int)
    return [np.tile(picture[rows][:, columns], (grid, grid, 1)) for picture in pictures]


def coded(laboratory: Laboratory, name: str, pictures: list[np.ndarray]) -> Path:
    """Return a clip of pictures."""
    path = laboratory.folder / f"{name}.mp4"
    write_pictures(pictures, path)
    return path


def time_grows(laboratory: Laboratory, clip: Path, *, frames: int) -> None:
    """Add the tables about time."""
    defaults = [AnalyzeSettings()]
    lengths = {}
    for times in (1, 2, 4, 8):
        path = laboratory.folder / f"{times}{clip.suffix}"
        write_looped(clip, path, frames=times * frames)
        # Whole clips, so that the coded frames need not be coded anew.
        lengths[f"at least {times * frames:,} frames"] = path
    laboratory.compare("length", lengths, defaults)
    tall = pictures_of(clip, count=frames, height=720)
    grids = {f"{n} x {n}": coded(laboratory, f"grid{n}", tiled(tall, grid=n)) for n in GRIDS}
    laboratory.compare("faces, 720p", grids, defaults)
    del tall
    sizes = {
        f"{height}p": coded(
            laboratory, f"{height}p", pictures_of(clip, count=frames, height=height)
        )
        for height in HEIGHTS
    }
    laboratory.compare("resolution", sizes, defaults)
    crowd = grids[f"{GRIDS[-1]} x {GRIDS[-1]}"]
    batches = {f"{size}": crowd for size in BATCH_SIZES}
    settings = [AnalyzeSettings(batch_size=size) for size in BATCH_SIZES]
    laboratory.compare("batch size, most faces", batches, settings)


def memory_grows(laboratory: Laboratory, clip: Path, *, minutes: Sequence[float]) -> None:
    """Add the table about memory, of a fresh command for each length."""
    rows = []
    rate = rate_of(clip)
    for length in minutes:
        path = laboratory.folder / f"minutes{clip.suffix}"
        write_looped(clip, path, frames=round(60 * length * rate))
        started = time.perf_counter()
        peak = peak_bytes(analyze_command(path, laboratory.folder / "out"))
        wall_s = time.perf_counter() - started
        rows.append([f"{length:g} minutes", f"{peak / 1e9:.2f}", f"{wall_s:.0f}"])
    laboratory.report.say(f"Peak memory of the largest process of a command: **{title_of(clip)}**")
    laboratory.report.table(["length", "GB", "seconds"], rows)


def rate_of(clip: Path) -> float:
    """Return a clip's frames per second."""
    with av.open(str(clip)) as container:
        return float(container.streams.video[0].average_rate or 25)


def peak_bytes(command: Sequence[str]) -> int:
    """Return the largest resident size of any process of a command; fail if it does."""
    launched = [sys.executable, "-c", LAUNCHER, *command]
    done = subprocess.run(launched, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
    return 1024 * int(done.stdout)


def main() -> None:
    """Measure all growth."""
    options = parser(__doc__, rounds=3)
    options.add_argument("clip", type=Path)
    options.add_argument("--large", type=Path, help="the clip for memory")
    options.add_argument("--frames", type=int, default=200, help="of the shortest length")
    options.add_argument("--minutes", type=float, nargs="+", default=[0.1, 0.5, 3])
    options.add_argument("--threads", type=int, default=2)
    chosen = options.parse_args()
    report = Report("growth", QUESTION)
    with tempfile.TemporaryDirectory() as name:
        laboratory = Laboratory(report, Path(name), threads=chosen.threads, rounds=chosen.rounds)
        report.say(f"**{title_of(chosen.clip)}**, {chosen.threads} threads")
        time_grows(laboratory, chosen.clip, frames=chosen.frames)
        memory_grows(laboratory, chosen.large or chosen.clip, minutes=chosen.minutes)
    report.finish(chosen.write, rounds=chosen.rounds)


if __name__ == "__main__":
    main()
