"""What the benchmarks share: fair rounds, and tables that say how, when and where.

What is compared alternates within one run: the machine's other load, its temperature and
its caches meet all of them alike. Ratios are taken within a round, medians over rounds.
"""

import argparse
import contextlib
import os
import platform
import resource
import shlex
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

REPOSITORY = Path(__file__).resolve().parents[1]
RESULTS = REPOSITORY / "docs" / "benchmarks"

PACKAGES = ("torch", "torchvision", "av", "decord", "numpy", "pyarrow", "facenet-pytorch")

# Does one round's work; returns how many items (mostly frames) it did.
Work = Callable[[], int]


@dataclass(frozen=True)
class Taken:
    """One round: items done, seconds, and CPU seconds with those of children."""

    items: int
    wall_s: float
    cpu_s: float

    @property
    def per_s(self) -> float:
        return self.items / self.wall_s

    @property
    def cpu_ms(self) -> float:
        """CPU milliseconds per item."""
        return 1000 * self.cpu_s / self.items


Rounds = Mapping[str, Sequence[Taken]]


def measure(work: Work) -> Taken:
    """Do a work once."""
    cpu_s, started = cpu_seconds(), time.perf_counter()
    items = work()
    return Taken(items, time.perf_counter() - started, cpu_seconds() - cpu_s)


def alternate(works: Mapping[str, Work], *, rounds: int, warm: bool = True) -> Rounds:
    """Do all works in turn, `rounds` times, after a round that is not counted if `warm`."""
    taken: dict[str, list[Taken]] = {name: [] for name in works}
    for number in range(rounds + warm):
        for name, work in works.items():
            once = measure(work)
            if number >= warm:
                taken[name].append(once)
    return taken


def cpu_seconds() -> float:
    """Return the CPU time of this process and of its children, those that have ended, too."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    total = time.process_time() + ended.ru_utime + ended.ru_stime
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            times = child.cpu_times()
            total += times.user + times.system
    return total


def spread(values: Sequence[float], digits: int = 0) -> str:
    """Return the median, and the smallest and the largest value."""
    low, high = min(values), max(values)
    return f"{statistics.median(values):,.{digits}f} ({low:,.{digits}f} to {high:,.{digits}f})"


def speeds(taken: Sequence[Taken], digits: int = 0) -> str:
    """Return items per second of the rounds."""
    return spread([once.per_s for once in taken], digits)


def cpu_ms(taken: Sequence[Taken]) -> str:
    """Return the median of CPU milliseconds per item."""
    return f"{statistics.median(once.cpu_ms for once in taken):.2f}"


def ratio(ours: Sequence[Taken], theirs: Sequence[Taken]) -> str:
    """Return how many times as fast ours are, round by round."""
    return spread([mine.per_s / other.per_s for mine, other in zip(ours, theirs)], 2)


def fastest(rounds: Rounds, names: Sequence[str]) -> str:
    """Return which of the names has the highest median speed."""
    return max(names, key=lambda name: statistics.median(one.per_s for one in rounds[name]))


@dataclass
class Report:
    """A page: a question, tables, and where they come from.

    name: of the file below docs/benchmarks, and of the command.
    question: what the page answers, a sentence or more.
    """

    name: str
    question: str
    packages: Sequence[str] = PACKAGES
    parts: list[str] = field(default_factory=list)
    load: float = field(default_factory=lambda: os.getloadavg()[0])

    def say(self, text: str) -> None:
        """Add a paragraph."""
        self.parts.append(text)
        print(f"{text}\n", flush=True)

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Add a table; numbers stand to the right, the first column to the left."""
        rule = ["---", *["---:"] * (len(heads) - 1)]
        lines = [f"| {' | '.join(row)} |" for row in [heads, rule, *rows]]
        self.say("\n".join(lines))

    def finish(self, folder: Path | None, *, rounds: int | None = None) -> None:
        """Print where this was measured, and write the page if there is a folder for it.

        Without `rounds` it was measured once.
        """
        how = "Measured once."
        if rounds is not None:
            how = f"Median (smallest to largest) of {rounds} rounds; ratios within a round."
        self.say(
            f"{how} {date.today()}, {machine()}, load {self.load:.1f} at the start. "
            f"{versions(self.packages)}."
        )
        if folder is None:
            return
        folder.mkdir(parents=True, exist_ok=True)
        title = self.name.replace("_", " ").capitalize()
        head = [f"# {title}", self.question, f"```\n{command_line()}\n```"]
        page = folder / f"{self.name}.md"
        page.write_text("\n\n".join([*head, *self.parts]) + "\n", encoding="utf-8")
        print(f"Written to {page}.")


def machine() -> str:
    """Return the processor, the cores that this process may use, the memory and the GPUs."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    parts = [f"{processor()}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GB of memory"]
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        parts.append(torch.cuda.get_device_name(0))
    return ", ".join(parts)


def processor() -> str:
    """Return the processor's name, as Linux tells it, or its kind."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def versions(packages: Sequence[str]) -> str:
    """Return the versions of vidfer, Python and those packages that are installed."""
    found = [f"Python {platform.python_version()}"]
    for package in ("vidfer", *packages):
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)


def command_line() -> str:
    """Return the command that runs now, with the names of files instead of their paths."""
    words, arguments = [], iter(sys.argv[1:])
    for word in arguments:
        if word.startswith("--write"):
            break
        words.append(Path(word).name if Path(word).is_absolute() else word)
    return shlex.join(["python", f"benchmarks/{Path(sys.argv[0]).name}", *words])


def parser(description: str | None, *, rounds: int | None) -> argparse.ArgumentParser:
    """Return a parser with what all benchmarks share: --rounds, unless None, and --write."""
    made = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    if rounds is not None:
        made.add_argument("--rounds", type=int, default=rounds, help=f"default {rounds}")
    made.add_argument(
        "--write",
        type=Path,
        nargs="?",
        const=RESULTS,
        metavar="FOLDER",
        help="last: write the page there; without FOLDER to docs/benchmarks",
    )
    return made
