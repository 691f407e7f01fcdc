"""Which frames of a video are analysed."""

import math
from dataclasses import dataclass
from typing import Final

# Time stamps such as 0.1999999 belong to the slot that begins at 0.2.
_SLOT_TOLERANCE: Final = 1e-6


@dataclass(frozen=True, kw_only=True)
class FrameSelection:
    """A rule on a frame's number and presentation time.

    every: the frames whose number is a multiple of it.
    fps: the first frame of each slot of 1/fps seconds, counted from time 0, so that at a
        variable rate the choice means time and not frames.
    start_s, end_s: times from start_s (included) to end_s (excluded).
    """

    every: int = 1
    fps: float | None = None
    start_s: float | None = None
    end_s: float | None = None

    def takes(self, index: int, time_s: float, *, previous_time_s: float | None) -> bool:
        """Tell whether a frame is analysed; `previous_time_s` is that of the frame before."""
        if self.start_s is not None and time_s < self.start_s:
            return False
        if self.end_s is not None and time_s >= self.end_s:
            return False
        if self.fps is None:
            return index % self.every == 0
        if previous_time_s is None or (self.start_s is not None and previous_time_s < self.start_s):
            return True
        return self._slot(time_s) != self._slot(previous_time_s)

    def is_over(self, time_s: float) -> bool:
        """Tell whether this frame and all later ones are past the end."""
        return self.end_s is not None and time_s >= self.end_s

    @property
    def is_whole(self) -> bool:
        """Whether the selection reaches to the video's end."""
        return self.end_s is None

    def _slot(self, time_s: float) -> int:
        assert self.fps is not None
        return math.floor(time_s * self.fps + _SLOT_TOLERANCE)
