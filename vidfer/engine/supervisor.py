"""Hires workers, hands out jobs, and replaces workers that die, stall or grow too large."""

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from multiprocessing.connection import wait
from typing import Final, Generic

from vidfer.engine.contract import (
    Failure,
    FailureReason,
    Job,
    Progress,
    Result,
    Work,
    WorkerStartError,
)
from vidfer.engine.limits import Limits
from vidfer.engine.messages import Done, Message, Raised, Ready, Told
from vidfer.engine.process import WorkerProcess
from vidfer.engine.vital_signs import bytes_read, memory_counted_once, memory_of_trees

# Workers are looked after at least this often. A longer time between two looks is the
# caller's, or the machine slept: it is not counted against the workers.
_LOOK_S: Final = 0.5

_MEMORY_EVERY_S: Final = 1.0

# So many workers in a row may end before they can do a job.
_MOST_FAILED_STARTS: Final = 3

_GIGABYTE: Final = 10**9


class Supervisor(Generic[Job, Progress, Result]):
    """Does one list of jobs with one kind of work; everything happens in the caller's thread."""

    def __init__(
        self,
        make_work: Callable[[], Work[Job, Progress, Result]],
        jobs: Iterable[Job],
        *,
        environments: Sequence[Mapping[str, str]],
        limits: Limits,
        on_progress: Callable[[Progress], None],
        first: WorkerProcess | None = None,
    ) -> None:
        """Prepare; there is one worker per environment, the `first` may be running already."""
        self._make_work = make_work
        self._jobs: Iterator[Job] = iter(jobs)
        self._limits = limits
        self._on_progress = on_progress
        self._first = first
        self._idle_places = list(environments)[::-1]
        self._workers: dict[WorkerProcess, Mapping[str, str]] = {}
        self._failed_starts = 0
        self._looked = self._weighed = time.monotonic()

    def run(self) -> Generator[tuple[Job, Result | Failure], None, None]:
        """Yield each job with its result, or with what became of its worker."""
        try:
            self._hire()
            while self._workers:
                wait([one for worker in self._workers for one in worker.handles], timeout=_LOOK_S)
                for worker in list(self._workers):
                    yield from self._hear(worker)
                yield from self._look_after()
                self._hire()
        finally:
            for worker in self._workers:
                worker.kill()
            for worker in self._workers:
                worker.end()

    def _hire(self) -> None:
        """Start workers while there are both places and jobs."""
        for job in islice(self._jobs, len(self._idle_places)):
            place = self._idle_places.pop()
            worker = self._first or WorkerProcess()
            self._first = None
            self._workers[worker] = place
            worker.begin(self._make_work, place)
            worker.give(job)

    def _dismiss(self, worker: WorkerProcess) -> None:
        self._idle_places.append(self._workers[worker])
        worker.end()
        del self._workers[worker]

    def _hear(self, worker: WorkerProcess) -> Iterator[tuple[Job, Result | Failure]]:
        for message in worker.messages():
            yield from self._take(worker, message)
            if worker not in self._workers:
                return
        if worker.has_ended:
            is_memory, how = worker.how_it_ended()
            yield from self._lose(worker, "oom" if is_memory else "crashed", how)

    def _take(
        self, worker: WorkerProcess, message: Message
    ) -> Iterator[tuple[Job, Result | Failure]]:
        if isinstance(message, Told):
            self._on_progress(message.progress)
        elif isinstance(message, Ready):
            worker.is_ready = True
            self._failed_starts = 0
        elif isinstance(message, Raised):
            raise message.error from RuntimeError(f"in a worker process:\n{message.trace}")
        else:
            yield self._finish(worker, message)

    def _finish(self, worker: WorkerProcess, message: Done) -> tuple[Job, Result]:
        """Keep the worker busy with the next job, or dismiss it, before its result is handed on."""
        done: Job = worker.job
        following = list(islice(self._jobs, 1))
        if following:
            worker.give(following[0])
        else:
            self._dismiss(worker)
        return done, message.result

    def _look_after(self) -> Iterator[tuple[Job, Failure]]:
        """Give up the workers that are silent for too long or have grown too large."""
        now = time.monotonic()
        passed, self._looked = min(now - self._looked, 2 * _LOOK_S), now
        for worker in list(self._workers):
            worker.silent_s += passed
            if self._is_stalled(worker):
                how = f"made no progress for {worker.silent_s:.0f} s"
                yield from self._lose(worker, "timeout", how)
        most = self._limits.memory_bytes
        if most is not None and now - self._weighed >= _MEMORY_EVERY_S:
            self._weighed = now
            yield from self._weigh(most)

    def _is_stalled(self, worker: WorkerProcess) -> bool:
        """Tell whether a worker has said nothing for too long and has not read on, either.

        Opening a huge file, or passing over hours of one, reads without news.
        """
        limit_s = self._limits.stall_s if worker.is_ready else self._limits.start_s
        if worker.silent_s < limit_s / 2:
            return False
        if worker.read_bytes is None:
            worker.read_bytes = bytes_read(worker.process_id)
        if worker.silent_s < limit_s:
            return False
        if bytes_read(worker.process_id) > worker.read_bytes:
            worker.has_moved()
            return False
        return True

    def _weigh(self, most: int) -> Iterator[tuple[Job, Failure]]:
        memory = memory_of_trees([worker.process_id for worker in self._workers])
        for worker in list(self._workers):
            taken = memory[worker.process_id]
            if taken > most:  # never less than what is counted once, and quickly known
                taken = memory_counted_once(worker.process_id)
            if taken > most:
                sizes = f"{taken / _GIGABYTE:.2g} GB of memory, more than {most / _GIGABYTE:.2g} GB"
                yield from self._lose(worker, "oom", f"took {sizes}")

    def _lose(
        self, worker: WorkerProcess, reason: FailureReason, how: str
    ) -> Iterator[tuple[Job, Failure]]:
        """End a worker; yield its job with the failure, or give the job back if it never began."""
        job: Job = worker.job
        words = worker.last_words if reason == "crashed" else ""
        what = f'{how} (its last words: "{words}")' if words else how
        began, took_s = worker.is_ready, worker.job_s
        self._dismiss(worker)
        if began:
            yield job, Failure(reason=reason, what=what, wall_s=took_s)
            return
        self._jobs = chain([job], self._jobs)
        self._failed_starts += 1
        if self._failed_starts >= _MOST_FAILED_STARTS:
            raise WorkerStartError(
                f"Worker processes do not start: the last of {self._failed_starts} {what}. "
                "'vidfer doctor' looks for what is wrong with this installation."
            )
