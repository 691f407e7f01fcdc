"""Frames in memory that a process shares with its children."""

import mmap
import queue
from dataclasses import dataclass
from typing import Final

import numpy as np

from vidfer.batches import FrameBatch
from vidfer.planes import ColourCoding, PlanarFrames

# Memory that is asked for here is mostly never touched: the system must not set it aside.
# Python names this only since 3.13; the number is that of all Linux machines but a few old kinds.
_FLAGS: Final = mmap.MAP_SHARED | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0x4000)


@dataclass(frozen=True)
class SharedFrames:
    """Where a FrameBatch is: its slot, the shapes of its planes there, and all else of it."""

    slot: int
    shapes: tuple[tuple[int, ...], ...]
    coding: ColourCoding | None
    index: np.ndarray
    time_s: np.ndarray


class FrameMemory:
    """A number of slots, each for one chunk; made before the fork, it needs no name.

    A slot that was never used takes no memory, however large; a used one what was put there.
    """

    def __init__(self, *, slots: int, slot_bytes: int) -> None:
        """Reserve the room.

        Raises:
            OSError: the system does not let us.
        """
        self._slots = slots
        self._slot_bytes = -(-slot_bytes // mmap.PAGESIZE) * mmap.PAGESIZE
        self._memory = mmap.mmap(-1, slots * self._slot_bytes, flags=_FLAGS)
        self._free: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._all_are_free()

    def put(self, frames: FrameBatch) -> SharedFrames:
        """Copy a chunk's pixels into a slot; waits for one.

        Raises:
            MemoryError: the chunk is larger than a slot.
        """
        pixels, coding = frames.frames, None
        planes = [pixels]
        if isinstance(pixels, PlanarFrames):
            planes, coding = [pixels.luma, pixels.chroma], pixels.coding
        arrays = [plane for plane in planes if isinstance(plane, np.ndarray)]
        if sum(array.nbytes for array in arrays) > self._slot_bytes:
            raise MemoryError("A chunk of frames is larger than what was set aside for one.")
        shapes = tuple(array.shape for array in arrays)
        shared = SharedFrames(self._free.get(), shapes, coding, frames.index, frames.time_s)
        for room, array in zip(self._planes(shared), arrays):
            room[:] = array
        return shared

    def frames(self, shared: SharedFrames) -> FrameBatch:
        """Return a chunk whose pixels stay where they are; here and in children."""
        planes = self._planes(shared)
        if shared.coding is None:
            return FrameBatch(planes[0], shared.index, shared.time_s)
        luma, chroma = planes
        pixels = PlanarFrames(luma, chroma, shared.coding)
        return FrameBatch(pixels, shared.index, shared.time_s)

    def free(self, slot: int) -> None:
        """Let a slot be used again."""
        self._free.put(slot)

    def free_all(self) -> None:
        """Let all slots be used again, and give their memory back to the system."""
        self._all_are_free()
        self._memory.madvise(mmap.MADV_REMOVE)

    def _all_are_free(self) -> None:
        self._free = queue.SimpleQueue()
        for slot in range(self._slots):
            self._free.put(slot)

    def _planes(self, shared: SharedFrames) -> list[np.ndarray]:
        planes, offset = [], shared.slot * self._slot_bytes
        for shape in shared.shapes:
            planes.append(np.ndarray(shape, np.uint8, self._memory, offset))
            offset += planes[-1].nbytes
        return planes
