"""The frame after which a decoder goes on with a video that was not finished."""

import zlib
from dataclasses import dataclass

import numpy as np

from vidfer.batches import FrameBatch
from vidfer.planes import PlanarFrames


@dataclass(frozen=True, kw_only=True)
class ResumePoint:
    """The last frame that is done, and what had been seen of the video by then.

    frame: its number in presentation order, from 0.
    time_s: its presentation time in seconds.
    frames_selected: how many frames had been selected by then, this one included.
    checksum: CRC-32 of its pixels, as `frame_checksum` gives it.
    is_healthy: nothing was damaged, lost or guessed so far, so that a decoder may jump here.
    width, height, rotation: of the video's first upright frame, pixels and degrees.
    """

    frame: int
    time_s: float
    frames_selected: int
    checksum: int
    is_healthy: bool
    width: int
    height: int
    rotation: int


def frame_checksum(frames: FrameBatch, row: int) -> int:
    """Return the CRC-32 of one frame's pixels, in the planes or colours that it came in."""
    pixels = frames.frames
    planes = [pixels.luma, pixels.chroma] if isinstance(pixels, PlanarFrames) else [pixels]
    checksum = 0
    for plane in planes:
        checksum = zlib.crc32(np.ascontiguousarray(plane[row]).data, checksum)
    return checksum
