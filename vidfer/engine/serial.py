"""The engine that needs nothing: one job after the other, here."""

from collections.abc import Callable, Iterable, Iterator

from vidfer.engine.contract import Job, Progress, Result, Work


class SerialEngine:
    """Runs jobs one after the other in this process."""

    def run(
        self,
        make_work: Callable[[], Work[Job, Progress, Result]],
        jobs: Iterable[Job],
        *,
        on_progress: Callable[[Progress], None],
    ) -> Iterator[tuple[Job, Result]]:
        """Yield each job with its result, in the jobs' order."""
        work = make_work()
        for job in jobs:
            yield job, work(job, on_progress)
