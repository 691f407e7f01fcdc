"""A command and its workers, looked at from outside: memory and open files over time."""

import contextlib
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psutil

MEGABYTE = 10**6
QUARTERS = ("first", "second", "third", "last")


@dataclass(frozen=True)
class Look:
    """What was seen at a time, in seconds since the command started.

    Bytes are resident memory; `workers_bytes` and `workers_files` are those of all workers and
    of what computes for them. `done` is what `count` returned.
    """

    time_s: float
    parent_bytes: int
    parent_files: int
    workers_bytes: int
    workers_files: int
    done: int


@dataclass(frozen=True)
class Watched:
    """All looks at one command, and how long it took, in seconds."""

    looks: Sequence[Look]
    wall_s: float

    def quarters(self, *, begin_s: float = 0.0) -> list[list[Look]]:
        """Return the looks since `begin_s` in four equal spans of time."""
        last = max(look.time_s for look in self.looks)
        parts: list[list[Look]] = [[], [], [], []]
        for look in self.looks:
            if look.time_s >= begin_s:
                place = int(4 * (look.time_s - begin_s) / max(last - begin_s, 1e-9))
                parts[min(place, 3)].append(look)
        return parts

    def row(self, name: str, value: Callable[[Look], float], *, begin_s: float) -> list[str]:
        """Return a table's line: the median of each quarter, the peak, last less first."""
        medians = [statistics.median(map(value, part)) for part in self.quarters(begin_s=begin_s)]
        peak = max(value(look) for look in self.looks)
        return [
            name,
            *(f"{median:,.0f}" for median in medians),
            f"{peak:,.0f}",
            f"{medians[-1] - medians[0]:+,.0f}",
        ]


def watch(
    command: Sequence[str], *, every_s: float, count: Callable[[], int] = lambda: 0
) -> Watched:
    """Run a command and look at it until it ends; end with what it said if it fails."""
    looks: list[Look] = []
    started = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        parent = psutil.Process(process.pid)
        while process.poll() is None:
            with contextlib.suppress(psutil.Error):
                looks.append(look_at(parent, time.perf_counter() - started, count()))
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(every_s)
        wall_s = time.perf_counter() - started
        if process.returncode:
            raise SystemExit(f"{' '.join(command)} failed:\n{process.communicate()[0]}")
    return Watched(looks, wall_s)


def look_at(parent: psutil.Process, time_s: float, done: int) -> Look:
    """Look at a process and its children: a worker, and the processes that compute for it.

    Of memory that several share, each counts its part.
    """
    sizes, files = [0], [0]
    for child in parent.children(recursive=True):
        with contextlib.suppress(psutil.Error):
            sizes.append(child.memory_full_info().pss)
            files.append(child.num_fds())
    return Look(time_s, parent.memory_info().rss, parent.num_fds(), sum(sizes), sum(files), done)


def table_rows(watched: Watched, *, begin_s: float) -> list[list[str]]:
    """Return lines about memory in MB and open files, of the parent and its workers."""
    return [
        watched.row(name, value, begin_s=begin_s)
        for name, value in (
            ("parent, MB", lambda look: look.parent_bytes / MEGABYTE),
            ("worker, MB", lambda look: look.workers_bytes / MEGABYTE),
            ("parent, open files", lambda look: look.parent_files),
            ("worker, open files", lambda look: look.workers_files),
        )
    ]


TABLE_HEADS = ("", *(f"{name} quarter" for name in QUARTERS), "peak", "last less first quarter")
