"""Files that are no video: a clear refusal, at once, and no other file is opened."""

import os
import socket
from pathlib import Path

import pytest

from tests.clips import HEIGHT_PX, NOT_VIDEOS, WIDTH_PX, ClipFolder
from tests.video.decoding import MAX_PIXELS, WHOLE, decode, needs_decord
from vidfer.config import DecoderChoice
from vidfer.errors import (
    CorruptVideoError,
    NotAFileError,
    NoVideoError,
    TooLargeError,
    UnsupportedVideoError,
    VideoError,
    VideoReadError,
)
from vidfer.video.files import check_file
from vidfer.video.opening import open_video

# A pipe or a target that is opened would hang for ever.
pytestmark = pytest.mark.timeout(20)

DECODERS = ("auto", "pyav", pytest.param("decord", marks=needs_decord))
PIXELS = WIDTH_PX * HEIGHT_PX

REFUSALS = {
    "empty": (CorruptVideoError, "corrupt"),
    "text": (UnsupportedVideoError, "unsupported"),
    "random_bytes": (UnsupportedVideoError, "unsupported"),
    "playlist": (UnsupportedVideoError, "unsupported"),
    "concat_script": (UnsupportedVideoError, "unsupported"),
    "jpeg": (NoVideoError, "no_video"),
    "wave_sound": (NoVideoError, "no_video"),
    "sound_only": (NoVideoError, "no_video"),
    "cover_art": (NoVideoError, "no_video"),
    "no_index": (CorruptVideoError, "corrupt"),
    "cut_in_index": (CorruptVideoError, "corrupt"),
    "garbled_index": (CorruptVideoError, "corrupt"),
    "damaged_mkv_headers": (CorruptVideoError, "corrupt"),
}


def refusal(path: Path, decoder: DecoderChoice = "auto") -> VideoError:
    with pytest.raises(VideoError) as caught:
        open_video(path, decoder=decoder, max_pixels=MAX_PIXELS)
    return caught.value


def assert_is_plain(sentence: str) -> None:
    """A person reads it: whole sentences on one line, without codes, paths or bytes."""
    assert sentence[0].isupper()
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert 20 < len(sentence) < 250
    assert not any(sign in sentence for sign in ("Errno", "Error", "Traceback", "0x", "\\x", "::"))


def test_every_kind_has_its_expected_refusal():
    assert REFUSALS.keys() == NOT_VIDEOS.keys()


@pytest.mark.parametrize("decoder", DECODERS)
@pytest.mark.parametrize("kind", NOT_VIDEOS)
def test_kind_of_error_and_reason_code(kind, decoder, clips: ClipFolder):
    error = refusal(clips.not_video(kind), decoder)
    assert (type(error), error.reason) == REFUSALS[kind]


@pytest.mark.parametrize("decoder", ["auto", "pyav"])
@pytest.mark.parametrize("kind", NOT_VIDEOS)
def test_message_is_a_plain_sentence(kind, decoder, clips: ClipFolder):
    assert_is_plain(str(refusal(clips.not_video(kind), decoder)))


@needs_decord
@pytest.mark.parametrize("kind", NOT_VIDEOS)
def test_the_sentence_about_a_file_does_not_depend_on_the_decoder(kind, clips: ClipFolder):
    path = clips.not_video(kind)
    assert str(refusal(path, "decord")) == str(refusal(path, "pyav"))


@pytest.mark.parametrize("kind", NOT_VIDEOS)
def test_nothing_is_printed(kind, clips: ClipFolder, capfd: pytest.CaptureFixture[str]):
    path = clips.not_video(kind)
    capfd.readouterr()
    refusal(path)
    assert capfd.readouterr() == ("", "")


def test_a_recording_that_was_cut_off_is_said_to_lack_its_index(clips: ClipFolder):
    assert "moov" in str(refusal(clips.not_video("no_index")))


def test_only_mp4_is_said_to_lack_a_moov_box(clips: ClipFolder):
    assert "moov" not in str(refusal(clips.not_video("damaged_mkv_headers")))


def test_empty_file_is_said_to_be_empty(clips: ClipFolder):
    assert "empty" in str(refusal(clips.not_video("empty")))


@pytest.mark.parametrize("decoder", DECODERS)
def test_missing_file(decoder, tmp_path: Path):
    error = refusal(tmp_path / "missing.mp4", decoder)
    assert (type(error), error.reason) == (NotAFileError, "not_a_file")
    assert_is_plain(str(error))


@pytest.mark.parametrize("decoder", DECODERS)
def test_folder_named_as_a_video(decoder, tmp_path: Path):
    folder = tmp_path / "folder.mp4"
    folder.mkdir()
    error = refusal(folder, decoder)
    assert (type(error), error.reason) == (NotAFileError, "not_a_file")
    assert_is_plain(str(error))


@pytest.mark.parametrize("decoder", DECODERS)
def test_pipe_named_as_a_video_is_not_waited_for(decoder, tmp_path: Path):
    pipe = tmp_path / "pipe.mp4"
    os.mkfifo(pipe)
    assert isinstance(refusal(pipe, decoder), NotAFileError)


def test_socket(tmp_path: Path, monkeypatch):
    # Its whole path would be too long for a socket.
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as place:
        place.bind("socket.mp4")
        assert isinstance(refusal(tmp_path / "socket.mp4"), NotAFileError)


def test_device(tmp_path: Path):
    link = tmp_path / "device.mp4"
    link.symlink_to(os.devnull)
    assert isinstance(refusal(link), NotAFileError)


def test_broken_link(tmp_path: Path):
    link = tmp_path / "link.mp4"
    link.symlink_to(tmp_path / "nowhere.mp4")
    assert isinstance(refusal(link), NotAFileError)


def test_link_to_itself_is_an_error_of_reading(tmp_path: Path):
    link = tmp_path / "loop.mp4"
    link.symlink_to(link)
    error = refusal(link)
    assert (type(error), error.reason) == (VideoReadError, "io_error")
    assert_is_plain(str(error))


def test_link_to_a_video_is_read(clips: ClipFolder, tmp_path: Path):
    link = tmp_path / "link.mp4"
    link.symlink_to(clips.healthy("steady").path)
    assert len(decode(link).index) == len(clips.healthy("steady"))


@pytest.mark.parametrize("decoder", DECODERS)
@pytest.mark.parametrize(
    "script",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:4,\n{target}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{target}'\n",
        "file '{target}'\n",
    ],
    ids=["playlist", "concat_script", "file_list"],
)
def test_a_script_does_not_open_another_file(script, decoder, tmp_path: Path):
    # Whoever opens a pipe to which nobody writes waits, until the test's time is over.
    pipe = tmp_path / "target.mp4"
    os.mkfifo(pipe)
    path = tmp_path / "script.mp4"
    path.write_text(script.format(target=pipe))
    assert isinstance(refusal(path, decoder), UnsupportedVideoError)


@pytest.mark.parametrize("decoder", DECODERS)
def test_too_large_frames_are_refused_before_decoding(decoder, clips: ClipFolder):
    with pytest.raises(TooLargeError, match="96x64") as caught:
        open_video(clips.healthy("steady").path, decoder=decoder, max_pixels=PIXELS - 1)
    assert caught.value.reason == "too_large"
    assert_is_plain(str(caught.value))


@pytest.mark.parametrize("decoder", DECODERS)
def test_frames_of_exactly_the_allowed_size_are_read(decoder, clips: ClipFolder):
    opened = open_video(clips.healthy("steady").path, decoder=decoder, max_pixels=PIXELS)
    opened.source.close()
    assert opened.source.info.width * opened.source.info.height == PIXELS


def test_frames_that_grow_far_too_large_are_never_decoded(clips: ClipFolder):
    opened = open_video(clips.growing(), decoder="pyav", max_pixels=PIXELS)
    batches = list(opened.source.batches(selection=WHOLE, chunk_frames=16, detect_every=1))
    opened.source.close()
    # FFmpeg refuses them as it refuses damage; what came before is kept.
    assert {batch.size_px for batch in batches} == {(64, 96)}
    assert opened.source.record.fault


@pytest.mark.parametrize("max_pixels", [2 * PIXELS, 4 * PIXELS - 1])
def test_frames_that_grow_too_large_in_the_middle_are_refused(max_pixels, clips: ClipFolder):
    opened = open_video(clips.growing(), decoder="pyav", max_pixels=max_pixels)
    with pytest.raises(TooLargeError, match="192x128"):
        list(opened.source.batches(selection=WHOLE, chunk_frames=16, detect_every=1))
    opened.source.close()


def test_frames_that_grow_to_exactly_the_allowed_size_are_read(clips: ClipFolder):
    opened = open_video(clips.growing(), decoder="pyav", max_pixels=4 * PIXELS)
    batches = list(opened.source.batches(selection=WHOLE, chunk_frames=16, detect_every=1))
    opened.source.close()
    assert sum(len(batch) for batch in batches) == 40


@pytest.mark.parametrize("kind", ["steady", "mkv", "webm", "avi", "transport_stream", "gif"])
def test_a_video_is_known_by_its_bytes_and_not_by_its_name(kind, clips: ClipFolder, tmp_path: Path):
    clip = clips.healthy(kind)
    path = tmp_path / "no ending"
    path.write_bytes(clip.path.read_bytes())
    check_file(path)
    assert decode(path).numbers == list(clip.numbers)
