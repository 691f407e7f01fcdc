"""The engine that needs nothing: one job after the other, here."""

from collections.abc import Callable, Generator, Iterable

from vidfer.engine.contract import Failure, Job, Progress, Result, Work


class SerialEngine:
    """Runs jobs one after the other in this process, which nothing supervises."""

    def run(
        self,
        make_work: Callable[[], Work[Job, Progress, Result]],
        jobs: Iterable[Job],
        *,
        on_progress: Callable[[Progress], None],
        make_careful_work: Callable[[Failure], Work[Job, Progress, Result]] | None = None,
    ) -> Generator[tuple[Job, Result], None, None]:
        """Yield each job with its result, in the jobs' order; nothing is tried twice."""
        work = make_work()
        for job in jobs:
            yield job, work(job, on_progress)
