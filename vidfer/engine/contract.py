"""The contract that every engine keeps."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")
Progress = TypeVar("Progress")

# Does one job, telling now and then how far it is.
Work = Callable[[Job, Callable[[Progress], None]], Result]


class Engine(Protocol):
    """Runs jobs and hands back each result as soon as there is one."""

    def run(
        self,
        make_work: Callable[[], Work[Job, Progress, Result]],
        jobs: Iterable[Job],
        *,
        on_progress: Callable[[Progress], None],
    ) -> Iterator[tuple[Job, Result]]:
        """Yield each job with its result, every job exactly once, in any order.

        `make_work` is called once per worker, where the work is done; what it loads is
        kept for all jobs of that worker. An error of the work ends the run.
        """
        ...
