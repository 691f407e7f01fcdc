"""Frames in shared memory are the frames that were put there, and take what they need."""

import threading

import numpy as np
import pytest

from vidfer.batches import FrameBatch
from vidfer.computing.shared_frames import FrameMemory
from vidfer.planes import ColourCoding, PlanarFrames

pytestmark = pytest.mark.timeout(20)


def random_frames(count: int, *, planar: bool, height: int = 17, width: int = 31) -> FrameBatch:
    random = np.random.default_rng(count)
    index = np.arange(count, dtype=np.int64)
    if not planar:
        pixels = random.integers(0, 256, (count, height, width, 3), dtype=np.uint8)
        return FrameBatch(pixels, index, index * 0.04)
    luma = random.integers(0, 256, (count, height, width), dtype=np.uint8)
    chroma = random.integers(0, 256, (count, 2, 9, 16), dtype=np.uint8)
    planes = PlanarFrames(luma, chroma, ColourCoding("bt709", full_range=True))
    return FrameBatch(planes, index, index * 0.04)


@pytest.mark.parametrize("planar", [False, True])
def test_chunks_of_several_slots_are_what_was_put_there(planar):
    memory = FrameMemory(slots=3, slot_bytes=20_000)
    chunks = [random_frames(count, planar=planar) for count in (1, 4, 12)]
    places = [memory.put(chunk) for chunk in chunks]
    for chunk, place in zip(chunks, places):
        there = memory.frames(place)
        np.testing.assert_array_equal(there.rgb(), chunk.rgb())
        np.testing.assert_array_equal(there.index, chunk.index)
        np.testing.assert_array_equal(there.time_s, chunk.time_s)
        assert there.frame_bytes == chunk.frame_bytes
        if planar:
            assert there.frames.coding == chunk.frames.coding


def test_pixels_that_are_not_in_one_piece_are_put_there_in_one():
    chunk = random_frames(4, planar=False)
    memory = FrameMemory(slots=1, slot_bytes=20_000)
    turned = FrameBatch(chunk.frames[:, ::-1, ::-1], chunk.index, chunk.time_s)
    np.testing.assert_array_equal(memory.frames(memory.put(turned)).rgb(), turned.rgb())


def test_who_finds_no_free_slot_waits_for_one():
    memory = FrameMemory(slots=1, slot_bytes=20_000)
    first = memory.put(random_frames(1, planar=False))
    got = []
    waiting = threading.Thread(target=lambda: got.append(memory.put(random_frames(2, planar=True))))
    waiting.start()
    waiting.join(timeout=0.2)
    assert got == []
    memory.free(first.slot)
    waiting.join()
    assert got[0].slot == first.slot


def test_a_chunk_that_is_larger_than_a_slot_is_refused_and_takes_none():
    memory = FrameMemory(slots=1, slot_bytes=4096)
    with pytest.raises(MemoryError, match="larger"):
        memory.put(random_frames(3, planar=False))
    assert memory.put(random_frames(2, planar=False)).slot == 0


def test_what_is_reserved_takes_no_memory_and_what_is_let_go_gives_it_back():
    before = shared_bytes()
    memory = FrameMemory(slots=1000, slot_bytes=10**9)
    chunk = random_frames(32, planar=False, height=360, width=640)
    for _ in range(3):
        memory.put(chunk)
    assert 3 * chunk.frames.nbytes <= shared_bytes() - before < 4 * chunk.frames.nbytes
    memory.free_all()
    assert shared_bytes() - before < 2**20
    assert sorted(memory.put(chunk).slot for _ in range(3)) == [0, 1, 2]


def shared_bytes() -> int:
    """Return this process's resident shared memory."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("RssShmem")) * 1024
