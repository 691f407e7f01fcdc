"""Kill a run's processes at random moments, go on, and hold the rows to an undisturbed run's.

    python -m tests.chaos --seed 1 --kills 100 [--corpus FOLDER] [--output FOLDER]
        [--analyze-option checkpoint_minutes=0.02]

The parent gets SIGKILL, SIGTERM or SIGINT, a worker SIGKILL, SIGSEGV, SIGABRT, SIGTERM or
SIGINT, half of the time while something is being written. After the parent's death the same
command goes on. Whenever a run comes to its end, everything is compared, and it begins anew:
with --overwrite, or in an empty folder. Who is struck when and how follows from the seed; what
that hits depends on the machine. Exit code 0: all well, 1: something was found.
"""

import argparse
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests import chaos_checks
from tests.chaos_corpus import make_corpus
from tests.clips import ClipFolder

PARENTS_SIGNALS = ("SIGKILL", "SIGKILL", "SIGTERM", "SIGINT")
WORKERS_SIGNALS = ("SIGKILL", "SIGKILL", "SIGSEGV", "SIGABRT", "SIGTERM", "SIGINT")

# How long processes may take to end when they or their parent were struck, and how long a run
# that nobody strikes may take.
END_S = 10.0
RUN_S = 600.0

# How long is waited for something to be written, to strike at that moment.
AIM_S = 2.0


@dataclass
class Tally:
    """What was done and found. `ignored`: signals that their process was to survive."""

    kills: Counter[str] = field(default_factory=Counter)
    ignored: int = 0
    runs: int = 0
    rounds: int = 0
    given_up: int = 0
    tried_again: int = 0
    failed_twice: int = 0
    longest_stop_s: float = 0.0
    wall_s: float = 0.0
    found: list[str] = field(default_factory=list)

    def as_text(self) -> str:
        """Return the summary."""
        struck = ", ".join(f"{count} {name}" for name, count in sorted(self.kills.items()))
        return "\n".join(
            [
                f"{self.kills.total()} kills ({struck}), {self.ignored} signals ignored as they "
                f"should be, {self.runs} runs, {self.rounds} complete rounds, "
                f"{self.wall_s / 60:.1f} minutes",
                f"{self.tried_again} videos done in a second try, {self.failed_twice} failed "
                f"after two kills and done by a later run, {self.given_up} runs given up after "
                f"three kills at their start; longest stop {self.longest_stop_s:.1f} s",
                *(f"FOUND: {what}" for what in self.found),
                "something was found" if self.found else "all well",
            ]
        )


class Chaos:
    """Disturbs runs over one corpus; everything is written below `scratch`."""

    def __init__(
        self,
        corpus: Path,
        scratch: Path,
        *,
        seed: int,
        kills: int,
        mean_s: float,
        options: Sequence[str] = (),
    ) -> None:
        """Prepare. mean_s: mean time from one strike to the next; options: of `analyze`."""
        self.tally = Tally()
        self._random = random.Random(seed)
        self._kills, self._mean_s = kills, mean_s
        self._output, self._undisturbed = scratch / "out", scratch / "undisturbed"
        self._log, self._temporary = scratch / "log.txt", scratch / "tmp"
        self._temporary.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "vidfer", "analyze", os.fspath(corpus), "--quiet"]
        self._command = [*command, "--workers", "2", *options, "--retry-failed", "-o"]

    def run(self) -> Tally:
        """Strike until all kills are used and a run has come to its end; return what was found."""
        started, memory = time.monotonic(), chaos_checks.shared_memory()
        for output in (self._output, self._undisturbed):
            shutil.rmtree(output, ignore_errors=True)
        with self._started(self._undisturbed) as process:
            code = process.wait(RUN_S)
        if not self._is_over(code, was_struck=False):
            self.tally.found.append("the undisturbed run did not come to its end")
        while not self.tally.found and (self.tally.rounds == 0 or self._kills_left):
            self._do_round()
        left = chaos_checks.shared_memory() - memory
        self.tally.found += [f"shared memory {name} was left" for name in sorted(left)]
        self.tally.found += [f"{path} was left" for path in self._temporary.iterdir()]
        self.tally.wall_s = time.monotonic() - started
        return self.tally

    @property
    def _kills_left(self) -> int:
        return self._kills - self.tally.kills.total()

    def _do_round(self) -> None:
        """Run until all videos are done, and compare."""
        overwrite = ["--overwrite"]
        if self._random.random() < 0.5:
            shutil.rmtree(self._output, ignore_errors=True)
        while not self.tally.found:
            kills_left = self._kills_left
            is_over = self._disturb(overwrite)
            overwrite = []
            self.tally.found += chaos_checks.incomplete_files(self._output)
            if is_over and (kills_left == self._kills_left or not self._failed_twice()):
                break
        if not self.tally.found:
            self.tally.rounds += 1
            self.tally.tried_again += chaos_checks.tried_again(self._output)
            self.tally.found += chaos_checks.differences(self._output, self._undisturbed)
            self.tally.found += chaos_checks.left_behind(self._output)

    def _failed_twice(self) -> int:
        """Count videos that two kills of their workers have cost: the next run does them."""
        count = len(chaos_checks.crashed_videos(self._output, self._undisturbed))
        self.tally.failed_twice += count
        return count

    def _started(self, output: Path, *options: str) -> "subprocess.Popen[bytes]":
        self.tally.runs += 1
        with self._log.open("wb") as log:
            return subprocess.Popen(
                [*self._command, os.fspath(output), *options],
                stdout=subprocess.DEVNULL,
                stderr=log,
                env=os.environ | {"TMPDIR": os.fspath(self._temporary)},
            )

    def _disturb(self, options: Sequence[str]) -> bool:
        """Run once and strike while kills are left; return whether the run came to its end."""
        process = self._started(self._output, *options)
        struck = None
        try:
            while struck != "parent" and process.poll() is None:
                wait_s = self._random.expovariate(1 / self._mean_s) if self._kills_left else RUN_S
                struck = self._strike_after(process, wait_s)
        except subprocess.TimeoutExpired:
            self.tally.found.append(f"nothing happened for {RUN_S:g} s")
        finally:
            self._see_ended(process)
        return self._is_over(process.returncode, was_struck=struck == "parent")

    def _strike_after(self, process: "subprocess.Popen[bytes]", wait_s: float) -> str | None:
        """Strike the parent or a worker; return who, None if the run ended before.

        Raises:
            TimeoutExpired: no kill is left and the run does not end.
        """
        aims, hits_parent = self._random.random() < 0.5, self._random.random() < 0.25
        names = PARENTS_SIGNALS if hits_parent else WORKERS_SIGNALS
        name, place = self._random.choice(names), self._random.random()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(wait_s)
            return None
        if not self._kills_left:
            raise subprocess.TimeoutExpired(process.args, wait_s)
        if aims:
            self._wait_for_writing()
        workers = chaos_checks.workers_of(process.pid)
        if not hits_parent and not workers:
            return None
        who, victim = "worker", workers[int(place * len(workers))] if workers else None
        if hits_parent or victim is None:
            who, victim = "parent", psutil.Process(process.pid)
        self._strike(victim, who, name)
        return who

    def _strike(self, victim: psutil.Process, who: str, name: str) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            victim.send_signal(signal.Signals[name])
            print(f"{self.tally.kills.total() + 1}: {name} to {who} {victim.pid}", flush=True)
            try:
                victim.wait(1.0 if (who, name) == ("worker", "SIGINT") else END_S)
                self.tally.kills[f"{name} to {who}"] += 1
            except psutil.TimeoutExpired:
                if (who, name) == ("worker", "SIGINT"):
                    self.tally.ignored += 1  # interrupts are the parent's
                else:
                    self.tally.found.append(f"a {who} survived {name} for {END_S:g} s")
        self.tally.found += chaos_checks.incomplete_files(self._output)

    def _wait_for_writing(self) -> None:
        """Return as soon as a hidden file appears or grows; in any case soon."""
        before, until = self._hidden_bytes(), time.monotonic() + AIM_S
        while self._hidden_bytes() == before and time.monotonic() < until:
            time.sleep(0.001)

    def _hidden_bytes(self) -> dict[str, int]:
        sizes = {}
        for place, _, names in os.walk(self._output):
            for name in (one for one in names if one.endswith(".partial")):
                with contextlib.suppress(FileNotFoundError):
                    sizes[name] = os.stat(os.path.join(place, name)).st_size
        return sizes

    def _see_ended(self, process: "subprocess.Popen[bytes]") -> None:
        """Wait for the parent and its workers to end, and make them if they do not."""
        started = time.monotonic()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(END_S)
        _, alive = psutil.wait_procs(chaos_checks.workers_of(process.pid), timeout=END_S)
        stop_s = time.monotonic() - started
        self.tally.longest_stop_s = max(self.tally.longest_stop_s, stop_s)
        if alive or process.poll() is None:
            self.tally.found.append(f"{len(alive)} workers outlived their parent's end")
        for one in [*alive, psutil.Process(process.pid)] if process.poll() is None else alive:
            one.kill()
        process.wait(END_S)

    def _is_over(self, code: int, *, was_struck: bool) -> bool:
        """Tell whether a run has come to its end; note an end that should not be."""
        if was_struck or (code in (0, 1) and "Traceback" not in self._words()):
            return not was_struck
        if code == 2 and "Worker processes do not start" in self._words():
            self.tally.given_up += 1
        else:
            self.tally.found.append(f"the run ended with {code}: {self._words()}")
        return False

    def _words(self) -> str:
        """Return what the command said, without the middle of a long text."""
        text = self._log.read_text(errors="replace").strip()
        return text if len(text) <= 1000 else f"{text[:400]} ... {text[-600:]}"


def analyze_options(pairs: Sequence[str]) -> list[str]:
    """Return NAME=VALUE pairs as options of the command."""
    words = []
    for pair in pairs:
        name, _, value = pair.partition("=")
        words += [f"--{name.replace('_', '-')}", *([value] if value else [])]
    return words


def main() -> int:
    """Disturb, print what was found, and return the exit code."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--kills", type=int, default=100)
    options.add_argument("--mean-s", type=float, default=4.0, help="mean time between two kills")
    options.add_argument("--corpus", type=Path, help="videos; made if there is none")
    options.add_argument("--output", type=Path, help="what is written stays here")
    options.add_argument("--analyze-option", action="append", default=[], metavar="NAME=VALUE")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        scratch = chosen.output or Path(name)
        made = Path(name) / "corpus"
        (Path(name) / "clips").mkdir()
        chaos = Chaos(
            chosen.corpus or make_corpus(made, clips=ClipFolder(Path(name) / "clips")),
            scratch,
            seed=chosen.seed,
            kills=chosen.kills,
            mean_s=chosen.mean_s,
            options=analyze_options(chosen.analyze_option),
        )
        tally = chaos.run()
    print(tally.as_text())
    return 1 if tally.found else 0


if __name__ == "__main__":
    sys.exit(main())
