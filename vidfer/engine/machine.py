"""What of this machine this process may use, asked of the system and not of torch."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import psutil

_GPU_QUERY: Final = ("nvidia-smi", "--query-gpu=index", "--format=csv,noheader")
_GPU_QUERY_S: Final = 20.0

_OWN_GROUPS: Final = Path("/proc/self/cgroup")
_ALL_GROUPS: Final = Path("/sys/fs/cgroup")


@dataclass(frozen=True, kw_only=True)
class Machine:
    """cores and bytes of memory that this process may use, and bytes that are free now."""

    cores: int
    memory_bytes: int
    free_bytes: int


def this_machine(*, own_groups: Path = _OWN_GROUPS, all_groups: Path = _ALL_GROUPS) -> Machine:
    """Look at the machine, its scheduler, and the limits of containers (Linux cgroups 1 and 2)."""
    memory = psutil.virtual_memory()
    limit = min(_memory_limits(own_groups, all_groups), default=memory.total)
    quota = min(_core_quotas(own_groups, all_groups), default=float("inf"))
    return Machine(
        cores=max(1, int(min(_schedulable_cores(), quota))),
        memory_bytes=min(memory.total, limit),
        free_bytes=min(memory.available, limit),
    )


@cache
def visible_gpus() -> tuple[str, ...]:
    """Return the names by which CUDA_VISIBLE_DEVICES can tell this process's GPUs apart.

    They are what that variable names already, or the numbers that nvidia-smi lists.
    """
    given = os.environ.get("CUDA_VISIBLE_DEVICES")
    if given is not None:
        names = [name.strip() for name in given.split(",")]
        # CUDA takes the names before the first that is not valid.
        end = next((i for i, name in enumerate(names) if name in ("", "-1")), len(names))
        return tuple(names[:end])
    if shutil.which(_GPU_QUERY[0]) is None:
        return ()
    try:
        done = subprocess.run(
            _GPU_QUERY, capture_output=True, text=True, check=False, timeout=_GPU_QUERY_S
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return tuple(line.strip() for line in done.stdout.splitlines() if line.strip().isdigit())


def _schedulable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _core_quotas(own_groups: Path, all_groups: Path) -> Iterator[float]:
    for folder in _group_folders(own_groups, all_groups, controller="cpu"):
        words = _text(folder / "cpu.max").split()
        if len(words) == 2 and words[0] != "max":  # noqa: PLR2004 - quota and period
            yield int(words[0]) / int(words[1])
        quota, period = (_text(folder / f"cpu.cfs_{name}_us") for name in ("quota", "period"))
        if quota and period and int(quota) > 0:
            yield int(quota) / int(period)


def _memory_limits(own_groups: Path, all_groups: Path) -> Iterator[int]:
    for folder in _group_folders(own_groups, all_groups, controller="memory"):
        for name in ("memory.max", "memory.limit_in_bytes"):
            limit = _text(folder / name)
            if limit.isdigit():
                yield int(limit)


def _group_folders(own_groups: Path, all_groups: Path, *, controller: str) -> Iterator[Path]:
    """Yield the folders of this process's control groups and of those above them.

    In a container the names are often those of the host, where only the uppermost exists.
    """
    for line in _text(own_groups).splitlines():
        _, controllers, name = line.split(":", 2)
        if not controllers:
            root = all_groups
        elif controller in controllers.split(","):
            root = all_groups / controller
        else:
            continue
        place = root / name.lstrip("/")
        while place != root and root in place.parents:
            yield place
            place = place.parent
        yield root


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
