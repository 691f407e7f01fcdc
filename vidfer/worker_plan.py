"""How many workers, with how many threads, memory and GPUs, for some videos on a machine."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from vidfer.config import AnalyzeSettings
from vidfer.engine.limits import Limits
from vidfer.engine.local import LocalEngine
from vidfer.engine.machine import Machine, this_machine, visible_gpus
from vidfer.engine.process import WorkerProcess

# What a worker takes: its libraries, its networks, and frames on their way.
_WORKER_BYTES: Final = 1_500_000_000

# What each compute process after the first adds to that: 100 MB at 640x360, 430 MB at 3840x2160.
_PROCESS_BYTES: Final = 300_000_000

# Workers may grow to this share of the memory, each to its part of it but not less than
# the least: what is beyond would make the machine swap or kill.
_MEMORY_SHARE: Final = 0.8
_LEAST_LIMIT_BYTES: Final = 2_500_000_000

_GIGABYTE: Final = 10**9

# The devices that leave it open which GPU is meant.
_SHARED_DEVICES: Final = ("auto", "cuda")

# Those that mean the CPU, where there is nothing better.
_CPU_DEVICES: Final = ("auto", "cpu")


@dataclass(frozen=True, kw_only=True)
class WorkerPlan:
    """What the workers of one run are.

    environments: one per worker: what tells it which GPU is its own.
    threads: compute threads of one worker; on the CPU they may be processes (stages.py).
    limits, limits_alone: when a worker is given up, beside others and alone.
    """

    environments: tuple[Mapping[str, str], ...]
    threads: int
    limits: Limits
    limits_alone: Limits

    @property
    def workers(self) -> int:
        """How many there are."""
        return len(self.environments)


def local_engine(
    settings: AnalyzeSettings, *, videos: int, first: WorkerProcess
) -> tuple[LocalEngine, AnalyzeSettings]:
    """Return the engine for some videos on this machine, and settings with its threads.

    `first` becomes its first worker.
    """
    several = videos > 1 and settings.device in _SHARED_DEVICES
    gpus = visible_gpus() if several else ()
    plan = plan_workers(settings, videos=videos, machine=this_machine(), gpus=gpus)
    engine = LocalEngine(
        environments=plan.environments,
        limits=plan.limits,
        limits_alone=plan.limits_alone,
        first=first,
    )
    return engine, replace(settings, threads=plan.threads)


def plan_workers(
    settings: AnalyzeSettings, *, videos: int, machine: Machine, gpus: tuple[str, ...]
) -> WorkerPlan:
    """Choose what the settings leave open.

    On the CPU: a worker per core, as far as there are videos and memory for them; cores
    without a worker become threads of the others, which take less memory each. With GPUs
    (`gpus`, none where the settings name one device): one worker each.
    """
    workers = min(settings.workers or _sensible_workers(settings, machine, gpus), max(1, videos))
    return WorkerPlan(
        environments=tuple(_environment(i, gpus, workers=workers) for i in range(workers)),
        threads=_threads(settings, machine, gpus, workers=workers),
        limits=_limits(settings, machine, workers=workers),
        limits_alone=_limits(settings, machine, workers=1),
    )


def _sensible_workers(settings: AnalyzeSettings, machine: Machine, gpus: tuple[str, ...]) -> int:
    if gpus:
        return len(gpus)
    if settings.device not in _CPU_DEVICES:
        return 1
    most = max(1, min(machine.cores, machine.free_bytes // _WORKER_BYTES))
    if most == machine.cores:
        return most

    def busy_cores(workers: int) -> int:
        return workers * _threads(settings, machine, gpus, workers=workers)

    return max(range(1, most + 1), key=lambda workers: (busy_cores(workers), workers))


def _threads(
    settings: AnalyzeSettings, machine: Machine, gpus: tuple[str, ...], *, workers: int
) -> int:
    """Return how many threads each of some workers has."""
    share = machine.cores // workers
    if not gpus and settings.device in _CPU_DEVICES:
        left = machine.free_bytes // workers - _WORKER_BYTES
        share = min(share, 1 + left // _PROCESS_BYTES)
    return settings.threads or max(1, share)


def _environment(worker: int, gpus: tuple[str, ...], *, workers: int) -> Mapping[str, str]:
    if len(gpus) < 2 or workers < 2:  # noqa: PLR2004 - nothing to share out
        return {}
    return {"CUDA_VISIBLE_DEVICES": gpus[worker % len(gpus)]}


def _limits(settings: AnalyzeSettings, machine: Machine, *, workers: int) -> Limits:
    share = int(_MEMORY_SHARE * machine.memory_bytes) // workers
    typed = int(settings.max_memory_gb * _GIGABYTE)
    defaults = Limits()
    return Limits(
        stall_s=settings.stall_timeout_s,
        start_s=max(settings.stall_timeout_s, defaults.start_s),
        memory_bytes=typed or max(share, _LEAST_LIMIT_BYTES),
    )
