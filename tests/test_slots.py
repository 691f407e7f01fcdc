"""Slots lie on absolute frame numbers and fit into a bounded chunk."""

import numpy as np
import pytest

from vidfer.batches import FrameBatch
from vidfer.slots import CHUNK_BYTES, SLOT_BYTES, frames_per_chunk, frames_per_slot, slot_starts

SMALL = 640 * 360 * 3


def frames_at(*index: int, side: int = 4) -> FrameBatch:
    return FrameBatch(
        frames=np.zeros((len(index), side, side, 3), dtype=np.uint8),
        index=np.array(index, dtype=np.int64),
        time_s=np.array(index, dtype=np.float64),
    )


def test_a_slot_is_as_long_as_asked():
    assert [frames_per_slot(frame_bytes=SMALL, detect_every=n) for n in (1, 5, 30)] == [1, 5, 30]


@pytest.mark.parametrize(("frame_bytes", "frames"), [(SLOT_BYTES // 3, 3), (SLOT_BYTES * 2, 1)])
def test_a_slot_is_shorter_where_frames_are_large(frame_bytes, frames):
    assert frames_per_slot(frame_bytes=frame_bytes, detect_every=10) == frames


@pytest.mark.parametrize(
    ("width", "height", "chunk_frames", "frames"),
    [(640, 360, 16, 16), (1920, 1080, 16, 5), (8000, 6000, 16, 1), (40_000, 1000, 16, 1)],
)
def test_a_chunk_of_large_frames_is_bounded_in_memory(width, height, chunk_frames, frames):
    size = frames_per_chunk(
        frame_bytes=3 * width * height, chunk_frames=chunk_frames, detect_every=1
    )
    assert size == frames


@pytest.mark.parametrize("frame_bytes", [1, SMALL, CHUNK_BYTES // 7, CHUNK_BYTES, 2 * CHUNK_BYTES])
@pytest.mark.parametrize("detect_every", [1, 5, 16, 100])
@pytest.mark.parametrize("chunk_frames", [1, 7, 16, 64])
def test_a_chunk_holds_whole_slots_within_memory(chunk_frames, detect_every, frame_bytes):
    slot = frames_per_slot(frame_bytes=frame_bytes, detect_every=detect_every)
    chunk = frames_per_chunk(
        frame_bytes=frame_bytes, chunk_frames=chunk_frames, detect_every=detect_every
    )
    assert chunk % slot == 0
    assert slot <= chunk <= max(chunk_frames, slot)
    assert chunk == slot or chunk * frame_bytes <= CHUNK_BYTES


def test_slots_begin_at_multiples_of_their_length():
    starts = slot_starts(frames_at(*range(10, 21)), detect_every=5)
    assert np.flatnonzero(starts).tolist() == [0, 5, 10]


def test_the_first_frame_begins_a_slot_wherever_it_lies():
    assert slot_starts(frames_at(3, 4, 5, 6), detect_every=5).tolist() == [True, False, True, False]


def test_a_slot_begins_with_its_first_selected_frame():
    starts = slot_starts(frames_at(0, 3, 6, 9, 12, 40), detect_every=5)
    assert starts.tolist() == [True, False, True, False, True, True]


def test_with_a_detection_on_every_frame_every_frame_begins_a_slot():
    assert slot_starts(frames_at(0, 1, 2, 7), detect_every=1).all()


@pytest.mark.parametrize("cut", [5, 10, 15])
def test_a_cut_between_slots_changes_no_start(cut):
    whole = slot_starts(frames_at(*range(20)), detect_every=5)
    parts = [slot_starts(frames_at(*part), detect_every=5) for part in (range(cut), range(cut, 20))]
    assert np.concatenate(parts).tolist() == whole.tolist()
