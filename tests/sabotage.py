"""Real workers to which something happens in the middle of a video, as its name says.

    engine = SabotagedEngine(settings)
    vidfer.analyze(folder, output, settings=settings, engine=engine)

`hang.mp4` hangs each time that it is tried, `hang_once.mp4` only the first time, and a video
whose name is no fault is left alone.
"""

import ctypes
import os
import signal
import time
from collections.abc import Callable
from functools import partial

import torch

from vidfer.engine.local import LocalEngine
from vidfer.engine.machine import this_machine
from vidfer.worker_plan import plan_workers

# How long a fault that must be ended from outside lasts at most, and to what it grows.
MOST_S = 60
MOST_BYTES = 4_000_000_000


class SabotagedEngine:
    """vidfer's engine with the limits that settings ask for, and sabotaged workers."""

    def __init__(self, settings) -> None:
        plan = plan_workers(settings, videos=1, machine=this_machine(), gpus=())
        self._engine = LocalEngine(limits=plan.limits, limits_alone=plan.limits_alone)

    def run(self, make_work, jobs, *, on_progress, make_careful_work=None):
        return self._engine.run(
            partial(sabotaged, make_work),
            jobs,
            on_progress=on_progress,
            make_careful_work=partial(sabotaged, make_careful_work),
        )


def sabotaged(make_work, *failure):
    """Return what a worker does: the work, and what happens to it."""
    return partial(_do, make_work(*failure), not failure)


def _do(work, is_first_try: bool, job, on_progress: Callable):
    kind, _, once = job.video.partition(".")[0].partition("_")
    fault = FAULTS.get(kind)
    if fault is None or (once and not is_first_try):
        return work(job, on_progress)
    if kind in OF_NETWORKS:
        with fault(work.__self__):
            return work(job, on_progress)

    def told(progress) -> None:
        on_progress(progress)
        fault(partial(on_progress, progress))

    return work(job, told)


def _signal(number: int, _) -> None:
    os.kill(os.getpid(), number)


def _hang(_) -> None:
    ctypes.PyDLL(None).sleep(MOST_S)  # with the interpreter's lock


def _grow(tell: Callable[[], None]) -> None:
    kept = []
    while len(kept) * 10**8 < MOST_BYTES:
        kept.append(b"x" * 10**8)
        tell()  # on a busy machine this takes its time
    time.sleep(MOST_S)


class _Short:
    """Inside the block, networks find memory for `most` items only."""

    def __init__(self, worker, *, most: int) -> None:
        reader = worker._stages._reader
        self._classifier, self._cascade = reader._emotions, reader._faces._cascade
        self._most = most

    def __enter__(self) -> None:
        self._before = self._classifier._network, self._cascade._rnet, self._cascade._onet
        self._put(*map(self._cramped, self._before))

    def __exit__(self, *_) -> None:
        self._put(*self._before)

    def _put(self, *networks) -> None:
        self._classifier._network, self._cascade._rnet, self._cascade._onet = networks

    def _cramped(self, network) -> Callable[[torch.Tensor], torch.Tensor]:
        def apply(items: torch.Tensor) -> torch.Tensor:
            if len(items) > self._most:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
            return network(items)

        return apply


FAULTS = {
    "abort": partial(_signal, signal.SIGABRT),
    "hang": _hang,
    "grow": _grow,
    "cramped": partial(_Short, most=8),
    "starved": partial(_Short, most=0),
}
OF_NETWORKS = ("cramped", "starved")
