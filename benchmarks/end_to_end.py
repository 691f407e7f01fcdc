"""How far an analysis is from the limit: decoding every frame.

    python benchmarks/end_to_end.py CLIP... [--threads 2] [--frames 500] [--rounds 5] [--write]

Compares decoding to full RGB (PyAV and decord, the better of the two counts) with vidfer
from file to timeline: in a process that has its libraries loaded, and as the command.
"""

import statistics
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from material import (
    Analysis,
    analyze_command,
    reads,
    rgb_by_decord,
    rgb_by_pyav,
    run_quietly,
    title_of,
    write_looped,
)
from measuring import (
    Report,
    Rounds,
    Taken,
    Work,
    alternate,
    cpu_ms,
    fastest,
    parser,
    ratio,
    speeds,
)

from vidfer.config import AnalyzeSettings
from vidfer.profiling import Profile

QUESTION = (
    "How far is an analysis from the limit, decoding every frame to full RGB? *In process* is "
    "from file to timeline in a process that has loaded its libraries; the *command* starts "
    "two processes first. Clips are looped until they are long enough to say something. The second "
    "table says what stops it: the CPU time of each stage in the last round, and how fast an "
    "analysis would be if there were only this stage and it kept all threads busy."
)
PYAV, DECORD, IN_PROCESS, COMMAND = "PyAV to RGB", "decord to RGB", "vidfer, in process", "command"


def run_command(clip: Path, folder: Path, *, threads: int, frames: int) -> int:
    """Analyse a clip by the command."""
    run_quietly(analyze_command(clip, folder / "out", "--threads", str(threads)))
    return frames


def compare(clip: Path, analysis: Analysis, folder: Path, *, threads: int, rounds: int) -> Rounds:
    """Return the rounds of all contestants on a clip."""
    frames = analysis.frames(clip)
    works: dict[str, Work] = {PYAV: partial(rgb_by_pyav, clip, threads=threads)}
    if reads(clip, frames=frames):
        works[DECORD] = partial(rgb_by_decord, clip, threads=threads)
    works[IN_PROCESS] = partial(analysis.frames, clip)
    works[COMMAND] = partial(run_command, clip, folder, threads=threads, frames=frames)
    return alternate(works, rounds=rounds)


def best_of(rounds: Rounds) -> Sequence[Taken]:
    """Return the rounds of the better decoder."""
    return rounds[fastest(rounds, [name for name in (PYAV, DECORD) if name in rounds])]


def rows_of(rounds: Rounds) -> list[list[str]]:
    """Return a table's lines, ratios against the better decoder."""
    best = best_of(rounds)
    # What a command's compute processes took, nobody is told who waits for the command.
    return [
        [name, speeds(taken), "" if name == COMMAND else cpu_ms(taken), ratio(taken, best)]
        for name, taken in rounds.items()
    ]


def stages_of(profile: Profile, best: Sequence[Taken], *, threads: int) -> list[list[str]]:
    """Return a line per stage that computes: CPU time, the speed it allows, against decoding."""
    decoding_per_s = statistics.median(once.per_s for once in best)
    taken_s = {name: taken.cpu_s for name, taken in profile.stages.items() if name != "waiting"}
    taken_s["all of them"] = profile.total.cpu_s
    rows = []
    for name, cpu_s in taken_s.items():
        frame_s = cpu_s / profile.frames
        allowed_per_s = threads / frame_s
        share = f"{allowed_per_s / decoding_per_s:.2f}"
        rows.append([name, f"{1000 * frame_s:.2f}", f"{allowed_per_s:,.0f}", share])
    return rows


def main() -> None:
    """Compare on every clip."""
    options = parser(__doc__, rounds=5)
    options.add_argument("clips", type=Path, nargs="+")
    options.add_argument("--threads", type=int, default=2, help="of decoders and of vidfer")
    options.add_argument("--frames", type=int, default=500, help="least frames, by looping")
    chosen = options.parse_args()
    report = Report("end_to_end", QUESTION)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        analysis = Analysis(folder, settings=AnalyzeSettings(), threads=chosen.threads)
        for clip in chosen.clips:
            looped = folder / f"looped{clip.suffix}"
            write_looped(clip, looped, frames=chosen.frames)
            frames = analysis.frames(looped)
            report.say(f"**{title_of(clip)}**, {frames:,} frames, {chosen.threads} threads")
            rounds = compare(looped, analysis, folder, threads=chosen.threads, rounds=chosen.rounds)
            heads = ["", "frames/s", "CPU ms a frame", "of the better decoder"]
            report.table(heads, rows_of(rounds))
            heads = ["stage", "CPU ms a frame", "frames/s if alone", "of the better decoder"]
            profile, best = analysis.profile, best_of(rounds)
            report.table(heads, stages_of(profile, best, threads=chosen.threads))
    report.finish(chosen.write, rounds=chosen.rounds)


if __name__ == "__main__":
    main()
