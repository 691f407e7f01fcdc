"""Decoded frames to the pixels that are handed on: the decoder's planes, or RGB."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import av
import numpy as np
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane

from vidfer.planes import ColourCoding, ColourMatrix, PlanarFrames

# 8 bits, one chroma sample for 2x2 pixels: what nearly all videos are.
PLANAR_FORMATS: Final = frozenset({"yuv420p", "yuvj420p", "nv12"})

# FFmpeg's AVColorSpace; everything else, no tag included, is taken as BT.601, as swscale does.
# SMPTE 240M (7) is within a thousandth of BT.709.
_MATRICES: Final[dict[int, ColourMatrix]] = {1: "bt709", 7: "bt709", 9: "bt2020", 10: "bt2020"}

# swscale raises an error on a frame with any other tag.
_TAGS_OF_SWSCALE: Final = frozenset({0, 1, 2, 4, 5, 6, 7, 9})
_TAG_OF_MATRIX: Final[dict[ColourMatrix, int]] = {"bt601": 5, "bt709": 1, "bt2020": 9}

_FULL_RANGE: Final = 2  # FFmpeg's AVCOL_RANGE_JPEG

# Since version 17 PyAV converts with a thread per core unless told otherwise, which took
# 20 ms instead of 0.3 beside a busy process. Before, there was one, and no such option.
_THREADS_SINCE: Final = 17
_HAS_THREADS: Final = int(av.__version__.split(".")[0]) >= _THREADS_SINCE
_ONE_THREAD: Final[dict[str, Any]] = {"threads": 1} if _HAS_THREADS else {}


@dataclass(frozen=True)
class Layout:
    """How the upright frames of a batch are kept: as planes, or as RGB without a `coding`."""

    height: int
    width: int
    coding: ColourCoding | None

    @property
    def frame_bytes(self) -> int:
        """Bytes that one frame takes, as FrameBatch counts them."""
        if self.coding is None:
            return 3 * self.height * self.width
        return self.height * self.width + 2 * ((self.height + 1) // 2) * ((self.width + 1) // 2)

    def allocate(self, count: int) -> np.ndarray | PlanarFrames:
        """Return room for `count` frames, not filled in."""
        if self.coding is None:
            return np.empty((count, self.height, self.width, 3), dtype=np.uint8)
        half = ((self.height + 1) // 2, (self.width + 1) // 2)
        return PlanarFrames(
            luma=np.empty((count, self.height, self.width), dtype=np.uint8),
            chroma=np.empty((count, 2, *half), dtype=np.uint8),
            coding=self.coding,
        )


def layout_of(frame: VideoFrame) -> Layout:
    """Return how a frame is to be kept."""
    # Buffers of planes cannot express that the last line comes first in memory.
    bottom_up = frame.planes[0].line_size < 0
    return _layout(
        frame.height,
        frame.width,
        "bottom-up" if bottom_up else frame.format.name,
        turns=quarter_turns(frame),
        matrix_tag=int(frame.colorspace),
        range_tag=int(frame.color_range),
    )


def copy_pixels(frame: VideoFrame, pixels: np.ndarray | PlanarFrames, row: int) -> None:
    """Write a frame, turned upright, into row `row` of what its layout has allocated."""
    turns = quarter_turns(frame)
    if not isinstance(pixels, PlanarFrames):
        _copy_turned(_rgb(frame), pixels[row], turns)
        return
    height, width = frame.height, frame.width
    luma, *chroma = frame.planes
    _copy_turned(_lines(luma)[:height, :width], pixels.luma[row], turns)
    half_height, half_width = (height + 1) // 2, (width + 1) // 2
    if len(chroma) == 1:
        pairs = _lines(chroma[0])[:half_height, : 2 * half_width]
        planes = [pairs[:, 0::2], pairs[:, 1::2]]
    else:
        planes = [_lines(plane)[:half_height, :half_width] for plane in chroma]
    for plane, room in zip(planes, pixels.chroma[row]):
        _copy_turned(plane, room, turns)


def quarter_turns(frame: VideoFrame) -> int:
    """Return how often the picture is to be turned left by 90 degrees."""
    return round(frame.rotation / 90) % 4


@lru_cache(maxsize=32)
def _layout(
    height: int, width: int, pixel_format: str, *, turns: int, matrix_tag: int, range_tag: int
) -> Layout:
    upright = (width, height) if turns % 2 else (height, width)
    # Turned, the chroma sample of half a pair of lines would lie over the wrong pair.
    misplaced = turns and (height % 2 or width % 2)
    if pixel_format not in PLANAR_FORMATS or misplaced:
        return Layout(*upright, coding=None)
    coding = ColourCoding(
        matrix=_MATRICES.get(matrix_tag, "bt601"),
        full_range=range_tag == _FULL_RANGE or pixel_format == "yuvj420p",
    )
    return Layout(*upright, coding=coding)


def _lines(plane: VideoPlane) -> np.ndarray:
    """Return a plane's lines with their padding, uint8 (rows, bytes of a line), not copied."""
    return np.frombuffer(plane, dtype=np.uint8).reshape(-1, plane.line_size)  # type: ignore[call-overload, no-any-return]


def _copy_turned(pixels: np.ndarray, room: np.ndarray, turns: int) -> None:
    np.copyto(room, np.rot90(pixels, turns) if turns else pixels)


def _rgb(frame: VideoFrame) -> np.ndarray:
    """Return the frame as it is coded, uint8 (height, width, 3)."""
    tag = int(frame.colorspace)
    if tag not in _TAGS_OF_SWSCALE:
        tag = _TAG_OF_MATRIX[_MATRICES.get(tag, "bt601")]
        frame.colorspace = tag
    return frame.to_ndarray(format="rgb24", **_ONE_THREAD)
