"""Frames, one by one, to batches of one size."""

from collections.abc import Iterator

import numpy as np

from vidfer.batches import FrameBatch
from vidfer.video.source import frames_per_chunk


class FrameCollector:
    """Collects upright frames into batches of at most `chunk_frames`, and of one size."""

    def __init__(self, *, chunk_frames: int) -> None:
        self._chunk_frames = chunk_frames
        self._frames: list[np.ndarray] = []
        self._index: list[int] = []
        self._time_s: list[float] = []

    def add(self, frame: np.ndarray, index: int, time_s: float) -> Iterator[FrameBatch]:
        """Take in a frame; yield the batch that it completes or that its size ends."""
        if self._frames and self._frames[0].shape != frame.shape:
            yield from self.rest()
        self._frames.append(frame)
        self._index.append(index)
        self._time_s.append(time_s)
        height, width = frame.shape[:2]
        full = frames_per_chunk(width=width, height=height, chunk_frames=self._chunk_frames)
        if len(self._frames) >= full:
            yield from self.rest()

    def rest(self) -> Iterator[FrameBatch]:
        """Yield what is collected, if anything."""
        if self._frames:
            yield FrameBatch(
                frames=np.stack(self._frames),
                index=np.array(self._index, dtype=np.int64),
                time_s=np.array(self._time_s, dtype=np.float64),
            )
            self._frames, self._index, self._time_s = [], [], []
