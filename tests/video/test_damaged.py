"""Damaged videos: what can be decoded is kept at its true time, what is lost is listed."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from tests.clips import DAMAGED, FRAME_MS, Clip, ClipFolder, read_number
from tests.video.decoding import Decoded, decode, needs_decord
from vidfer.errors import DecoderFailedError

pytestmark = pytest.mark.timeout(60)

PRECISION_S = 1e-3

# DESIGN: headers round and sound outlasts pictures, so a loss at the end counts from here on.
TAIL_S = 1.0

# A transport stream has no header that says how long it should be.
UNNOTICEABLE = ("half_ts",)

SILENT = (
    "PyavSource._frames: a loss is noticed only where a packet fails to decode; frames that the "
    "container's reader skips while it looks for the next packet are lost without a word"
)
FIRST_PACKET_ONLY = (
    "PyavSource._settle: only packets that were read count as lost, not those that the container's "
    "reader skipped behind the first bad one"
)
FALLING = (
    "PyavSource._frames: after damage the H.264 decoder gives frames out of order (0.76, 1.20, "
    "1.24, 0.80 s), and they are passed on so, though batches promise presentation order"
)
SHIFTED = (
    "DecordSource, preflight: frames behind damage that cannot be decoded for want of "
    "a key frame keep their slot, so decord's frames get the times of earlier ones; fault_tol=1 "
    "lets the copy at the end pass"
)


def kinds(bugs: dict[str, str] | None = None, *, without: tuple[str, ...] = ()) -> list:
    """Return the kinds of damaged clips as parameters; `bugs` are known to fail, and why."""
    known = bugs or {}
    return [
        pytest.param(kind, marks=pytest.mark.xfail(strict=True, reason=known[kind]))
        if kind in known
        else kind
        for kind in DAMAGED
        if kind not in without
    ]


def intact_frames_given(clip: Clip, decoded: Decoded) -> dict[int, int]:
    """Map each intact frame's number, known by its time, to the number in its pixels."""
    given = dict(zip((round(1000 * t) for t in decoded.times_s), decoded.frames))
    return {
        number: read_number(given[number * FRAME_MS])
        for number in clip.intact
        if number * FRAME_MS in given
    }


def expected_intact(clip: Clip) -> dict[int, int]:
    return {number: number for number in clip.intact}


@pytest.mark.parametrize("kind", kinds())
def test_every_intact_frame_is_kept_at_its_time(kind, clips: ClipFolder):
    clip = clips.damaged(kind)
    assert intact_frames_given(clip, decode(clip.path)) == expected_intact(clip)


@pytest.mark.parametrize("kind", kinds(without=("no_frame_left",)))
def test_damage_leaves_something_to_keep(kind, clips: ClipFolder):
    clip = clips.damaged(kind)
    assert len(clip) // 6 < len(clip.intact) < len(clip)


@pytest.mark.parametrize("kind", kinds())
def test_index_counts_the_kept_frames(kind, clips: ClipFolder):
    decoded = decode(clips.damaged(kind).path)
    assert decoded.index == list(range(len(decoded.index)))
    assert decoded.record.frames_decoded == len(decoded.index)


@pytest.mark.parametrize("kind", kinds())
def test_kept_frames_have_times_that_were_written(kind, clips: ClipFolder):
    clip = clips.damaged(kind)
    written = np.array(clip.times_s)
    for time_s in decode(clip.path).times_s:
        assert np.abs(written - time_s).min() < PRECISION_S


@pytest.mark.parametrize("kind", kinds({"garbage_b_frames": FALLING}))
def test_times_rise_strictly(kind, clips: ClipFolder):
    times_s = decode(clips.damaged(kind).path).times_s
    assert all(before < after for before, after in itertools.pairwise(times_s))


@pytest.mark.parametrize(
    "kind",
    kinds(
        dict.fromkeys(
            ("garbage_mkv", "garbage_ts", "one_packet_mkv", "lost_key_frame_mkv"), SILENT
        ),
        without=UNNOTICEABLE,
    ),
)
def test_fault_is_one_sentence(kind, clips: ClipFolder):
    fault = decode(clips.damaged(kind).path).record.fault
    assert fault is not None
    assert fault[0].isupper()
    assert fault.endswith(".")
    assert "\n" not in fault


@pytest.mark.parametrize("kind", kinds())
def test_lost_ranges_lie_within_the_video_in_order_without_overlap(kind, clips: ClipFolder):
    decoded = decode(clips.damaged(kind).path)
    bounds = list(itertools.chain(*decoded.record.lost_ranges_s))
    assert bounds == sorted(bounds)
    assert all(start < end for start, end in decoded.record.lost_ranges_s)
    assert all(0 <= bound <= decoded.info.duration_s + PRECISION_S for bound in bounds)


@pytest.mark.parametrize("kind", kinds({"garbage_b_frames": FALLING}))
def test_no_kept_frame_lies_in_a_lost_range(kind, clips: ClipFolder):
    decoded = decode(clips.damaged(kind).path)
    for time_s in decoded.times_s:
        assert not _is_lost(time_s, decoded)


@pytest.mark.parametrize(
    "kind",
    kinds(
        {
            **dict.fromkeys(
                ("garbage_mkv", "garbage_ts", "one_packet_mkv", "lost_key_frame_mkv"), SILENT
            ),
            "garbage_webm": FIRST_PACKET_ONLY,
        }
    ),
)
def test_every_lost_frame_lies_in_a_lost_range(kind, clips: ClipFolder):
    clip = clips.damaged(kind)
    decoded = decode(clip.path)
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
    decoded = decode(clip.path)
    assert decoded.record.frames_decoded == 0
    assert decoded.record.bad_packets == len(clip)
    assert decoded.record.fault is not None


@needs_decord
@pytest.mark.parametrize("kind", kinds({"lost_key_frame_mkv": SHIFTED}))
def test_auto_gives_true_frames_or_gives_up_loudly(kind, clips: ClipFolder):
    clip = clips.damaged(kind)
    try:
        decoded = decode(clip.path, decoder="auto")
    except DecoderFailedError as error:
        assert "--decoder auto" in str(error)  # noqa: PT017 - giving up is one of two good ends
        return
    assert intact_frames_given(clip, decoded) == expected_intact(clip)


@needs_decord
def test_decord_gives_up_in_the_middle_of_damage(clips: ClipFolder):
    path: Path = clips.damaged("garbage_mp4").path
    with pytest.raises(DecoderFailedError, match="use --decoder auto"):
        decode(path, decoder="decord")
