"""Whether a run over many tiny videos costs more per video than one over few.

    python benchmarks/many_inputs.py CLIP... [--inputs 2000 20000] [--write]

Of each CLIP a few frames are coded small, and copied under as many names as --inputs says,
1,000 to a folder. Each number of inputs is analysed twice: the second run finds all finished.
"""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from material import analyze_command, pictures_of, write_pictures
from measuring import Report, parser
from watching import MEGABYTE, TABLE_HEADS, Look, Watched, table_rows, watch

QUESTION = (
    "Does a run over many tiny videos need more time or memory for each of them than one over "
    "few? Whole commands, start-up included, looked at from outside. A second run over the same "
    "inputs finds all of them finished."
)
HEADS = (
    "inputs",
    "first run",
    "ms an input",
    "of them in the first quarter",
    "in the last quarter",
    "manifest, kB",
    "second run",
    "ms an input",
)
IN_A_FOLDER = 1000
HEIGHT_PX = 48


@dataclass(frozen=True)
class Measured:
    """Both runs over one number of inputs; the manifest in bytes."""

    inputs: int
    first: Watched
    second: Watched
    manifest_bytes: int

    def row(self) -> list[str]:
        """Return the table's line."""
        early, *_, late = self.first.quarters(begin_s=self.began_s)
        return [
            f"{self.inputs:,}",
            f"{self.first.wall_s:,.0f} s",
            f"{1000 * self.first.wall_s / self.inputs:.1f}",
            f"{ms_each(early):.1f}",
            f"{ms_each(late):.1f}",
            f"{self.manifest_bytes / 1000:,.0f}",
            f"{self.second.wall_s:.1f} s",
            f"{1000 * self.second.wall_s / self.inputs:.2f}",
        ]

    @property
    def began_s(self) -> float:
        """When the first input was seen to be finished."""
        return min(look.time_s for look in self.first.looks if look.done)


def ms_each(looks: Sequence[Look]) -> float:
    """Return the milliseconds for each input between the first look and the last."""
    first, last = looks[0], looks[-1]
    return 1000 * (last.time_s - first.time_s) / max(1, last.done - first.done)


def make_inputs(clips: Sequence[Path], folder: Path, *, inputs: int, frames: int) -> None:
    """Fill folders with copies of tiny clips."""
    folder.mkdir()
    tiny = []
    for number, clip in enumerate(clips):
        tiny.append(folder.parent / f"tiny{number}.mp4")
        write_pictures(pictures_of(clip, count=frames, height=HEIGHT_PX), tiny[-1])
    for number in range(inputs):
        place = folder / f"{number // IN_A_FOLDER:03}"
        place.mkdir(exist_ok=True)
        shutil.copyfile(tiny[number % len(tiny)], place / f"{number:06}.mp4")


def analyse_twice(folder: Path, output: Path, *, inputs: int, workers: int) -> Measured:
    """Analyse all inputs, and once more when they are finished."""
    command = analyze_command(folder, output, "--workers", str(workers))

    def finished() -> int:
        timelines = output / "timeline"
        return sum(1 for _ in timelines.glob("*/[!.]*")) if timelines.is_dir() else 0

    first = watch(command, every_s=max(0.5, inputs / 5000), count=finished)
    manifest_bytes = (output / "videos.parquet").stat().st_size
    again = [word for word in command if word != "--overwrite"]
    return Measured(inputs, first, watch(again, every_s=0.2), manifest_bytes)


def main() -> None:
    """Measure each number of inputs."""
    options = parser(__doc__, rounds=None)
    options.add_argument("clips", type=Path, nargs="+")
    options.add_argument("--inputs", type=int, nargs="+", default=[2000, 20000])
    options.add_argument("--frames", type=int, default=3, help="of each input")
    options.add_argument("--workers", type=int, default=1)
    chosen = options.parse_args()
    report = Report("many_inputs", QUESTION)
    measured = []
    for inputs in chosen.inputs:
        with tempfile.TemporaryDirectory() as name:
            folder, output = Path(name) / "clips", Path(name) / "out"
            make_inputs(chosen.clips, folder, inputs=inputs, frames=chosen.frames)
            measured.append(analyse_twice(folder, output, inputs=inputs, workers=chosen.workers))
            print(dict(zip(HEADS, measured[-1].row())), flush=True)
    names = ", ".join(clip.name for clip in chosen.clips)
    report.say(f"Inputs of {chosen.frames} frames, {HEIGHT_PX} px high, from {names}; one worker.")
    report.table(HEADS, [one.row() for one in measured])
    for one in measured:
        report.say(f"The first run over {one.inputs:,} inputs:")
        report.table(TABLE_HEADS, table_rows(one.first, begin_s=one.began_s))
    peaks = [max(look.parent_bytes for look in one.second.looks) / MEGABYTE for one in measured]
    report.say(
        "The parent's peak in the second run: "
        + ", ".join(f"{peak:,.0f} MB for {one.inputs:,}" for peak, one in zip(peaks, measured))
        + "."
    )
    report.finish(chosen.write)


if __name__ == "__main__":
    main()
