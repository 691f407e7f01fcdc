"""Which decoder `auto` takes: by the file alone, and it says why."""

import pytest

from tests.clips import HEALTHY, Clip, ClipFolder, write_video
from tests.video.decoding import MAX_PIXELS, REFUSED_BY_DECORD, decode, decode_once, needs_decord
from vidfer.video import opening
from vidfer.video.opening import open_video

pytestmark = pytest.mark.timeout(60)

AS_THEY_ARE = "its planes can be used as they are"

# Healthy kinds whose frames are not 8-bit 4:2:0, and kinds that can be coded in 4:4:4 instead.
WITHOUT_PLANES = ("odd_size", "gif")
REFUSED_IN_COLOUR = ("edit_list", "transport_stream", "avi_b_frames", "tiny", "long_sound")
RIGHT_IN_COLOUR = ("steady", "gap", "b_frames", "mkv", "fragmented", "turned_90")


def in_full_colour(kind: str, tmp_path) -> Clip:
    """Return a kind of clip in 4:4:4, which is not handed on as planes."""
    return write_video(tmp_path, **{**HEALTHY[kind], "pixel_format": "yuv444p"})


@pytest.mark.parametrize("kind", [kind for kind in HEALTHY if kind not in WITHOUT_PLANES])
def test_auto_takes_pyav_where_its_planes_can_be_used(kind, clips: ClipFolder):
    decoded = decode_once(clips.healthy(kind).path, decoder="auto")
    assert (decoded.decoder, decoded.why) == ("pyav", AS_THEY_ARE)


def test_the_preflight_is_not_paid_where_its_answer_is_not_needed(clips, monkeypatch):
    def refuse(*_args: object, **_options: object) -> None:
        raise AssertionError("the whole file was read for nothing")

    monkeypatch.setattr(opening, "preflight", refuse)
    opened = open_video(clips.healthy("steady").path, decoder="auto", max_pixels=MAX_PIXELS)
    opened.source.close()
    assert opened.why == AS_THEY_ARE


@needs_decord
@pytest.mark.parametrize("kind", RIGHT_IN_COLOUR)
def test_auto_takes_decord_for_other_pixels_where_it_is_right(kind, tmp_path):
    decoded = decode(in_full_colour(kind, tmp_path).path, decoder="auto")
    assert (decoded.decoder, decoded.why) == ("decord", "passed the preflight")


@needs_decord
@pytest.mark.parametrize("kind", REFUSED_IN_COLOUR)
def test_auto_takes_pyav_where_decord_would_be_wrong_and_says_why(kind, tmp_path):
    clip = in_full_colour(kind, tmp_path)
    decoded = decode(clip.path, decoder="auto")
    assert decoded.decoder == "pyav"
    assert decoded.why not in ("", "asked for", "passed the preflight", AS_THEY_ARE)
    assert decoded.numbers == list(clip.numbers)


@needs_decord
def test_every_kind_that_decord_is_refused_for_is_read_under_auto(clips: ClipFolder):
    for kind in REFUSED_BY_DECORD:
        clip = clips.healthy(kind)
        assert decode_once(clip.path, decoder="auto").numbers == list(clip.numbers)


def test_without_decord_pyav_takes_its_place(tmp_path, monkeypatch):
    monkeypatch.setattr(opening, "is_available", lambda: False)
    decoded = decode(in_full_colour("steady", tmp_path).path, decoder="auto")
    assert (decoded.decoder, decoded.why) == ("pyav", "decord is not installed")
