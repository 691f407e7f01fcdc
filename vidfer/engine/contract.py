"""The contract that every engine keeps."""

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

from vidfer.errors import VidferError

Job = TypeVar("Job")
Result = TypeVar("Result")
Progress = TypeVar("Progress")

# Does one job, telling now and then how far it is.
Work = Callable[[Job, Callable[[Progress], None]], Result]

FailureReason = Literal["crashed", "timeout", "oom"]


@dataclass(frozen=True)
class Failure:
    """Why a job has no result: what became of the worker that did it.

    `what` is a clause with "the worker process" as its subject, `wall_s` how long the
    worker had the job, in seconds.
    """

    reason: FailureReason
    what: str
    wall_s: float


class WorkerStartError(VidferError):
    """Workers end before they can do a job."""


class WorkError(VidferError):
    """A worker met an error of a library's own type, which its message names."""


class Engine(Protocol):
    """Runs jobs and hands back each result as soon as there is one."""

    def run(
        self,
        make_work: Callable[[], Work[Job, Progress, Result]],
        jobs: Iterable[Job],
        *,
        on_progress: Callable[[Progress], None],
        make_careful_work: Callable[[Failure], Work[Job, Progress, Result]] | None = None,
    ) -> Generator[tuple[Job, Result | Failure], None, None]:
        """Yield each job with its result, every job exactly once, in any order.

        `make_work` is called once per worker, where the work is done; what it loads is
        kept for all jobs of that worker. Both factories, jobs, progress and results must
        be picklable. A job is taken from `jobs` only when there is a worker for it.

        A job whose worker dies, stalls or takes too much memory ends that worker, not the
        run. It is done once more alone, by what `make_careful_work` makes of the first
        failure, where that is given; what fails again is yielded with a Failure.

        An error of the work ends the run, and so does closing the generator: no work goes
        on after either.

        Raises:
            WorkerStartError: workers cannot be started.
            WorkError: the work raised an error that is neither Python's nor vidfer's own;
                those two kinds are raised as they are.
        """
        ...
