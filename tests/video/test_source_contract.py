"""What every decoder owes: the frames that a player shows, upright, with their real times.

One suite over both decoders and all kinds of healthy clips.
"""

import itertools
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.clips import FRAME_MS, Clip, ClipFolder
from tests.video.decoding import (
    MAX_PIXELS,
    REFUSED_BY_DECORD,
    WHOLE,
    cases,
    decode,
    decode_once,
    needs_decord,
    pixels_of,
)
from vidfer.errors import DecoderFailedError, UnsupportedVideoError
from vidfer.video.opening import open_video
from vidfer.video.selection import FrameSelection

pytestmark = pytest.mark.timeout(60)

PRECISION_S = 1e-3
CHUNKS = (1, 7, 64)

# Kinds for tests of what does not depend on the container: one for each way to time frames.
TIMINGS = ("steady", "gap", "late_start", "b_frames", "transport_stream", "edit_list", "one_frame")


@pytest.mark.parametrize(("decoder", "kind"), cases())
def test_frames_are_those_that_a_player_shows_and_upright(decoder, kind, clips: ClipFolder):
    clip = clips.healthy(kind)
    assert decode_once(clip.path, decoder=decoder).numbers == list(clip.numbers)


@pytest.mark.parametrize(("decoder", "kind"), cases())
def test_index_counts_the_shown_frames_from_zero(decoder, kind, clips: ClipFolder):
    clip = clips.healthy(kind)
    assert decode_once(clip.path, decoder=decoder).index == list(range(len(clip)))


@pytest.mark.parametrize(("decoder", "kind"), cases())
def test_times_are_those_that_were_written(decoder, kind, clips: ClipFolder):
    clip = clips.healthy(kind)
    times_s = np.array(decode_once(clip.path, decoder=decoder).times_s)
    np.testing.assert_allclose(times_s, clip.times_s, rtol=0, atol=PRECISION_S)


@pytest.mark.parametrize(("decoder", "kind"), cases())
def test_the_first_frame_is_at_exactly_zero(decoder, kind, clips: ClipFolder):
    assert decode_once(clips.healthy(kind).path, decoder=decoder).times_s[0] == 0


@pytest.mark.parametrize(("decoder", "kind"), cases())
def test_times_rise_strictly(decoder, kind, clips: ClipFolder):
    times_s = decode_once(clips.healthy(kind).path, decoder=decoder).times_s
    assert all(before < after for before, after in itertools.pairwise(times_s))


@pytest.mark.parametrize(("decoder", "kind"), cases())
def test_record_counts_frames_and_describes_the_upright_picture(decoder, kind, clips: ClipFolder):
    clip = clips.healthy(kind)
    decoded = decode_once(clip.path, decoder=decoder)
    record = decoded.record
    assert (record.frames_decoded, record.frames_selected) == (len(clip), len(clip))
    assert (record.width, record.height, record.rotation) == (
        clip.width,
        clip.height,
        clip.rotation,
    )
    assert {frame.shape for frame in decoded.frames} == {(clip.height, clip.width, 3)}


@pytest.mark.parametrize(("decoder", "kind"), cases())
def test_a_healthy_clip_has_no_fault(decoder, kind, clips: ClipFolder):
    record = decode_once(clips.healthy(kind).path, decoder=decoder).record
    assert record.fault is None
    assert record.lost_ranges_s == []
    assert record.bad_packets == 0


@pytest.mark.parametrize("chunk_frames", CHUNKS)
@pytest.mark.parametrize(("decoder", "kind"), cases(kinds=TIMINGS))
def test_batches_have_at_most_the_asked_number_of_frames(
    decoder, kind, chunk_frames, clips: ClipFolder
):
    decoded = decode_once(clips.healthy(kind).path, decoder=decoder, chunk_frames=chunk_frames)
    assert all(1 <= len(batch) <= chunk_frames for batch in decoded.batches)


@pytest.mark.parametrize("chunk_frames", CHUNKS)
@pytest.mark.parametrize(("decoder", "kind"), cases(kinds=TIMINGS))
def test_the_cut_into_batches_changes_no_frame(decoder, kind, chunk_frames, clips: ClipFolder):
    path = clips.healthy(kind).path
    cut = decode_once(path, decoder=decoder, chunk_frames=chunk_frames)
    other = decode_once(path, decoder=decoder)
    assert cut.index == other.index
    assert cut.times_s == other.times_s
    np.testing.assert_array_equal(np.stack(cut.frames), np.stack(other.frames))


@pytest.mark.parametrize("chunk_frames", CHUNKS)
@pytest.mark.parametrize(("decoder", "kind"), cases(kinds=TIMINGS))
def test_a_batch_is_not_changed_by_those_that_follow(
    decoder, kind, chunk_frames, clips: ClipFolder
):
    opened = open_video(clips.healthy(kind).path, decoder=decoder, max_pixels=MAX_PIXELS)
    batches = opened.source.batches(selection=WHOLE, chunk_frames=chunk_frames, detect_every=1)
    first = next(batches)
    before = [array.copy() for array in pixels_of(first)]
    list(batches)
    opened.source.close()
    assert all(map(np.array_equal, pixels_of(first), before))


SELECTIONS = (
    FrameSelection(every=3),
    FrameSelection(every=1000),
    FrameSelection(fps=1),
    FrameSelection(fps=7),
    FrameSelection(fps=25),
    FrameSelection(fps=100),
    FrameSelection(start_s=0.4),
    FrameSelection(end_s=0.4),
    FrameSelection(start_s=0.5, end_s=1.1),
    FrameSelection(start_s=0.5, end_s=1.1, every=4),
    FrameSelection(start_s=0.53, end_s=2.0, fps=4),
    FrameSelection(start_s=1000.0),
    FrameSelection(end_s=0.0),
    FrameSelection(end_s=1000.0),
)


def plainly_selected(clip: Clip, selection: FrameSelection) -> list[int]:
    """Return the indices of the selected frames from all frames' times, in milliseconds."""
    times_ms = [round(1000 * time_s) for time_s in clip.times_s]
    start_ms = 1000 * (selection.start_s or 0)
    end_ms = float("inf") if selection.end_s is None else 1000 * selection.end_s
    within = [i for i, time_ms in enumerate(times_ms) if start_ms <= time_ms < end_ms]
    if selection.fps is None:
        return [i for i in within if i % selection.every == 0]
    first_of_slot: dict[int, int] = {}
    for i in within:
        first_of_slot.setdefault(int(times_ms[i] * selection.fps) // 1000, i)
    return list(first_of_slot.values())


def assert_selects(clip: Clip, decoder: str, selection: FrameSelection) -> None:
    wanted = plainly_selected(clip, selection)
    decoded = decode(clip.path, decoder=decoder, selection=selection, chunk_frames=7)
    assert decoded.index == wanted
    assert decoded.numbers == [clip.numbers[i] for i in wanted]
    assert decoded.times_s == pytest.approx([clip.times_s[i] for i in wanted], abs=PRECISION_S)
    assert decoded.record.frames_selected == len(wanted)


@pytest.mark.parametrize("selection", SELECTIONS, ids=str)
@pytest.mark.parametrize(("decoder", "kind"), cases(kinds=TIMINGS))
def test_selection_is_that_of_a_plain_computation(decoder, kind, selection, clips: ClipFolder):
    assert_selects(clips.healthy(kind), decoder, selection)


@pytest.mark.parametrize(
    ("decoder", "kind"), cases(kinds=("late_start", "late_start_mp4", "steady"))
)
def test_a_frame_exactly_at_a_bound_falls_on_the_same_side_in_every_clip(
    decoder, kind, clips: ClipFolder
):
    clip = clips.healthy(kind)
    for bound in (0.2, 0.4, 0.6, 0.8, 1.0):
        assert_selects(clip, decoder, FrameSelection(start_s=bound))
        assert_selects(clip, decoder, FrameSelection(end_s=bound))


@pytest.mark.parametrize(("decoder", "kind"), cases(kinds=TIMINGS))
def test_frames_after_the_end_are_not_counted_as_decoded(decoder, kind, clips: ClipFolder):
    clip = clips.healthy(kind)
    record = decode(clip.path, decoder=decoder, selection=FrameSelection(end_s=0.5)).record
    assert record.frames_decoded == sum(time_s < 0.5 for time_s in clip.times_s)
    assert record.fault is None


@pytest.mark.parametrize(("decoder", "kind"), cases(kinds=("steady", "b_frames", "webm")))
def test_two_readings_give_the_same_pixels(decoder, kind, clips: ClipFolder):
    path = clips.healthy(kind).path
    first, second = decode_once(path, decoder=decoder), decode(path, decoder=decoder)
    np.testing.assert_array_equal(np.stack(first.frames), np.stack(second.frames))


@needs_decord
@pytest.mark.parametrize("kind", ["steady", "b_frames", "turned_90", "odd_size", "webm", "hevc"])
def test_both_decoders_give_nearly_the_same_pixels(kind, clips: ClipFolder):
    path = clips.healthy(kind).path
    pyav, decord = (np.stack(decode_once(path, decoder=d).frames) for d in ("pyav", "decord"))
    assert np.abs(pyav.astype(int) - decord.astype(int)).mean() < 3


@pytest.mark.parametrize("read_batches", [0, 1, 1000])
@pytest.mark.parametrize(("decoder", "kind"), cases(kinds=("steady",)))
def test_a_source_can_be_closed_at_any_point(decoder, kind, read_batches, clips: ClipFolder):
    opened = open_video(clips.healthy(kind).path, decoder=decoder, max_pixels=MAX_PIXELS)
    batches = opened.source.batches(selection=WHOLE, chunk_frames=7, detect_every=1)
    read = list(itertools.islice(batches, read_batches))
    opened.source.close()
    assert len(read) <= read_batches


@pytest.mark.parametrize(("decoder", "kind"), cases(kinds=("steady",)))
def test_closing_lets_go_of_the_file(decoder, kind, clips: ClipFolder):
    before = _open_files()
    for _ in range(5):
        decode(clips.healthy(kind).path, decoder=decoder)
    assert _open_files() <= before


def _open_files() -> int:
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        pytest.skip("this system does not list open files below /proc")
    return len(list(folder.iterdir()))


@needs_decord
@pytest.mark.parametrize("kind", REFUSED_BY_DECORD)
def test_decord_is_refused_where_it_would_be_wrong(kind, clips: ClipFolder):
    with pytest.raises(UnsupportedVideoError, match="use --decoder auto"):
        open_video(clips.healthy(kind).path, decoder="decord", max_pixels=MAX_PIXELS)


@pytest.mark.parametrize("decoder", ["pyav", pytest.param("decord", marks=needs_decord)])
def test_the_chosen_decoder_is_the_one_used(decoder, clips: ClipFolder):
    decoded = decode_once(clips.healthy("steady").path, decoder=decoder)
    assert (decoded.decoder, decoded.why) == (decoder, "asked for")


NAMES = (b"with space.mp4", b"-dash.mp4", b"a:b.mp4", b"quote'\".mp4", b"new\nline.mp4", b"x" * 250)


@pytest.mark.parametrize("name", NAMES, ids=repr)
@pytest.mark.parametrize("decoder", ["pyav", pytest.param("decord", marks=needs_decord)])
def test_odd_names_are_opened(decoder, name, clips: ClipFolder, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = Path(os.fsdecode(name))
    shutil.copy(clips.healthy("steady").path, path)
    assert len(decode(path, decoder=decoder).index) == len(clips.healthy("steady"))


@pytest.mark.parametrize("decoder", ["pyav", pytest.param("auto", marks=needs_decord)])
def test_a_name_that_is_not_utf8_is_opened(decoder, clips: ClipFolder, tmp_path: Path):
    path = tmp_path / os.fsdecode(b"\xff\xfe.mp4")
    try:
        shutil.copy(clips.healthy("steady").path, path)
    except OSError:
        pytest.skip("this file system takes no names that are not UTF-8")
    assert len(decode(path, decoder=decoder).index) == len(clips.healthy("steady"))


@needs_decord
@pytest.mark.parametrize("chunk_frames", [1, 16, 19, 64])
@pytest.mark.parametrize("selection", [WHOLE, FrameSelection(end_s=0.2)], ids=str)
def test_decord_gives_up_where_its_last_frame_may_be_a_copy(
    selection, chunk_frames, clips: ClipFolder
):
    # A still end and a frame that decord filled up look the same: the job asks PyAV.
    path = clips.still_end().path
    with pytest.raises(DecoderFailedError, match="filled up the end"):
        decode(path, decoder="decord", selection=selection, chunk_frames=chunk_frames)


def test_a_still_end_is_no_loss(clips: ClipFolder):
    clip = clips.still_end()
    decoded = decode_once(clip.path)
    assert decoded.numbers == list(clip.numbers)
    assert decoded.record.fault is None


@pytest.mark.parametrize(
    "suffix",
    [
        ".mp4",
        ".mkv",
        ".ts",
    ],
)
def test_a_clip_cut_at_an_open_group_is_healthy(suffix, clips: ClipFolder):
    clip = clips.cut_at_open_group(suffix)
    decoded = decode_once(clip.path)
    assert decoded.numbers == list(clip.numbers)
    assert decoded.times_s == pytest.approx(clip.times_s, abs=PRECISION_S)
    assert decoded.record.fault is None
    assert decoded.record.lost_ranges_s == []


def test_times_of_a_raw_stream_are_counted_at_its_rate_and_marked_as_guessed(clips: ClipFolder):
    decoded = decode_once(clips.healthy("raw_h264").path)
    assert decoded.record.guessed_times == len(decoded.index)
    assert decoded.times_s[1] == pytest.approx(FRAME_MS / 1000)


def test_frames_that_grow_in_the_middle_come_in_batches_of_one_size(clips: ClipFolder):
    decoded = decode_once(clips.growing(), chunk_frames=64)
    assert [len(batch) for batch in decoded.batches] == [20, 20]
    assert decoded.index == list(range(40))
