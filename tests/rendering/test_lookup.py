"""A video finds its timeline by path, name or content, and no other one."""

import os
import shutil

import pytest

from tests.outputs import flip_a_bit
from tests.rendering.scripted import write_results
from vidfer.errors import NotAFileError, UsageError
from vidfer.rendering.lookup import find_analysed
from vidfer.timeline.manifest import VideoResult, write_manifest

TIMES_S = [0.0, 0.04]


def video(folder, name="clip.mp4", content=b"never decoded"):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.fixture
def results(tmp_path):
    """The results of one video, and the video."""
    path = video(tmp_path)
    return write_results(tmp_path / "out", path, TIMES_S), path


def test_a_video_is_known_by_its_path(results, monkeypatch):
    output, path = results
    assert find_analysed(path, output).timeline == output / "timeline/clip.mp4.parquet"
    monkeypatch.chdir(path.parent)
    assert find_analysed(path.relative_to(path.parent), output).timeline.is_file()


def test_a_moved_and_renamed_video_is_known_by_its_content(results, tmp_path):
    output, path = results
    moved = tmp_path / "elsewhere" / "other.mp4"
    moved.parent.mkdir()
    shutil.move(path, moved)
    assert find_analysed(moved, output).timeline.name == "clip.mp4.parquet"


@pytest.mark.parametrize("name", ["clip.mp4", "day1/clip.mp4"])
def test_a_name_stands_for_the_file_that_was_analysed(tmp_path, name, monkeypatch):
    path = video(tmp_path)
    output = write_results(tmp_path / "out", path, TIMES_S, name=name)
    monkeypatch.chdir(output)
    assert find_analysed(type(path)(name), output).path == path


def test_the_timeline_file_itself_can_be_given(results):
    output, path = results
    timeline = output / "timeline/clip.mp4.parquet"
    assert find_analysed(path, timeline).timeline == timeline
    other = video(path.parent, "other.mp4", b"another one")
    with pytest.raises(UsageError, match="is not the file that was analysed"):
        find_analysed(other, timeline)


def test_without_a_manifest_the_timelines_are_asked(results):
    output, path = results
    (output / "videos.parquet").unlink()
    assert find_analysed(path, output).timeline.is_file()


def test_a_video_that_changed_since_is_refused(results):
    output, path = results
    path.write_bytes(b"something else")
    with pytest.raises(UsageError, match=r"content differs. Analyse it again"):
        find_analysed(path, output)
    moved = path.rename(path.parent / "sub.mp4").rename(path.parent / "out" / "clip.mp4")
    with pytest.raises(UsageError, match="content differs"):
        find_analysed(moved, output)


def test_a_video_that_is_not_there_is_said_to_be_unknown(results, tmp_path):
    output, _ = results
    with pytest.raises(UsageError, match=r"knows nothing of .*other.mp4: run 'vidfer analyze"):
        find_analysed(video(tmp_path, "other.mp4", b"unknown"), output)
    with pytest.raises(NotAFileError, match="no video of that name"):
        find_analysed(tmp_path / "missing.mp4", output)


def test_a_name_whose_file_is_gone_asks_for_the_path(results, monkeypatch):
    output, path = results
    path.unlink()
    monkeypatch.chdir(output)
    with pytest.raises(NotAFileError, match="is not there any more"):
        find_analysed(type(path)("clip.mp4"), output)


def test_names_and_contents_that_mean_several_are_refused(tmp_path, monkeypatch):
    for day in ("day1", "day2"):
        path = video(tmp_path, f"{day}/clip.mp4")
        output = write_results(tmp_path / "out", path, TIMES_S, name=f"{day}/clip.mp4")
    monkeypatch.chdir(output)
    with pytest.raises(UsageError, match=r"may be day1/clip.mp4, day2/clip.mp4"):
        find_analysed(type(path)("clip.mp4"), output)
    copy = video(tmp_path, "copy.mp4")
    with pytest.raises(UsageError, match=r"has analysed copies of .* as day1/clip.mp4, day2"):
        find_analysed(copy, output)


def test_a_video_that_failed_says_why(tmp_path):
    path = video(tmp_path)
    failed = VideoResult(video="clip.mp4", path=str(path), status="failed", error="It is empty.")
    write_manifest(tmp_path / "out", [failed])
    with pytest.raises(UsageError, match=r"could not be analysed.*It is empty"):
        find_analysed(path, tmp_path / "out")


def test_a_damaged_timeline_is_not_trusted(results):
    output, path = results
    flip_a_bit(output / "timeline/clip.mp4.parquet")
    with pytest.raises(UsageError, match="run 'vidfer analyze' on its video again"):
        find_analysed(path, output)


@pytest.mark.parametrize("kind", ["missing", "empty folder", "text file"])
def test_what_holds_no_results_is_refused(tmp_path, kind):
    path = video(tmp_path)
    place = tmp_path / "place"
    if kind == "empty folder":
        place.mkdir()
    elif kind == "text file":
        place.write_text("hello")
    with pytest.raises(UsageError, match="vidfer analyze -o"):
        find_analysed(path, place)


def test_a_pipe_is_no_video(results, tmp_path):
    output, _ = results
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(NotAFileError, match="not a regular file"):
        find_analysed(tmp_path / "pipe.mp4", output)
