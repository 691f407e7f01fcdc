"""Slots: the stretches of frame numbers that begin with a frame for the detector.

Slots lie on absolute frame numbers, so that no row depends on how a video is cut into
chunks, resumed or shared out.
"""

from typing import Final

import numpy as np

from vidfer.batches import FrameBatch

# One slot of frames takes at most this, whatever the frame's size, unless one frame does. Rows
# depend on it.
SLOT_BYTES: Final = 64 * 2**20

# One chunk takes at most this, unless one slot does. Some seven are in flight at a time: twice
# as much was no faster, and took 250 MB more at 1080p.
CHUNK_BYTES: Final = 32 * 2**20


def frames_per_slot(*, frame_bytes: int, detect_every: int) -> int:
    """Return a slot's length: `detect_every` frames, or fewer where frames are large."""
    return max(1, min(detect_every, SLOT_BYTES // max(1, frame_bytes)))


def frames_per_chunk(*, frame_bytes: int, chunk_frames: int, detect_every: int) -> int:
    """Return how many frames of this size make a chunk: whole slots, at least one."""
    slot = frames_per_slot(frame_bytes=frame_bytes, detect_every=detect_every)
    most = min(chunk_frames, CHUNK_BYTES // max(1, frame_bytes))
    return max(1, most // slot) * slot


def slot_starts(frames: FrameBatch, *, detect_every: int) -> np.ndarray:
    """Return which frames begin a slot, bool (N,): the first one, and where the slot changes.

    The first frame of a batch begins one because batches are cut between slots, and
    where the frames' size changes.
    """
    slot = frames.index // frames_per_slot(
        frame_bytes=frames.frame_bytes, detect_every=detect_every
    )
    return np.concatenate([[True], slot[1:] != slot[:-1]])
