"""The engine of one machine: supervised worker processes."""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing
from functools import partial

from vidfer.engine.contract import Failure, Job, Progress, Result, Work
from vidfer.engine.limits import Limits
from vidfer.engine.process import WorkerProcess
from vidfer.engine.supervisor import Supervisor


class LocalEngine:
    """Runs jobs in worker processes that may die, hang or grow without harm to the others.

    A job that cost its worker is done once more when all others are finished: in a fresh
    worker, with nothing else running, so that a neighbour's hunger for memory or time is
    not taken for its fault.
    """

    def __init__(
        self,
        *,
        environments: Sequence[Mapping[str, str]] = ({},),
        limits: Limits | None = None,
        limits_alone: Limits | None = None,
        first: WorkerProcess | None = None,
    ) -> None:
        """Prepare; nothing is started before `run`.

        environments: one per worker: what is added to the environment before its work is made.
        limits: of each worker; limits_alone: of a worker that has the machine to itself.
        first: a process that was started early; the engine uses it up.
        """
        self._environments = list(environments)
        self._limits = limits or Limits()
        self._limits_alone = limits_alone or self._limits
        self._first = first

    def run(
        self,
        make_work: Callable[[], Work[Job, Progress, Result]],
        jobs: Iterable[Job],
        *,
        on_progress: Callable[[Progress], None],
        make_careful_work: Callable[[Failure], Work[Job, Progress, Result]] | None = None,
    ) -> Generator[tuple[Job, Result | Failure], None, None]:
        """Yield each job with its result as soon as there is one; see Engine."""
        if make_careful_work is None:
            yield from self._together(make_work, jobs, on_progress)
            return
        suspects: list[tuple[Job, Failure]] = []
        with closing(self._together(make_work, jobs, on_progress)) as results:
            for job, result in results:
                if isinstance(result, Failure):
                    suspects.append((job, result))
                else:
                    yield job, result
        for job, failure in suspects:
            yield from self._alone(partial(make_careful_work, failure), job, on_progress)

    def _together(
        self,
        make_work: Callable[[], Work[Job, Progress, Result]],
        jobs: Iterable[Job],
        on_progress: Callable[[Progress], None],
    ) -> Generator[tuple[Job, Result | Failure], None, None]:
        first, self._first = self._first, None
        return Supervisor(
            make_work,
            jobs,
            environments=self._environments,
            limits=self._limits,
            on_progress=on_progress,
            first=first,
        ).run()

    def _alone(
        self,
        make_work: Callable[[], Work[Job, Progress, Result]],
        job: Job,
        on_progress: Callable[[Progress], None],
    ) -> Generator[tuple[Job, Result | Failure], None, None]:
        return Supervisor(
            make_work,
            [job],
            environments=self._environments[:1],
            limits=self._limits_alone,
            on_progress=on_progress,
        ).run()
