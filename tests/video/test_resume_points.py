"""Going on in the middle of a video gives the frames, times and record of one go."""

from dataclasses import replace

import av
import numpy as np
import pytest

from tests.clips import DAMAGED, ClipFolder
from tests.video.decoding import MAX_PIXELS, WHOLE, Decoded, cases, decode, decode_once, pixels_of
from vidfer.resume_point import ResumePoint, frame_checksum
from vidfer.video.opening import open_video
from vidfer.video.selection import FrameSelection

pytestmark = pytest.mark.timeout(60)

CHUNK = {"chunk_frames": 8, "detect_every": 4}
INDEXED = ("steady", "gap", "b_frames", "edit_list", "late_start_mp4", "webm", "turned_90")


def point_after(whole: Decoded, batch: int, *, healthy: bool | None = None) -> ResumePoint:
    """Return where a decoder goes on after a batch of what another one gave."""
    record = whole.record
    return ResumePoint(
        frame=int(whole.batches[batch].index[-1]),
        time_s=float(whole.batches[batch].time_s[-1]),
        frames_selected=sum(len(one) for one in whole.batches[: batch + 1]),
        checksum=frame_checksum(whole.batches[batch], len(whole.batches[batch]) - 1),
        is_healthy=record.is_healthy if healthy is None else healthy,
        width=record.width,
        height=record.height,
        rotation=record.rotation,
    )


def assert_goes_on(path, whole: Decoded, batch: int, point: ResumePoint, **how) -> None:
    rest = decode(path, after=point, **CHUNK, **how)
    wanted = whole.batches[batch + 1 :]
    assert rest.index == [int(i) for one in wanted for i in one.index]
    assert rest.times_s == [float(t) for one in wanted for t in one.time_s]
    assert [len(one) for one in rest.batches] == [len(one) for one in wanted]
    for ours, theirs in zip(rest.batches, wanted, strict=True):
        assert all(map(np.array_equal, pixels_of(ours), pixels_of(theirs)))
    assert rest.record == whole.record


@pytest.mark.parametrize(("decoder", "kind"), cases())
def test_a_healthy_video_goes_on_after_any_batch(decoder, kind, clips: ClipFolder):
    path = clips.healthy(kind).path
    whole = decode(path, decoder=decoder, **CHUNK)
    for batch in {0, len(whole.batches) // 2, len(whole.batches) - 1}:
        assert_goes_on(path, whole, batch, point_after(whole, batch), decoder=decoder)


@pytest.mark.parametrize("kind", DAMAGED.keys() - {"no_frame_left"})
def test_a_damaged_video_goes_on_with_the_same_record(kind, clips: ClipFolder):
    path = clips.damaged(kind).path
    whole = decode(path, **CHUNK)
    for batch, healthy in enumerate(known_to_be_healthy(path)):
        assert_goes_on(path, whole, batch, point_after(whole, batch, healthy=healthy))


def known_to_be_healthy(path) -> list[bool]:
    """Return what is known of a video's health when each of its batches comes."""
    source = open_video(path, decoder="pyav", max_pixels=MAX_PIXELS).source
    known = [source.record.is_healthy for _ in source.batches(selection=WHOLE, **CHUNK)]
    source.close()
    return known


@pytest.mark.parametrize("selection", [FrameSelection(every=3), FrameSelection(fps=7, end_s=2)])
def test_a_selection_goes_on_where_it_was(selection, clips: ClipFolder):
    path = clips.healthy("gap").path
    whole = decode(path, selection=selection, **CHUNK)
    assert_goes_on(path, whole, 0, point_after(whole, 0), selection=selection)


def test_a_frame_that_is_not_the_one_that_was_left_is_not_trusted(clips: ClipFolder):
    path = clips.healthy("b_frames").path
    whole = decode(path, **CHUNK)
    point = replace(point_after(whole, 3), checksum=1)
    assert_goes_on(path, whole, 3, point)


@pytest.mark.parametrize("kind", INDEXED)
def test_what_is_done_is_not_decoded_again_where_there_is_an_index(kind, clips, tmp_path):
    clip = clips.healthy(kind)
    whole = decode_once(clip.path, chunk_frames=8)
    point = point_after(whole, 1)
    spoilt = tmp_path / clip.path.name
    spoilt.write_bytes(_without_first_group(clip.path))
    source = open_video(spoilt, decoder="pyav", max_pixels=MAX_PIXELS).source
    rest = list(source.batches(selection=WHOLE, chunk_frames=8, detect_every=1, after=point))
    source.close()
    assert source.record.is_healthy
    assert [int(i) for one in rest for i in one.index] == whole.index[point.frame + 1 :]


def _without_first_group(path) -> bytes:
    """Return a video's bytes with those of its first packets made unreadable."""
    content = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        for packet in list(container.demux(video=0))[:8]:
            if packet.pos is not None:
                # Behind what the container keeps of a packet within its bytes.
                start = packet.pos + 16
                content[start : packet.pos + packet.size] = bytes(max(0, packet.size - 16))
    return bytes(content)
