"""Faces and emotions of chunks, read in processes that were forked from this one.

Python's interpreter lock lets the threads of one process use little more than one core: a chunk
takes thousands of short calls. A chunk lives in one process: it is glanced at and read there.
"""

import contextlib
import os
import threading
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vidfer.batches import EmotionBatch, FaceBatch, FrameBatch, Glanced
from vidfer.compute import one_torch_thread
from vidfer.computing.chunk_reader import ChunkReader
from vidfer.computing.forked_process import Answer, ForkedProcess
from vidfer.computing.shared_frames import FrameMemory, SharedFrames
from vidfer.profiling import Profile, Stopwatch, Watch


@dataclass(frozen=True)
class _Glance:
    """To a process: glance at these frames, and keep what you learn; answer the outline."""

    frames: SharedFrames


@dataclass(frozen=True)
class _Read:
    """To a process: answer the faces and emotions of the chunk in this slot, and let go of it."""

    slot: int
    following: Any


@dataclass(frozen=True)
class _Answered:
    """From a process: the answer, and the time that it took there."""

    result: Any
    took: Profile


@dataclass(frozen=True)
class _Place:
    """Where a chunk is: which process knows it, and which slot its frames are in."""

    process: int
    slot: int


class ProcessReader:
    """Reads chunks in other processes; the threads that ask only wait. See pipeline.Reader.

    behind: how many chunks may wait to be written, so that no process is idle meanwhile.
    askers: how many threads keep the processes busy.
    """

    def __init__(self, reader: ChunkReader, *, processes: int, slot_bytes: int) -> None:
        """Fork the processes; each has its copy of `reader`.

        slot_bytes: what a chunk's pixels take at most; only what is used of it is taken.

        Raises:
            OSError: the system does not let us.
        """
        self.behind = 2 * processes
        self.askers = self.behind + 2
        self._memory = FrameMemory(slots=self.askers, slot_bytes=slot_bytes)
        self._lock = threading.Lock()
        self._unread = [0] * processes
        servant = _Servant(reader, self._memory)
        with contextlib.ExitStack() as forked:
            self._processes: list[ForkedProcess] = []
            for _ in range(processes):
                self._processes.append(ForkedProcess(servant.begin))
                forked.callback(self._processes[-1].end)
            forked.pop_all()
        # When the last one who might ask is gone, or the interpreter ends.
        self.close = weakref.finalize(self, _end_all, self._processes, os.getpid())

    def glance(self, frames: FrameBatch, watch: Watch) -> Glanced[Any]:
        """Hand a chunk to the process with the fewest unread ones, which glances at it."""
        shared = self._memory.put(frames)
        place = _Place(self._least_busy(), shared.slot)
        outline = self._ask(place, _Glance(shared), watch)
        return Glanced(self._memory.frames(shared), outline, place)

    def read(
        self, chunk: Glanced[Any], following: Any, watch: Watch
    ) -> tuple[FaceBatch, EmotionBatch]:
        """Let a chunk's process read it."""
        place: _Place = chunk.place
        faces, emotions = self._ask(place, _Read(place.slot, following), watch)
        with self._lock:
            self._unread[place.process] -= 1
        return faces, emotions

    def let_go(self, chunk: Glanced[Any]) -> None:
        """Let another chunk take the place of this one's frames, which are not read any more."""
        self._memory.free(chunk.place.slot)

    def let_go_of_all(self) -> None:
        """Take back all memory of frames: of a video that has ended, in whatever way."""
        self._unread = [0] * len(self._processes)
        self._memory.free_all()

    def _least_busy(self) -> int:
        with self._lock:
            process = self._unread.index(min(self._unread))
            self._unread[process] += 1
        return process

    def _ask(self, place: _Place, request: _Glance | _Read, watch: Watch) -> Any:
        answered: _Answered = self._processes[place.process].ask(request)
        watch.add(answered.took)
        return answered.result


class _Servant:
    """What a process does."""

    def __init__(self, reader: ChunkReader, memory: FrameMemory) -> None:
        self._reader = reader
        self._memory = memory
        # What is known of the chunks that were glanced at, by slot. What a video that failed
        # leaves here goes when its slots are used again.
        self._chunks: dict[int, Glanced[Any]] = {}

    def begin(self) -> Answer:
        """Return what answers requests, in the process that will."""
        # The bits of a result depend on the number of an operator's threads, too.
        one_torch_thread()
        return self._answer

    def _answer(self, request: _Glance | _Read) -> _Answered:
        stopwatch = Stopwatch()
        if isinstance(request, _Glance):
            chunk = self._reader.glance(self._memory.frames(request.frames), stopwatch)
            self._chunks[request.frames.slot] = chunk
            return _Answered(chunk.outline, stopwatch.profile(frames=0))
        chunk = self._chunks.pop(request.slot)
        read = self._reader.read(chunk, request.following, stopwatch)
        return _Answered(read, stopwatch.profile(frames=0))


def _end_all(processes: Sequence[ForkedProcess], owner: int) -> None:
    """End processes, unless this is a process that was forked from their owner."""
    if os.getpid() == owner:
        for process in processes:
            process.end()
