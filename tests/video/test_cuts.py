"""Where batches are cut: between slots, so that a slot's first frame is that of its detection.

One suite over both decoders; how frames are cut changes none of them.
"""

import itertools

import numpy as np
import pytest

from tests.clips import ClipFolder
from tests.video.decoding import WHOLE, Decoded, cases, decode, decode_once, pixels_of
from vidfer import slots
from vidfer.batches import FrameBatch
from vidfer.planes import PlanarFrames
from vidfer.slots import frames_per_chunk, frames_per_slot
from vidfer.video.selection import FrameSelection

pytestmark = pytest.mark.timeout(60)

# One chunk, one slot, several slots, slots that do not fit into the chunk that is asked for.
CUTS = ((1, 1), (7, 1), (16, 5), (15, 5), (7, 7), (4, 10), (64, 30))
SELECTIONS = (
    WHOLE,
    FrameSelection(every=3),
    FrameSelection(every=11),
    FrameSelection(fps=7),
    FrameSelection(start_s=0.53),
    FrameSelection(start_s=0.12, end_s=1.5),
)
KINDS = ("steady", "gap", "odd_size", "transport_stream")


def kind_of(batch: FrameBatch) -> tuple[object, ...]:
    planar = isinstance(batch.frames, PlanarFrames)
    return (batch.size_px, batch.frames.coding if planar else None)


def assert_cut_between_slots(decoded: Decoded, *, chunk_frames: int, detect_every: int) -> None:
    for batch in decoded.batches:
        size = {"frame_bytes": batch.frame_bytes, "detect_every": detect_every}
        assert 1 <= len(batch) <= frames_per_chunk(**size, chunk_frames=chunk_frames)
    for before, batch in itertools.pairwise(decoded.batches):
        slot = frames_per_slot(frame_bytes=batch.frame_bytes, detect_every=detect_every)
        if kind_of(before) == kind_of(batch):
            assert batch.index[0] // slot != before.index[-1] // slot


@pytest.mark.parametrize("selection", SELECTIONS, ids=str)
@pytest.mark.parametrize(("chunk_frames", "detect_every"), CUTS)
@pytest.mark.parametrize(("decoder", "kind"), cases(kinds=KINDS))
def test_batches_hold_whole_slots_and_the_same_frames(
    decoder, kind, chunk_frames, detect_every, selection, clips: ClipFolder
):
    path = clips.healthy(kind).path
    cut = {"chunk_frames": chunk_frames, "detect_every": detect_every}
    decoded = decode(path, decoder=decoder, selection=selection, **cut)
    assert_cut_between_slots(decoded, **cut)
    whole = decode_once(path, decoder=decoder)
    assert all(np.array_equal(f, whole.frames[i]) for i, f in zip(decoded.index, decoded.frames))
    assert decoded.times_s == [whole.times_s[i] for i in decoded.index]


@pytest.mark.parametrize(("chunk_frames", "detect_every"), CUTS)
@pytest.mark.parametrize(("decoder", "kind"), cases(kinds=("steady",)))
def test_without_a_selection_every_batch_but_the_last_is_full(
    decoder, kind, chunk_frames, detect_every, clips: ClipFolder
):
    cut = {"chunk_frames": chunk_frames, "detect_every": detect_every}
    batches = decode(clips.healthy(kind).path, decoder=decoder, **cut).batches
    full = frames_per_chunk(frame_bytes=batches[0].frame_bytes, **cut)
    assert {len(batch) for batch in batches[:-1]} <= {full}


@pytest.mark.parametrize("selection", SELECTIONS, ids=str)
@pytest.mark.parametrize(("decoder", "kind"), cases(kinds=("steady", "odd_size")))
def test_slots_are_shorter_where_frames_are_large(
    decoder, kind, selection, clips: ClipFolder, monkeypatch
):
    monkeypatch.setattr(slots, "SLOT_BYTES", 70_000)
    monkeypatch.setattr(slots, "CHUNK_BYTES", 70_000)
    cut = {"chunk_frames": 16, "detect_every": 30}
    decoded = decode(clips.healthy(kind).path, decoder=decoder, selection=selection, **cut)
    assert_cut_between_slots(decoded, **cut)
    for batch in decoded.batches:
        assert sum(array.nbytes for array in pixels_of(batch)) <= 70_000


@pytest.mark.parametrize(("chunk_frames", "detect_every"), CUTS)
def test_frames_that_grow_begin_a_batch_wherever_they_are_in_a_slot(
    chunk_frames, detect_every, clips: ClipFolder
):
    cut = {"chunk_frames": chunk_frames, "detect_every": detect_every}
    decoded = decode(clips.growing(), **cut)
    assert_cut_between_slots(decoded, **cut)
    assert decoded.index == list(range(40))
    assert 20 in [batch.index[0] for batch in decoded.batches]
