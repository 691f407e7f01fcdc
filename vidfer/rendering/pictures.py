"""Frames to pictures that can be drawn on, and back to frames for an encoder."""

from typing import Any, Final

import av
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from PIL import Image

from vidfer.batches import FrameBatch
from vidfer.planes import ColourMatrix, PlanarFrames

# FFmpeg's AVColorSpace.
_TAGS: Final[dict[ColourMatrix, int]] = {"bt601": 5, "bt709": 1, "bt2020": 9}

# Without this option, which came with version 17, PyAV converts with a thread per core.
_THREADS_SINCE: Final = 17
_HAS_THREADS: Final = int(av.__version__.split(".")[0]) >= _THREADS_SINCE
_ONE_THREAD: Final[dict[str, Any]] = {"threads": 1} if _HAS_THREADS else {}


def picture_of(batch: FrameBatch, row: int) -> Image.Image:
    """Return one frame of a batch in RGB, of its own size."""
    if isinstance(batch.frames, PlanarFrames):
        return Image.fromarray(_colour(batch.frames, row))
    return Image.fromarray(batch.frames[row])


def fitted(picture: Image.Image, size_px: tuple[int, int]) -> Image.Image:
    """Return a picture as large as asked for, width and height, with black bars if need be.

    A video is encoded in one size, that of its first frame, whatever comes later.
    """
    if picture.size == size_px:
        return picture
    scale = min(size_px[0] / picture.width, size_px[1] / picture.height)
    inner = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    canvas = Image.new("RGB", size_px)
    place = ((size_px[0] - inner[0]) // 2, (size_px[1] - inner[1]) // 2)
    canvas.paste(picture.resize(inner, Image.Resampling.BICUBIC), place)
    return canvas


def frame_of(picture: Image.Image) -> VideoFrame:
    """Return a picture as a frame of 8-bit 4:2:0 in BT.709, its sides padded to even ones."""
    pixels = _even(np.asarray(picture))
    return VideoFrame.from_ndarray(pixels, format="rgb24").reformat(
        format="yuv420p",
        dst_colorspace=Colorspace.ITU709,
        dst_color_range=ColorRange.MPEG,
        **_ONE_THREAD,
    )


def _colour(frames: PlanarFrames, row: int) -> np.ndarray:
    """Convert by swscale: much quicker than PlanarFrames.rgb, within its rounding."""
    luma, chroma = frames.luma[row], frames.chroma[row]
    height, width = luma.shape
    planes = [_even(luma).reshape(-1), chroma[0].reshape(-1), chroma[1].reshape(-1)]
    stacked = np.concatenate(planes).reshape(-1, width + width % 2)
    frame = VideoFrame.from_ndarray(stacked, format="yuv420p")
    frame.colorspace = _TAGS[frames.coding.matrix]
    frame.color_range = int(ColorRange.JPEG if frames.coding.full_range else ColorRange.MPEG)
    return frame.to_ndarray(format="rgb24", **_ONE_THREAD)[:height, :width]


def _even(pixels: np.ndarray) -> np.ndarray:
    """Return pixels, (height, width, ...), with the last line and column doubled where odd."""
    height, width = pixels.shape[:2]
    if height % 2 == 0 and width % 2 == 0:
        return pixels
    room = [(0, height % 2), (0, width % 2), *[(0, 0)] * (pixels.ndim - 2)]
    return np.pad(pixels, room, mode="edge")
