"""How processes are, seen from outside."""

import contextlib
from collections import defaultdict
from collections.abc import Collection
from pathlib import Path

import psutil


def memory_of_trees(roots: Collection[int]) -> dict[int, int]:
    """Return the resident memory in bytes of each process with all its descendants.

    All processes of the machine are looked through once, however many `roots` there are.
    A root that has ended has 0.
    """
    children: dict[int, list[psutil.Process]] = defaultdict(list)
    own: dict[int, psutil.Process] = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            children[process.ppid()].append(process)
            own[process.pid] = process
    return {root: _memory_below(own[root], children) if root in own else 0 for root in roots}


def _memory_below(process: psutil.Process, children: dict[int, list[psutil.Process]]) -> int:
    total = sum(_memory_below(child, children) for child in children.get(process.pid, []))
    with contextlib.suppress(psutil.Error):
        total += process.memory_info().rss
    return total


def memory_counted_once(root: int) -> int:
    """Return the memory in bytes of a process with all its descendants, 0 if it has ended.

    What several processes share is divided among them (Linux's Pss), so that copies of one
    process do not count what they have in common again and again. That is walked through page
    by page and takes milliseconds. Elsewhere it is the resident memory.
    """
    total = 0
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(root)
        for one in [process, *process.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                total += _share_of_memory(one)
    return total


def _share_of_memory(process: psutil.Process) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return int(process.memory_info().rss)


def bytes_read(process_id: int) -> int:
    """Return how many bytes a process has read so far, 0 where the system does not say."""
    try:
        return int(psutil.Process(process_id).io_counters().read_chars)
    except (psutil.Error, AttributeError, OSError):
        return 0


def kills_for_memory() -> int:
    """Return how many processes the system has killed for lack of memory, 0 where unknown."""
    try:
        lines = Path("/proc/vmstat").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)
