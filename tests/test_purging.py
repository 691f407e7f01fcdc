"""`vidfer.purge` removes all that is known of a video, and nothing else."""

import subprocess
import sys

import pytest

import vidfer
from tests.outputs import ScriptedEngine, flip_a_bit, make_videos
from vidfer.atomic import temporary_path
from vidfer.errors import UsageError
from vidfer.timeline.manifest import read_manifest

NAMES = ["a.mp4", "bad.mp4", "sub/b.mp4"]


@pytest.fixture
def videos(tmp_path):
    return make_videos(tmp_path / "clips", *NAMES)


@pytest.fixture
def output(videos, tmp_path):
    vidfer.analyze(videos, tmp_path / "out", engine=ScriptedEngine({"bad.mp4": "corrupt"}))
    return tmp_path / "out"


def files(output):
    return sorted(p.relative_to(output).as_posix() for p in output.rglob("*") if p.is_file())


def traces(output, word):
    """Return the files below an output that have a word in their name or bytes."""
    return [n for n in files(output) if word in n or word.encode() in (output / n).read_bytes()]


def test_timeline_leftovers_and_row_are_gone_and_the_rest_is_as_it_was(output):
    temporary_path(output / "timeline" / "sub" / "b.mp4.parquet").touch()
    other = (output / "timeline" / "a.mp4.parquet").read_bytes()
    removed = vidfer.purge(output, "sub/b.mp4")
    assert removed == [
        "timeline/sub/b.mp4.parquet",
        "timeline/sub/.b.mp4.parquet.partial",
        "videos.parquet: row of sub/b.mp4",
    ]
    assert traces(output, "b.mp4") == []
    assert not (output / "timeline" / "sub").exists()
    assert list(read_manifest(output)) == ["a.mp4", "bad.mp4"]
    assert (output / "timeline" / "a.mp4.parquet").read_bytes() == other
    assert vidfer.verify(output).exit_code == 0


@pytest.mark.parametrize("is_gone", [False, True])
def test_a_video_is_known_by_its_source_which_may_be_gone(output, videos, is_gone, monkeypatch):
    if is_gone:
        (videos / "a.mp4").unlink()
    monkeypatch.chdir(videos.parent)
    vidfer.purge(output, ["clips/a.mp4", videos / "a.mp4"])
    assert list(read_manifest(output)) == ["bad.mp4", "sub/b.mp4"]
    assert (videos / "a.mp4").exists() != is_gone


def test_a_failed_video_is_known_by_its_row(output):
    assert vidfer.purge(output, "bad.mp4") == ["videos.parquet: row of bad.mp4"]


def test_all_videos_leave_an_empty_manifest(output):
    vidfer.purge(output, NAMES)
    assert files(output) == ["videos.parquet"]
    assert read_manifest(output) == {}


@pytest.mark.parametrize("name", ["c.mp4", "../clips/a.mp4", "", "..", "/etc/passwd", "sub"])
def test_an_unknown_name_is_one_sentence_and_removes_nothing(output, name):
    before = files(output)
    with pytest.raises(UsageError, match=r"knows nothing of .*Nothing was removed"):
        vidfer.purge(output, ["a.mp4", name])
    assert files(output) == before


def test_a_name_that_is_also_the_path_of_another_video_is_refused(tmp_path, monkeypatch):
    make_videos(tmp_path, "x/a.mp4", "y/a.mp4", "y/x/a.mp4")
    inputs = [tmp_path / "y" / "a.mp4", tmp_path / "y" / "x" / "a.mp4", tmp_path / "x" / "a.mp4"]
    vidfer.analyze(inputs[:2], tmp_path / "out", engine=ScriptedEngine())
    vidfer.analyze(inputs[2], tmp_path / "out", engine=ScriptedEngine())
    known = read_manifest(tmp_path / "out")
    assert known["x/a.mp4"].path == str(inputs[1])
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="the whole path"):
        vidfer.purge(tmp_path / "out", "x/a.mp4")
    vidfer.purge(tmp_path / "out", inputs[2])
    assert known["x/a.mp4"] in read_manifest(tmp_path / "out").values()


def test_what_a_killed_run_left_without_a_row_is_found(output, videos):
    (output / "videos.parquet").unlink()
    vidfer.purge(output, videos / "a.mp4")
    assert traces(output, "a.mp4") == []
    assert list(read_manifest(output)) == ["sub/b.mp4"]


def test_damage_hides_nothing(output):
    flip_a_bit(output / "timeline" / "a.mp4.parquet")
    flip_a_bit(output / "videos.parquet")
    removed = vidfer.purge(output, "a.mp4")
    assert removed == ["timeline/a.mp4.parquet", "videos.parquet.damaged"]
    assert traces(output, "a.mp4") == []


def test_the_command_says_what_it_removed(output, tmp_path):
    command = [sys.executable, "-m", "vidfer", "purge", str(output)]
    done = subprocess.run([*command, "bad.mp4"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "removed videos.parquet: row of bad.mp4\n")
    done = subprocess.run([*command, "bad.mp4"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    done = subprocess.run(
        [*command[:-1], str(tmp_path / "no"), "x"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert not (tmp_path / "no").exists()
