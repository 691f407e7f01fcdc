"""Frames, one by one, to batches of one size and kind that are cut between slots."""

from collections.abc import Iterator

import numpy as np
from av.video.frame import VideoFrame

from vidfer.batches import FrameBatch
from vidfer.planes import PlanarFrames
from vidfer.slots import frames_per_chunk, frames_per_slot
from vidfer.video.pixels import Layout, copy_pixels, layout_of


class FrameCollector:
    """Collects frames into batches; each frame's pixels are copied once, into its batch."""

    def __init__(self, *, chunk_frames: int, detect_every: int) -> None:
        self._chunk_frames = chunk_frames
        self._detect_every = detect_every
        self._layout: Layout | None = None
        self._slot_frames = self._capacity = 1
        self._slot = self._slot_row = 0
        self._pixels: np.ndarray | PlanarFrames = np.empty((0, 0, 0, 3), dtype=np.uint8)
        self._index: list[int] = []
        self._time_s: list[float] = []

    def add(self, frame: VideoFrame, index: int, time_s: float) -> Iterator[FrameBatch]:
        """Take in a frame; yield the batch that it completes or that its layout ends."""
        layout = layout_of(frame)
        if layout != self._layout:
            yield from self.rest()
            self._begin(layout)
        slot = index // self._slot_frames
        if len(self._index) == self._capacity:
            # A selection leaves frames out, so that a slot may begin anywhere in a batch.
            yield self._cut(self._capacity if slot != self._slot else self._slot_row)
        self._put(frame, index, time_s, slot)
        if len(self._index) == self._capacity and (index + 1) // self._slot_frames != slot:
            yield self._cut(self._capacity)

    def rest(self) -> Iterator[FrameBatch]:
        """Yield what is collected, if anything."""
        if self._index:
            yield self._cut(len(self._index))

    def _begin(self, layout: Layout) -> None:
        size = {"frame_bytes": layout.frame_bytes, "detect_every": self._detect_every}
        self._layout = layout
        self._slot_frames = frames_per_slot(**size)
        self._capacity = frames_per_chunk(**size, chunk_frames=self._chunk_frames)

    def _put(self, frame: VideoFrame, index: int, time_s: float, slot: int) -> None:
        assert self._layout is not None
        row = len(self._index)
        if row == 0:
            self._pixels = self._layout.allocate(self._capacity)
        if row == 0 or slot != self._slot:
            self._slot, self._slot_row = slot, row
        copy_pixels(frame, self._pixels, row)
        self._index.append(index)
        self._time_s.append(time_s)

    def _cut(self, rows: int) -> FrameBatch:
        """Return the first `rows` frames as a batch, and keep the others for the next one."""
        batch = FrameBatch(
            frames=_rows(self._pixels, 0, rows),
            index=np.array(self._index[:rows], dtype=np.int64),
            time_s=np.array(self._time_s[:rows], dtype=np.float64),
        )
        if rows < len(self._index):
            self._keep_from(rows)
        self._index, self._time_s = self._index[rows:], self._time_s[rows:]
        self._slot_row -= rows
        return batch

    def _keep_from(self, row: int) -> None:
        assert self._layout is not None
        kept = _rows(self._pixels, row, len(self._index))
        self._pixels = self._layout.allocate(self._capacity)
        _copy(kept, _rows(self._pixels, 0, len(kept)))


def _rows(pixels: np.ndarray | PlanarFrames, start: int, stop: int) -> np.ndarray | PlanarFrames:
    rows = slice(start, stop)
    return pixels.rows(rows) if isinstance(pixels, PlanarFrames) else pixels[rows]


def _copy(pixels: np.ndarray | PlanarFrames, room: np.ndarray | PlanarFrames) -> None:
    if isinstance(pixels, PlanarFrames) and isinstance(room, PlanarFrames):
        room.luma[:], room.chroma[:] = pixels.luma, pixels.chroma
    elif isinstance(pixels, np.ndarray) and isinstance(room, np.ndarray):
        room[:] = pixels
