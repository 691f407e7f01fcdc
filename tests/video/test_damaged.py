"""Damaged videos: what can be decoded is kept at its true time, what is lost is listed."""

import itertools

import numpy as np
import pytest

from tests.clips import (
    DAMAGED,
    FRAME_MS,
    Clip,
    ClipFolder,
    read_number,
    steady,
    write_video,
)
from tests.video.decoding import WHOLE, Decoded, decode, decode_once, needs_decord
from vidfer.errors import DecoderFailedError, UnsupportedVideoError
from vidfer.video.selection import FrameSelection

pytestmark = pytest.mark.timeout(60)

PRECISION_S = 1e-3

# DESIGN: headers round and sound outlasts pictures, so a loss at the end counts from here on.
TAIL_S = 1.0

# A transport stream has no header that says how long it should be.
ENDLESS = ("half_ts",)

# Matroska's reader skips damaged bytes without a word and goes on with the next cluster. No packet
# fails, and a gap is healthy at a variable frame rate: nothing in the stream tells of the loss.
SILENT = ("garbage_mkv", "one_packet_mkv")

# Behind damage H.264's decoder gives frames late, and the times go back once. This is the order
# in which ffprobe lists them, which the contract promises.
OUT_OF_ORDER = ("garbage_b_frames",)


def kinds(*, without: tuple[str, ...] = ()) -> list[str]:
    return [kind for kind in DAMAGED if kind not in without]


def frames_by_number(clip: Clip, decoded: Decoded) -> dict[int, np.ndarray]:
    """Return each given frame with the number that belongs to its time."""
    number_at = {round(1000 * time_s): n for n, time_s in zip(clip.numbers, clip.times_s)}
    times_ms = (round(1000 * time_s) for time_s in decoded.times_s)
    return {number_at[time_ms]: frame for time_ms, frame in zip(times_ms, decoded.frames)}


def assert_intact_frames_are_right(clip: Clip, decoded: Decoded) -> None:
    given = frames_by_number(clip, decoded)
    assert clip.intact <= given.keys()
    assert all(read_number(given[number]) == number for number in clip.intact)


@pytest.mark.parametrize("kind", kinds())
def test_every_intact_frame_is_kept_at_its_time(kind, clips: ClipFolder):
    clip = clips.damaged(kind)
    assert_intact_frames_are_right(clip, decode_once(clip.path))


@pytest.mark.parametrize("kind", kinds(without=("no_frame_left",)))
def test_damage_leaves_something_to_keep(kind, clips: ClipFolder):
    clip = clips.damaged(kind)
    assert len(clip) // 6 < len(clip.intact) < len(clip)


@pytest.mark.parametrize("kind", kinds())
def test_index_counts_the_kept_frames(kind, clips: ClipFolder):
    decoded = decode_once(clips.damaged(kind).path)
    assert decoded.index == list(range(len(decoded.index)))
    assert decoded.record.frames_decoded == len(decoded.index)


@pytest.mark.parametrize("kind", kinds())
def test_kept_frames_have_times_that_were_written(kind, clips: ClipFolder):
    clip = clips.damaged(kind)
    written = np.array(clip.times_s)
    for time_s in decode_once(clip.path).times_s:
        assert np.abs(written - time_s).min() < PRECISION_S


@pytest.mark.parametrize("kind", kinds(without=OUT_OF_ORDER))
def test_times_rise_strictly(kind, clips: ClipFolder):
    times_s = decode_once(clips.damaged(kind).path).times_s
    assert all(before < after for before, after in itertools.pairwise(times_s))


@pytest.mark.parametrize("kind", kinds(without=ENDLESS + SILENT))
def test_fault_is_one_sentence(kind, clips: ClipFolder):
    fault = decode_once(clips.damaged(kind).path).record.fault
    assert fault is not None
    assert fault[0].isupper()
    assert fault.endswith(".")
    assert "\n" not in fault


@pytest.mark.parametrize("kind", kinds())
def test_lost_ranges_lie_within_the_video_in_order_without_overlap(kind, clips: ClipFolder):
    decoded = decode_once(clips.damaged(kind).path)
    bounds = list(itertools.chain(*decoded.record.lost_ranges_s))
    assert bounds == sorted(bounds)
    assert all(start < end for start, end in decoded.record.lost_ranges_s)
    assert all(0 <= bound <= decoded.info.duration_s + PRECISION_S for bound in bounds)


@pytest.mark.parametrize("kind", kinds())
def test_no_kept_frame_lies_in_a_lost_range(kind, clips: ClipFolder):
    decoded = decode_once(clips.damaged(kind).path)
    for time_s in decoded.times_s:
        assert not _is_lost(time_s, decoded)


@pytest.mark.parametrize("kind", kinds(without=SILENT))
def test_every_lost_frame_lies_in_a_lost_range(kind, clips: ClipFolder):
    clip = clips.damaged(kind)
    decoded = decode_once(clip.path)
    kept_ms = {round(1000 * time_s) for time_s in decoded.times_s}
    noticeable_s = decoded.info.duration_s - TAIL_S
    unlisted = [
        time_s
        for time_s in clip.times_s
        if round(1000 * time_s) not in kept_ms
        and time_s < noticeable_s
        and not _is_lost(time_s, decoded)
    ]
    assert unlisted == []


@pytest.mark.parametrize("kind", SILENT)
def test_a_loss_in_silence_shifts_no_other_frame(kind, clips: ClipFolder):
    clip = clips.damaged(kind)
    given = frames_by_number(clip, decode_once(clip.path))
    whole = sorted(given.keys() - clip.torn)
    assert len(whole) < len(clip)
    assert [read_number(given[number]) for number in whole] == whole


def _is_lost(time_s: float, decoded: Decoded) -> bool:
    middle_s = time_s + FRAME_MS / 2000
    return any(start < middle_s < end for start, end in decoded.record.lost_ranges_s)


@pytest.mark.parametrize("kind", kinds())
def test_what_is_kept_does_not_depend_on_the_cut_into_batches(kind, clips: ClipFolder):
    path = clips.damaged(kind).path
    few, many = decode(path, chunk_frames=1), decode(path, chunk_frames=64)
    assert few.index == many.index
    assert few.times_s == many.times_s
    assert few.record == many.record
    assert all(map(np.array_equal, few.frames, many.frames))


@pytest.mark.parametrize("kind", kinds())
def test_nothing_is_printed(kind, clips: ClipFolder, capfd: pytest.CaptureFixture[str]):
    path = clips.damaged(kind).path
    capfd.readouterr()
    decode(path)
    assert capfd.readouterr() == ("", "")


def test_a_clip_of_which_nothing_is_left_gives_no_frame_and_says_so(clips: ClipFolder):
    clip = clips.damaged("no_frame_left")
    decoded = decode_once(clip.path)
    assert decoded.record.frames_decoded == 0
    assert decoded.record.bad_packets == len(clip)
    assert decoded.record.fault is not None


def test_a_last_frame_that_cannot_be_decoded_is_listed_as_lost(clips: ClipFolder):
    clip = clips.damaged("one_byte_short")
    [lost] = decode_once(clip.path).record.lost_ranges_s
    end_s = clip.times_s[-1] + FRAME_MS / 1000
    assert lost == pytest.approx((clip.times_s[-1], end_s), abs=PRECISION_S)


def test_a_chunk_of_avi_without_bytes_is_no_loss(clips: ClipFolder, tmp_path):
    # As programs write into AVI for each frame that they have dropped.
    clip = clips.healthy("avi")
    content = bytearray(clip.path.read_bytes())
    index = content.index(b"idx1")
    dropped = content.index(b"00dc", content.index(b"movi") + 200)
    size = int.from_bytes(content[dropped + 4 : dropped + 8], "little")
    # The place of its bytes becomes a chunk that nobody reads.
    content[dropped + 4 : dropped + 16] = bytes(4) + b"JUNK" + (size - 8).to_bytes(4, "little")
    entry = content.index((dropped - content.index(b"movi")).to_bytes(4, "little"), index)
    content[entry + 4 : entry + 8] = bytes(4)
    path = tmp_path / "dropped.avi"
    path.write_bytes(content)
    decoded = decode(path)
    assert decoded.record.bad_packets == 0
    assert len(decoded.index) == len(clip) - 1


@pytest.mark.parametrize("share", [0.5, 0.7])
def test_a_short_clip_that_has_lost_much_of_its_end_says_so(share, tmp_path):
    # It is shorter than what headers of long videos may be wrong by.
    clip = write_video(tmp_path, name="short.mkv", stamps_ms=steady(14))
    content = clip.path.read_bytes()
    path = tmp_path / "cut.mkv"
    path.write_bytes(content[: int(share * len(content))])
    decoded = decode(path)
    assert 0 < len(decoded.index) < 11
    assert "breaks off" in decoded.record.fault
    assert decoded.record.lost_ranges_s


@pytest.mark.parametrize("count", [1, 2, 5, 14])
def test_of_a_short_whole_clip_nothing_is_said(count, tmp_path):
    for name in ("short.mp4", "short.mkv"):
        clip = write_video(tmp_path, name=name, stamps_ms=steady(count))
        assert decode(clip.path).record.fault is None


@pytest.mark.parametrize("kind", kinds())
def test_auto_keeps_what_pyav_keeps(kind, clips: ClipFolder):
    decoded = decode(clips.damaged(kind).path, decoder="auto")
    assert decoded.decoder == "pyav"
    assert decoded.record == decode_once(clips.damaged(kind).path).record


@needs_decord
@pytest.mark.parametrize("kind", kinds())
def test_decord_gives_true_frames_or_gives_up_loudly(kind, clips: ClipFolder):
    clip = clips.damaged(kind)
    try:
        decoded = decode(clip.path, decoder="decord")
    except (UnsupportedVideoError, DecoderFailedError):
        # Under auto the file is then decoded with PyAV, before or after the first frame.
        return
    assert_intact_frames_are_right(clip, decoded)


@needs_decord
def test_decord_gives_up_in_the_middle_of_damage(clips: ClipFolder):
    with pytest.raises(DecoderFailedError, match="in the middle"):
        decode(clips.damaged("garbage_mp4").path, decoder="decord")


@needs_decord
@pytest.mark.parametrize("selection", [WHOLE, FrameSelection(end_s=1.0)], ids=str)
def test_decord_gives_up_at_the_end_where_it_filled_up_frames(selection, clips: ClipFolder):
    # The frames behind the damage have the times of others, within the selection or behind it.
    path = clips.damaged("lost_key_frame_mkv").path
    with pytest.raises(DecoderFailedError, match="filled up the end"):
        decode(path, decoder="decord", selection=selection)
