"""Files made to mislead are refused before anything is decoded, cheaply, in one sentence."""

import errno
import http.server
import os
import subprocess
import sys
import threading
from pathlib import Path

import av
import pytest

from tests.clips import ClipFolder
from tests.hostile import HOSTILE, PLAYLISTS, box, reference_movie, replaced, write_hostile
from tests.video.decoding import decode, needs_decord
from tests.video.test_refusals import assert_is_plain, refusal
from vidfer.video.container import read_error

pytestmark = pytest.mark.timeout(30)

# What opening may take at most; decoding one frame of the large ones takes more.
MOST_MEGABYTES = 100

MEASURE = """
import resource, sys
from pathlib import Path
from vidfer.errors import VideoError
from vidfer.video.opening import open_video

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

before = peak()
try:
    open_video(Path(sys.argv[1]), decoder="auto", max_pixels=10_000_000)
except VideoError:
    print(peak() - before)
"""


@pytest.mark.parametrize("decoder", ["auto", pytest.param("decord", marks=needs_decord)])
@pytest.mark.parametrize("kind", HOSTILE)
def test_it_is_refused_for_the_right_reason(kind, decoder, clips: ClipFolder, tmp_path: Path):
    error = refusal(write_hostile(kind, clips, tmp_path), decoder)
    assert error.reason == HOSTILE[kind].reason
    assert HOSTILE[kind].says in str(error)
    assert_is_plain(str(error))


@pytest.mark.parametrize("kind", HOSTILE)
def test_nothing_is_printed(kind, clips: ClipFolder, tmp_path: Path, capfd):
    path = write_hostile(kind, clips, tmp_path)
    capfd.readouterr()
    refusal(path)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "kind",
    [
        "large_libx264.mp4",
        "large_libx264.ts",
        "unfolding_index",
        "frames_in_stsz",
        "frames_in_stts",
    ],
)
def test_refusing_it_takes_little_memory(kind, clips: ClipFolder, tmp_path: Path):
    path = write_hostile(kind, clips, tmp_path)
    command = [sys.executable, "-c", MEASURE, os.fspath(path)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=25).stdout
    assert int(printed) < MOST_MEGABYTES


@pytest.fixture
def listener():
    """Listen on this machine; give the port and the list of what is asked for."""
    asked = []

    class Note(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *words):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Note)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port, asked
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("decoder", ["auto", pytest.param("decord", marks=needs_decord)])
@pytest.mark.parametrize("kind", PLAYLISTS)
def test_a_playlist_reaches_no_address(kind, decoder, listener, tmp_path: Path):
    port, asked = listener
    path = tmp_path / "playlist.mp4"
    path.write_text(PLAYLISTS[kind].format(target=f"http://127.0.0.1:{port}/x.mp4"))
    refusal(path, decoder)
    assert asked == []


@pytest.mark.parametrize("decoder", ["auto", pytest.param("decord", marks=needs_decord)])
@pytest.mark.parametrize("kind", PLAYLISTS)
def test_a_playlist_opens_no_other_file(kind, decoder, tmp_path: Path):
    # Whoever opens a pipe to which nobody writes waits, until the test's time is over.
    pipe = tmp_path / "target.mp4"
    os.mkfifo(pipe)
    path = tmp_path / "playlist.mp4"
    path.write_text(PLAYLISTS[kind].format(target=pipe))
    refusal(path, decoder)


def alias(path: Path) -> bytes:
    """Return a reference of QuickTime to a file (an alias record of version 2), as FFmpeg reads it.

    Behind 150 bytes of which it takes the names, come entries of type, length and text: 2 is
    the whole path, 18 the path on its disk.
    """
    name = path.name.encode()
    fixed = bytes(10) + bytes([4]) + b"disk".ljust(27, b"\0") + bytes(12)
    fixed += bytes([len(name)]) + name.ljust(63, b"\0") + bytes(16) + bytes(4) + bytes(16)
    text = os.fsencode(path)
    entries = b"".join(
        kind.to_bytes(2, "big") + len(text).to_bytes(2, "big") + text + bytes(len(text) % 2)
        for kind in (2, 18)
    )
    return box(b"alis", bytes(4), fixed, entries, b"\xff\xff\0\0")


@pytest.mark.parametrize("whole", [False, True], ids=["index_alone", "with_pictures_of_its_own"])
@pytest.mark.parametrize("decoder", ["auto", pytest.param("decord", marks=needs_decord)])
def test_a_reference_to_another_file_is_not_followed(
    decoder, whole, clips: ClipFolder, tmp_path: Path
):
    pipe = tmp_path / "target.mp4"
    os.mkfifo(pipe)
    path = tmp_path / "reference.mov"
    if whole:
        content = clips.healthy("steady").path.read_bytes()
        dref = box(b"dref", bytes(4), (1).to_bytes(4, "big"), alias(pipe))
        path.write_bytes(replaced(content, b"dref", dref))
        decode(path, decoder="pyav" if decoder == "auto" else "auto")
    else:
        path.write_bytes(reference_movie(alias(pipe))(clips))
        assert "another file" in str(refusal(path, decoder))


def test_what_a_header_claims_without_measure_is_not_believed(clips: ClipFolder, tmp_path: Path):
    """Programs that write AVI into a pipe leave 2^30 frames in its header."""
    clip = clips.healthy("avi")
    content = bytearray(clip.path.read_bytes())
    length = content.index(b"strh") + 8 + 32
    content[length : length + 4] = (2**30).to_bytes(4, "little")
    path = tmp_path / "piped.avi"
    path.write_bytes(content)
    decoded = decode(path)
    assert decoded.numbers == list(clip.numbers)
    assert decoded.record.fault is None
    assert decoded.info.frames_expected is None


def test_millions_of_empty_boxes_take_no_time(tmp_path: Path):
    path = tmp_path / "boxes.mp4"
    path.write_bytes(box(b"ftyp", b"isom") + box(b"free") * 3_000_000)
    assert refusal(path).reason == "corrupt"


def test_boxes_within_boxes_by_the_thousand_are_no_trouble(tmp_path: Path):
    nested = b""
    for _ in range(20_000):
        nested = box(b"moov", nested)
    path = tmp_path / "nested.mp4"
    path.write_bytes(nested)
    assert refusal(path).reason == "corrupt"


@pytest.mark.parametrize("kind", ["no_such_file", "readable"])
def test_an_input_error_is_the_systems_only_where_the_system_says_so(
    kind, clips: ClipFolder, tmp_path: Path
):
    # FFmpeg speaks of an input error where a file ends in its headers, too.
    path = clips.healthy("mkv").path if kind == "readable" else tmp_path / "gone.mkv"
    found = read_error(path, av.error.FFmpegError(errno.EIO, "Input/output error"))
    assert (found is None) == (kind == "readable")
    assert found is None or "No such file" in str(found)


def test_a_file_cut_in_its_headers_is_damaged_and_not_out_of_reach(
    clips: ClipFolder, tmp_path: Path
):
    path = tmp_path / "cut.mkv"
    path.write_bytes(clips.healthy("mkv").path.read_bytes()[:150])
    assert refusal(path).reason == "corrupt"
