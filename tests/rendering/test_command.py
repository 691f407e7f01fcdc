"""The command: complete files or none, and one sentence for what cannot be."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

import vidfer
from tests.clips import write_video
from tests.rendering.scripted import write_results
from tests.results import EXAMPLES
from tests.video.decoding import decode
from vidfer.cli import main
from vidfer.errors import OutputError, UsageError, VideoError
from vidfer.rendering.annotating import Annotator
from vidfer.rendering.copying import Copying, copy_painted
from vidfer.rendering.face_rows import read_face_rows
from vidfer.rendering.writing import best_codec


@pytest.fixture
def clip(tmp_path):
    """A clip with a face, and its results."""
    clip = write_video(tmp_path, name="clip.mp4", stamps_ms=[40 * i for i in range(10)])
    faces = {i: [(30, 10, 30, 40)] for i in range(10)}
    return clip.path, write_results(tmp_path / "out", clip.path, clip.times_s, faces=faces)


def run(*arguments):
    return CliRunner().invoke(main, ["render", *map(str, arguments)])


def test_all_well_is_zero_with_a_summary(clip, tmp_path):
    path, output = clip
    done = run(path, "--timeline", output, "-o", tmp_path / "copy.mp4")
    assert done.exit_code == 0
    assert done.output == f"{tmp_path / 'copy.mp4'}: 10 frames, 10 with faces, sound none\n"


def test_json_is_for_programs_and_quiet_says_nothing(clip, tmp_path):
    path, output = clip
    done = run(path, "--timeline", output, "-o", tmp_path / "a.mp4", "--json")
    told = json.loads(done.output)
    assert (told["frames"], told["sound"], told["exit_code"]) == (10, "none", 0)
    assert run(path, "--timeline", output, "-o", tmp_path / "b.mp4", "--quiet").output == ""


def test_a_file_that_is_there_is_replaced_only_on_demand(clip, tmp_path):
    path, output = clip
    to = tmp_path / "copy.mp4"
    to.write_text("precious")
    refused = run(path, "--timeline", output, "-o", to)
    assert refused.exit_code == 2
    assert "exists already" in refused.output
    assert to.read_text() == "precious"
    assert run(path, "--timeline", output, "-o", to, "--overwrite").exit_code == 0
    assert len(decode(to).times_s) == 10


@pytest.mark.parametrize("link", [None, os.symlink, os.link])
def test_the_source_is_never_written_over_by_whatever_name(clip, tmp_path, link):
    path, output = clip
    to = path if link is None else tmp_path / "link.mp4"
    if link is not None:
        link(path, to)
    before = path.read_bytes()
    refused = run(path, "--timeline", output, "-o", to, "--overwrite")
    assert refused.exit_code == 2
    assert "is what is read here" in refused.output
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["-o", "copy.avi"], ".mp4, .m4v, .mov, .mkv"),
        (["-o", "copy"], "choose one of these endings"),
        (["-o", "copy.mp4", "--margin", "-1"], "margin must be from 0 to 10"),
        (["-o", "copy.mp4", "--hold", "nan"], "hold_s must be from 0 to 60"),
        (["-o", "copy.mp4", "--max-pixels", "100"], "--max-pixels"),
        (["-o", "out"], "endings"),
    ],
)
def test_wrong_usage_is_two_and_one_sentence(clip, tmp_path, monkeypatch, options, words):
    path, output = clip
    monkeypatch.chdir(tmp_path)
    refused = run(path, "--timeline", output, *options)
    assert refused.exit_code == 2
    assert words in refused.output
    assert len(refused.output.splitlines()) == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["clip.mp4", "out"]


@pytest.mark.parametrize("kind", ["no_frame_left", "half_mp4"])
def test_damaged_videos_render_as_far_as_they_decode(clips, tmp_path, kind):
    path = clips.damaged(kind).path
    times_s = decode(path).times_s
    output = write_results(tmp_path / "out", path, times_s or [0.0])
    done = run(path, "--timeline", output, "-o", tmp_path / "copy.mp4")
    if times_s:
        assert done.exit_code == 1
        assert decode(tmp_path / "copy.mp4").times_s == pytest.approx(times_s)
    else:
        assert done.exit_code == 2
        assert "Not one frame" in done.output
        assert not (tmp_path / "copy.mp4").exists()


@pytest.mark.parametrize("kind", ["text", "empty", "playlist", "sound_only", "jpeg"])
def test_what_is_no_video_is_one_sentence(clips, tmp_path, kind):
    path = clips.not_video(kind)
    output = write_results(tmp_path / "out", path, [0.0])
    with pytest.raises(VideoError):
        vidfer.render(path, timeline=output, to=tmp_path / "copy.mp4")
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_timeline_of_other_times_is_refused(clip, tmp_path):
    path, _ = clip
    output = write_results(tmp_path / "other", path, [0.05 * i for i in range(10)])
    with pytest.raises(UsageError, match=r"the timeline has it at 0.050 s"):
        vidfer.render(path, timeline=output, to=tmp_path / "copy.mp4")
    assert not (tmp_path / "copy.mp4").exists()


def test_a_file_that_cannot_be_written_is_one_sentence_and_leaves_nothing(clip, tmp_path):
    path, output = clip
    program = (
        "import resource, signal, sys, vidfer\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (600, 600))\n"
        f"vidfer.render({str(path)!r}, timeline={str(output)!r}, to={str(tmp_path / 'copy.mp4')!r})"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert "OutputError" in done.stderr.splitlines()[-1]
    assert "cannot be written (File too large)" in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["clip.mp4", "out"]


def test_a_stop_is_130_and_leaves_nothing(tmp_path):
    path = EXAMPLES / "pan_and_zoom.mp4"
    output = write_results(tmp_path / "out", path, decode(path).times_s)
    command = [sys.executable, "-m", "vidfer", "render", str(path)]
    process = subprocess.Popen(
        [*command, "--timeline", str(output), "-o", str(tmp_path / "copy.mp4")],
        stderr=subprocess.PIPE,
    )
    hidden = tmp_path / ".copy.mp4.partial"
    while not hidden.exists():
        assert process.poll() is None
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (130, b"vidfer: stopped.\n")
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_progress_is_told_up_to_the_last_frame(clip, tmp_path):
    path, output = clip
    told = []
    vidfer.render(
        path,
        timeline=output,
        to=tmp_path / "copy.mp4",
        on_progress=lambda frames, total: told.append((frames, total)),
    )
    assert told[-1] == (10, 10)
    assert told == sorted(told)


def test_without_x264_mpeg4_is_written_at_the_same_times(clip, tmp_path):
    path, output = clip
    rows = read_face_rows(output / "timeline/clip.mp4.parquet")
    copying = Copying(source=path, container="mp4", codec="mpeg4", audio=True, max_pixels=1_000_000)
    to = tmp_path / "copy.mp4"
    copied = copy_painted(copying, to, rows=rows, painter=Annotator(rows), tell=None)
    copy = decode(to)
    assert copied.frames == 10
    assert copy.info.codec == "mpeg4"
    assert copy.times_s == pytest.approx(decode(path).times_s, abs=1e-4)


def test_the_best_encoder_that_there_is_is_taken():
    assert best_codec({"mpeg4", "libx264", "rawvideo"}) == "libx264"
    assert best_codec({"mpeg4", "rawvideo"}) == "mpeg4"
    with pytest.raises(OutputError, match="without an encoder"):
        best_codec({"rawvideo"})
