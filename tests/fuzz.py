"""Analyse files damaged by chance with the whole program, and hold what comes of them.

    python -m tests.fuzz --seed 1 --files 2000 [--batch 250] [--keep FOLDER] [--only NUMBER]

Each file is one of the clips of tests.fuzz_clips after one to three mutations of
tests.mutations; seed and number say which, so that `--only` makes a single one again. A batch
is one run of `vidfer analyze`. Files on which something is wrong are copied to the folder
`--keep` together with those that have cost a worker, which is no fault of vidfer's. Exit code 0:
all well, 1: something was found.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests import fuzz_checks
from tests.fuzz_clips import make_clips
from tests.mutations import mutate

# What one run over a batch may take: one file may cost two workers that hang.
RUN_S = 600.0
STALL_S = 30

# No network has to look at frames that are smaller than the smallest face.
OPTIONS = ["--min-face", "400", "--workers", "1", "--stall-timeout", str(STALL_S), "--json"]


@dataclass
class Tally:
    """What was done and found. `lost`: files that have cost a worker twice."""

    outcomes: Counter[str] = field(default_factory=Counter)
    frames: int = 0
    lost: list[str] = field(default_factory=list)
    found: list[str] = field(default_factory=list)
    wall_s: float = 0.0

    def as_text(self) -> str:
        """Return the summary."""
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(self.outcomes.items()))
        return "\n".join(
            [
                f"{self.outcomes.total():,} files ({kinds}), {self.frames:,} frames, "
                f"{self.wall_s / 60:.1f} minutes",
                *(f"cost its worker: {name}" for name in self.lost),
                *(f"FOUND: {what}" for what in self.found),
                "something was found" if self.found else "all well",
            ]
        )


class Fuzz:
    """Makes damaged files from a seed and analyses them; everything is below `scratch`."""

    def __init__(self, scratch: Path, *, seed: int, keep: Path) -> None:
        """Prepare. keep: where files go on which something is wrong."""
        self.tally = Tally()
        self._seed, self._keep = seed, keep
        self._input, self._output = scratch / "in", scratch / "out"
        (scratch / "clips").mkdir(parents=True)
        self._clips = make_clips(scratch / "clips")

    def run(self, *, files: int, batch: int, first: int = 0) -> Tally:
        """Analyse that many files, in batches; return what was found."""
        started = time.monotonic()
        for start in range(first, first + files, batch):
            self._do_batch(range(start, min(start + batch, first + files)))
            print(f"{self.tally.outcomes.total():,} of {files:,} files", file=sys.stderr)
        self.tally.wall_s = time.monotonic() - started
        return self.tally

    def make(self, number: int, folder: Path) -> Path:
        """Write the file that seed and number mean."""
        chance = Random(f"{self._seed}:{number}")
        name = chance.choice(sorted(self._clips))
        content, mutations = mutate(self._clips[name], chance)
        path = folder / f"{number:06}-{'-'.join(mutations)}-{name}"
        path.write_bytes(content)
        return path

    def _do_batch(self, numbers: range) -> None:
        for folder in (self._input, self._output):
            shutil.rmtree(folder, ignore_errors=True)
        self._input.mkdir()
        paths = {path.name: path for path in (self.make(n, self._input) for n in numbers)}
        done = self._analyze()
        found = {"run": fuzz_checks.faults_of_run(done, output=self._output)}
        results = fuzz_checks.results_of(done)
        found |= fuzz_checks.faults_of_results(results, output=self._output, names=set(paths))
        for video, faults in found.items():
            self.tally.found += [f"{video}: {fault}" for fault in faults]
        for result in results:
            self._count(result)
        concerned = {video for video, faults in found.items() if faults} | set(self.tally.lost)
        # Of a run that came to nothing nobody knows which file was at fault.
        wanted = set(paths) if found["run"] else concerned & set(paths)
        for name in sorted(wanted):
            self._keep.mkdir(parents=True, exist_ok=True)
            shutil.copy(paths[name], self._keep)

    def _count(self, result: dict) -> None:
        reason = result["reason"]
        self.tally.outcomes[f"{result['status']} {reason}" if reason else result["status"]] += 1
        self.tally.frames += result["frames_analysed"]
        if reason in fuzz_checks.LOST:
            self.tally.lost.append(result["video"])

    def _analyze(self) -> "subprocess.CompletedProcess[str]":
        """Run the program as a user would, in the parent that must never die."""
        command = [sys.executable, "-m", "vidfer", "analyze", os.fspath(self._input)]
        with tempfile.TemporaryFile("w+") as words:
            process = subprocess.Popen(
                [*command, "-o", os.fspath(self._output), *OPTIONS],
                stdout=subprocess.PIPE,
                stderr=words,
                text=True,
                env=os.environ | {fuzz_checks.MARK: os.fspath(self._output)},
            )
            try:
                printed, _ = process.communicate(timeout=RUN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                printed, _ = process.communicate()
            words.seek(0)
            return subprocess.CompletedProcess(command, process.returncode, printed, words.read())


def main() -> int:
    """Run the command of this module."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--batch", type=int, default=250)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-findings"))
    parser.add_argument("--only", type=int, help="the number of the one file to do")
    typed = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        fuzz = Fuzz(Path(scratch), seed=typed.seed, keep=typed.keep)
        if typed.only is not None:
            typed.keep.mkdir(parents=True, exist_ok=True)
            print(fuzz.make(typed.only, typed.keep))
            tally = fuzz.run(files=1, batch=1, first=typed.only)
        else:
            tally = fuzz.run(files=typed.files, batch=typed.batch)
    print(tally.as_text())
    return 1 if tally.found else 0


if __name__ == "__main__":
    sys.exit(main())
