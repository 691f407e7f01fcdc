"""Where the time of an analysis goes: measured per stage, added up over threads and videos."""

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from typing import Final, Literal, Protocol, TypeVar, get_args

Stage = Literal[
    "opening",
    "decoding",
    "detection",
    "following and crops",
    "classification",
    "numbering",
    "rows and writing",
    "waiting",
]

# CPU time of a worker beside its stages: threads of decoders, and between the stages.
ELSEWHERE: Final = "elsewhere"

Item = TypeVar("Item")


@dataclass(frozen=True)
class StageTime:
    """Time in one stage, added up over its threads and processes, in seconds.

    cpu_s: what they computed; the threads of a decoder of its own are not among them.
    wall_s: how long they were in it, waiting for a core or a GPU included.
    """

    cpu_s: float = 0.0
    wall_s: float = 0.0

    def __add__(self, other: "StageTime") -> "StageTime":
        return StageTime(self.cpu_s + other.cpu_s, self.wall_s + other.wall_s)


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What some videos took.

    stages: by stage, those that were entered.
    total: of their workers from opening to the end of writing; its CPU time is that of all
    threads and compute processes, its wall time is added up over the videos.
    """

    frames: int
    stages: dict[Stage, StageTime]
    total: StageTime

    def __add__(self, other: "Profile") -> "Profile":
        return Profile(
            frames=self.frames + other.frames,
            stages={
                stage: self.stages.get(stage, StageTime()) + other.stages.get(stage, StageTime())
                for stage in get_args(Stage)
                if stage in self.stages or stage in other.stages
            },
            total=self.total + other.total,
        )

    def as_dict(self) -> dict[str, object]:
        """Return the profile for JSON.

        `stages` come in order, each with its `share` of all CPU time and the `frames_per_s`
        that its CPU time alone would allow on one core, None for waiting; last is what the
        worker computed outside of them, as the threads of a decoder of its own do.
        """
        stages: dict[str, dict[str, float | None]] = {}
        for stage, taken in self._with_elsewhere().items():
            stages[stage] = {
                **asdict(taken),
                "share": self._share(taken),
                "frames_per_s": None if stage == "waiting" else self._speed(taken),
            }
        return {"frames": self.frames, **asdict(self.total), "stages": stages}

    def as_text(self) -> str:
        """Return the table that a person reads."""
        if not self.frames:
            return "Profile  Nothing was analysed now, so there is nothing to tell."
        lines = [
            f"Profile  {self.frames:,} frames; seconds over all threads, share of CPU time, "
            "frames/s if there were only this stage, on one core",
            f"  {'':<20} {'CPU s':>9} {'wall s':>9} {'share':>7} {'frames/s':>10}",
        ]
        for stage, taken in self._with_elsewhere().items():
            speed = None if stage == "waiting" else self._speed(taken)
            wall = "" if stage == ELSEWHERE else f"{taken.wall_s:.2f}"
            lines.append(
                f"  {stage:<20} {taken.cpu_s:>9.2f} {wall:>9} {self._share(taken):>7.1%} "
                f"{'' if speed is None else f'{speed:,.0f}':>10}"
            )
        lines.append(f"  {'together':<20} {self.total.cpu_s:>9.2f} {self.total.wall_s:>9.2f}")
        return "\n".join(line.rstrip() for line in lines)

    def _with_elsewhere(self) -> dict[str, StageTime]:
        stages: dict[str, StageTime] = dict(self.stages.items())
        in_stages_s = sum(taken.cpu_s for taken in stages.values())
        return stages | {ELSEWHERE: StageTime(max(0.0, self.total.cpu_s - in_stages_s))}

    def _share(self, taken: StageTime) -> float:
        return taken.cpu_s / self.total.cpu_s if self.total.cpu_s else 0.0

    def _speed(self, taken: StageTime) -> float | None:
        return self.frames / taken.cpu_s if taken.cpu_s else None


NO_PROFILE: Final = Profile(frames=0, stages={}, total=StageTime())


class Watch(Protocol):
    """Measures what the stages of a video take, in any thread."""

    def measure(self, stage: Stage) -> AbstractContextManager[None]:
        """Count the time in the block as the stage's."""
        ...

    def add(self, elsewhere: Profile) -> None:
        """Count what another process measured, which worked for this one."""
        ...


class Stopwatch:
    """Measures the stages of one video."""

    def __init__(self) -> None:
        self._cpu_s, self._wall_s = time.process_time(), time.perf_counter()
        self._lock = threading.Lock()
        self._added = NO_PROFILE

    @contextmanager
    def measure(self, stage: Stage) -> Iterator[None]:
        """Count the time in the block as the stage's, whatever way it is left."""
        cpu_s, wall_s = time.thread_time(), time.perf_counter()
        try:
            yield
        finally:
            taken = StageTime(time.thread_time() - cpu_s, time.perf_counter() - wall_s)
            self.add(Profile(frames=0, stages={stage: taken}, total=StageTime()))

    def add(self, elsewhere: Profile) -> None:
        """Count the stages of another process, and all that it computed for them."""
        with self._lock:
            self._added += elsewhere

    def profile(self, *, frames: int) -> Profile:
        """Return what was measured since this stopwatch was made."""
        cpu_s, wall_s = time.process_time() - self._cpu_s, time.perf_counter() - self._wall_s
        with self._lock:
            added = self._added
        total = StageTime(cpu_s + added.total.cpu_s, wall_s)
        return Profile(frames=frames, stages=added.stages, total=total)


class Unwatched:
    """Measures nothing."""

    def measure(self, stage: Stage) -> AbstractContextManager[None]:
        """Do nothing."""
        return nullcontext()

    def add(self, elsewhere: Profile) -> None:
        """Do nothing."""


UNWATCHED: Final = Unwatched()


def watched(items: Iterable[Item], watch: Watch, stage: Stage) -> Iterator[Item]:
    """Yield the items; what it takes to make each is counted as the stage's."""
    iterator = iter(items)
    while True:
        with watch.measure(stage):
            try:
                item = next(iterator)
            except StopIteration:
                return
        yield item
