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

from vidfer.batches import EmotionBatch, FaceBatch, FrameBatch, Glanced, Outline
from vidfer.profiling import UNWATCHED, Watch, watched
from vidfer.timeline.rows import timeline_rows
from vidfer.video.read_ahead import read_ahead

# Chunks decoded while the networks work on one: enough to smooth uneven frames out, and
# with the chunk's own bound at most 64 MiB of pixels in flight.
_CHUNKS_AHEAD: Final = 2


Outline_contra = TypeVar("Outline_contra", contravariant=True)


class Reader(Protocol[Outline]):
    """Reads faces and what they express from chunks, wherever it computes.

    It is asked by several threads, for several chunks at the same time; `watch` measures the
    stages.
    """

    @property
    def askers(self) -> int:
        """How many threads should ask."""
        ...

    @property
    def behind(self) -> int:
        """How many chunks that were read may wait for their turn to be written."""
        ...

    def glance(self, frames: FrameBatch, watch: Watch) -> Glanced[Outline]:
        """Learn of a chunk what its neighbours need."""
        ...

    def read(
        self, chunk: Glanced[Outline], following: Outline | None, watch: Watch
    ) -> tuple[FaceBatch, EmotionBatch]:
        """Return a chunk's faces, in frame order, and what they express, row for row."""
        ...

    def let_go(self, chunk: Glanced[Outline]) -> None:
        """Learn that nobody will look at a chunk's frames any more."""
        ...

    def let_go_of_all(self) -> None:
        """Learn that a video is at its end: nobody asks any more, whatever became of it."""
        ...


class Numbering(Protocol[Outline_contra]):
    """Gives the faces of a video their tracks, one chunk after the other."""

    def number(self, frames: FrameBatch, outline: Outline_contra, faces: FaceBatch) -> np.ndarray:
        """Return the track of each face, int32 (F,)."""
        ...

    def state(self) -> dict[str, Any]:
        """Return what `number` knows of the chunks so far, for JSON."""
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
    reader: Reader[Outline],
    numbering: Numbering[Outline],
    write: Callable[[pa.Table], None],
    executor: Executor,
    on_chunk: Callable[[Tally], None] = lambda tally: None,
    keep: Keep = lambda *_: None,
    before: Tally | None = None,
    watch: Watch = UNWATCHED,
) -> Tally:
    """Take a video's frames through all stages and `write` their rows in order.

    `keep` is called after each chunk with all that is needed to go on from there another
    time; `before` is what was counted before the first of these chunks, where they are
    the rest of a video.

    The chunks are made ahead, in a thread; the threads of `executor` ask the reader for
    several of them at a time. Of at most `reader.behind` + 2 chunks it has not been told to
    let go. How frames are cut into chunks changes no row, as long as the chunks are cut
    between slots (vidfer/slots.py). `watch` measures the stages.

    Raises:
        VideoError: the source of the chunks gave up.
        OutputError: the rows could not be written.
    """
    tally = replace(before) if before else Tally()
    work = _Work(reader, watch)
    with read_ahead(watched(chunks, watch, "decoding"), depth=_CHUNKS_AHEAD) as decoded:
        for read in watched(_read_chunks(decoded, work, executor), watch, "waiting"):
            frames = read.chunk.frames
            with watch.measure("numbering"):
                track = numbering.number(frames, read.chunk.outline, read.faces)
            with watch.measure("rows and writing"):
                write(timeline_rows(video, frames, read.faces, track, read.emotions))
            tally.add(frames, read.faces, track)
            keep(frames, tally, numbering.state)
            reader.let_go(read.chunk)
            on_chunk(tally)
    return tally


@dataclass(frozen=True)
class _ReadChunk(Generic[Outline]):
    """A chunk, its faces, and what they express."""

    chunk: Glanced[Outline]
    faces: FaceBatch
    emotions: EmotionBatch


@dataclass(frozen=True)
class _Work(Generic[Outline]):
    """What is done with a chunk in whichever thread is free."""

    reader: Reader[Outline]
    watch: Watch

    def glance(self, frames: FrameBatch) -> Glanced[Outline]:
        return self.reader.glance(frames, self.watch)

    def read(
        self, here: "Future[Glanced[Outline]]", following: "Future[Glanced[Outline]] | None"
    ) -> _ReadChunk[Outline]:
        chunk, after = here.result(), following.result().outline if following else None
        return _ReadChunk(chunk, *self.reader.read(chunk, after, self.watch))


def _read_chunks(
    chunks: Iterable[FrameBatch], work: _Work[Outline], executor: Executor
) -> Iterator[_ReadChunk[Outline]]:
    """Yield the chunks with their faces in order, several of them being worked on."""
    waiting: deque[Future[_ReadChunk[Outline]]] = deque()
    try:
        for glance, following in _with_following(chunks, work, executor):
            # What a chunk waits for was handed in before it: it never waits in vain.
            waiting.append(executor.submit(work.read, glance, following))
            while len(waiting) > work.reader.behind:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def _with_following(
    chunks: Iterable[FrameBatch], work: _Work[Outline], executor: Executor
) -> Iterator[tuple["Future[Glanced[Outline]]", "Future[Glanced[Outline]] | None"]]:
    """Yield each chunk's glance and that of the chunk after it."""
    before: Future[Glanced[Outline]] | None = None
    for frames in chunks:
        glance = executor.submit(work.glance, frames)
        if before is not None:
            yield before, glance
        before = glance
    if before is not None:
        yield before, None
