"""One video through all stages.

The stages are passed in and know nothing of each other; only this module knows the order.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, Protocol, TypeVar

import numpy as np
import pyarrow as pa

from vidfer.batches import EmotionBatch, FaceBatch, FrameBatch
from vidfer.profiling import Watch, unwatched, watched
from vidfer.timeline.rows import timeline_rows
from vidfer.video.read_ahead import read_ahead

# Chunks decoded while the networks work on one: enough to smooth uneven frames out, and
# with the chunk's own bound at most 64 MiB of pixels in flight.
_CHUNKS_AHEAD: Final = 2

# Chunks whose results may wait for their turn to be written.
_CHUNKS_BEHIND: Final = 2

Glance = TypeVar("Glance")


class FaceStage(Protocol[Glance]):
    """Finds the faces of a video, chunk by chunk.

    `glance` and `find` may run at the same time for several chunks, `number` is called
    for one chunk after the other.
    """

    def glance(self, frames: FrameBatch) -> Glance:
        """Learn of a chunk what its neighbours need."""
        ...

    def find(self, glance: Glance, following: Glance | None) -> FaceBatch:
        """Return a chunk's faces with their crops, in frame order."""
        ...

    def number(self, frames: FrameBatch, glance: Glance, faces: FaceBatch) -> np.ndarray:
        """Return the track of each face, int32 (F,)."""
        ...

    def state(self) -> dict[str, Any]:
        """Return what `number` knows of the chunks so far, for JSON."""
        ...


class EmotionStage(Protocol):
    """Classifies crops; several threads may do so at the same time."""

    def classify(self, crops: np.ndarray) -> EmotionBatch:
        """Return probabilities of `crops`, uint8 (F, 48, 48), row for row."""
        ...


@dataclass
class Tally:
    """What has gone through the pipeline so far; `position` counts unselected frames, too."""

    position: int = 0
    frames: int = 0
    frames_with_face: int = 0
    frames_usable: int = 0
    faces: int = 0
    tracks: int = 0

    def add(self, frames: FrameBatch, faces: FaceBatch, track: np.ndarray) -> None:
        """Count one chunk."""
        rows = faces.detections.frame_row
        self.position = int(frames.index[-1]) + 1
        self.frames += len(frames)
        self.frames_with_face += len(np.unique(rows))
        self.frames_usable += len(np.unique(rows[faces.quality.usable]))
        self.faces += len(faces)
        self.tracks = max(self.tracks, int(track.max(initial=-1)) + 1)


# Called with a chunk's frames, what is counted after it, and what gives the face stage's state.
Keep = Callable[[FrameBatch, Tally, Callable[[], dict[str, Any]]], None]


def run_pipeline(
    chunks: Iterable[FrameBatch],
    *,
    video: str,
    faces: FaceStage[Glance],
    emotions: EmotionStage,
    write: Callable[[pa.Table], None],
    executor: Executor,
    on_chunk: Callable[[Tally], None] = lambda tally: None,
    keep: Keep = lambda *_: None,
    before: Tally | None = None,
    watch: Watch = unwatched,
) -> Tally:
    """Take a video's frames through all stages and `write` their rows in order.

    `keep` is called after each chunk with all that is needed to go on from there another
    time; `before` is what was counted before the first of these chunks, where they are
    the rest of a video.

    The chunks are made ahead, in a thread; `executor` works on several of them at a time.
    How frames are cut into chunks changes no row, as long as the chunks are cut between
    slots (vidfer/slots.py). `watch` measures the stages.

    Raises:
        VideoError: the source of the chunks gave up.
        OutputError: the rows could not be written.
    """
    tally = replace(before) if before else Tally()
    work = _Work(faces, emotions, watch)
    with read_ahead(watched(chunks, watch, "decoding"), depth=_CHUNKS_AHEAD) as decoded:
        for read in watched(_read_chunks(decoded, work, executor), watch, "waiting"):
            with watch("numbering"):
                track = faces.number(read.frames, read.glance, read.faces)
            with watch("rows and writing"):
                write(timeline_rows(video, read.frames, read.faces, track, read.emotions))
            tally.add(read.frames, read.faces, track)
            keep(read.frames, tally, faces.state)
            on_chunk(tally)
    return tally


@dataclass(frozen=True)
class _ReadChunk(Generic[Glance]):
    """A chunk, what is known of it, and what its faces express."""

    frames: FrameBatch
    glance: Glance
    faces: FaceBatch
    emotions: EmotionBatch


@dataclass(frozen=True)
class _Work(Generic[Glance]):
    """What is done with a chunk in whichever thread is free."""

    faces: FaceStage[Glance]
    emotions: EmotionStage
    watch: Watch

    def glance(self, frames: FrameBatch) -> Glance:
        with self.watch("detection"):
            return self.faces.glance(frames)

    def read(
        self, frames: FrameBatch, glance: "Future[Glance]", following: "Future[Glance] | None"
    ) -> _ReadChunk[Glance]:
        here, after = glance.result(), following.result() if following is not None else None
        with self.watch("following and crops"):
            found = self.faces.find(here, after)
        with self.watch("classification"):
            emotions = self.emotions.classify(found.crops)
        return _ReadChunk(frames, here, found, emotions)


def _read_chunks(
    chunks: Iterable[FrameBatch], work: _Work[Glance], executor: Executor
) -> Iterator[_ReadChunk[Glance]]:
    """Yield the chunks with their faces in order, several of them being worked on."""
    waiting: deque[Future[_ReadChunk[Glance]]] = deque()
    try:
        for frames, glance, following in _with_following(chunks, work, executor):
            # What a chunk waits for was handed in before it: it never waits in vain.
            waiting.append(executor.submit(work.read, frames, glance, following))
            while len(waiting) > _CHUNKS_BEHIND:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def _with_following(
    chunks: Iterable[FrameBatch], work: _Work[Glance], executor: Executor
) -> Iterator[tuple[FrameBatch, "Future[Glance]", "Future[Glance] | None"]]:
    """Yield each chunk with its own glance and that of the chunk after it."""
    before: tuple[FrameBatch, Future[Glance]] | None = None
    for frames in chunks:
        glance = executor.submit(work.glance, frames)
        if before is not None:
            yield *before, glance
        before = (frames, glance)
    if before is not None:
        yield *before, None
