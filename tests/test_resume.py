"""What a second run does again, and that every input has exactly one row at its end."""

import os
import threading
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import vidfer
from tests.outputs import ScriptedEngine, make_videos
from vidfer.engine.contract import Failure
from vidfer.errors import OutputError
from vidfer.job import VideoJob
from vidfer.resume import with_source
from vidfer.timeline.manifest import VideoResult, read_manifest

NAMES = ["a.mp4", "bad.mp4", "c.mp4"]
FINAL = ["no_video", "unsupported", "corrupt", "too_large", "crashed", "timeout", "oom"]


@pytest.fixture
def videos(tmp_path):
    return make_videos(tmp_path / "clips", *NAMES)


def taken(videos, output, ends=None, **options):
    """Analyse and return which videos were tried."""
    engine = ScriptedEngine(ends)
    vidfer.analyze(videos, output, engine=engine, **options)
    return engine.taken


@pytest.mark.parametrize("reason", FINAL)
def test_a_video_that_failed_and_has_not_changed_is_not_tried_again(reason, videos, tmp_path):
    assert taken(videos, tmp_path / "out", {"bad.mp4": reason}) == NAMES
    before = read_manifest(tmp_path / "out")
    assert before["bad.mp4"].reason == reason
    assert taken(videos, tmp_path / "out") == []
    assert read_manifest(tmp_path / "out") == before


def test_a_lost_worker_is_such_a_failure(videos, tmp_path):
    lost = Failure("timeout", "made no progress for 120 s", 1.5)
    taken(videos, tmp_path / "out", {"bad.mp4": lost})
    assert taken(videos, tmp_path / "out") == []
    assert "--retry-failed" in read_manifest(tmp_path / "out")["bad.mp4"].error


@pytest.mark.parametrize("reason", ["io_error", "not_a_file"])
def test_what_says_nothing_about_the_video_is_always_tried_again(reason, videos, tmp_path):
    taken(videos, tmp_path / "out", {"bad.mp4": reason})
    assert taken(videos, tmp_path / "out") == ["bad.mp4"]
    assert read_manifest(tmp_path / "out")["bad.mp4"].status == "done"


def test_it_is_tried_again_when_asked(videos, tmp_path):
    taken(videos, tmp_path / "out", {"bad.mp4": "corrupt"})
    assert taken(videos, tmp_path / "out", {"bad.mp4": "oom"}, retry_failed=True) == ["bad.mp4"]
    assert read_manifest(tmp_path / "out")["bad.mp4"].reason == "oom"
    assert taken(videos, tmp_path / "out", overwrite=True) == NAMES
    assert read_manifest(tmp_path / "out")["bad.mp4"].status == "done"


def test_it_is_tried_again_when_its_source_has_changed(videos, tmp_path):
    taken(videos, tmp_path / "out", {"bad.mp4": "corrupt"})
    (videos / "bad.mp4").write_bytes(b"repaired")
    assert taken(videos, tmp_path / "out") == ["bad.mp4"]


def test_a_change_that_only_the_clock_tells_counts(videos, tmp_path):
    taken(videos, tmp_path / "out", {"bad.mp4": "corrupt"})
    os.utime(videos / "bad.mp4", (1_700_000_001, 1_700_000_001))
    assert taken(videos, tmp_path / "out") == ["bad.mp4"]


def test_it_is_tried_again_with_other_settings(videos, tmp_path):
    taken(videos, tmp_path / "out", {"bad.mp4": "too_large"})
    settings = vidfer.AnalyzeSettings(max_pixels=50_000_000)
    assert "bad.mp4" in taken(videos, tmp_path / "out", settings=settings)


def test_a_file_that_was_written_to_while_it_was_tried_is_tried_again(videos, tmp_path):
    lost = Failure("crashed", "was ended by SIGSEGV", 60.0)
    os.utime(videos / "bad.mp4")
    taken(videos, tmp_path / "out", {"bad.mp4": lost})
    assert taken(videos, tmp_path / "out") == ["bad.mp4"]


def test_a_source_that_never_answers_does_not_hold_up_the_run(videos, monkeypatch):
    class DeadDisk(type(Path())):
        def is_file(self):
            never.wait(60)

    never = threading.Event()
    monkeypatch.setattr("vidfer.resume._MOST_IDENTITY_S", 0.05)
    job = VideoJob(DeadDisk(videos / "bad.mp4"), "bad.mp4", Path("t.parquet"), "t.parquet")
    result = VideoResult(video="bad.mp4", path="bad.mp4", status="failed", reason="timeout")
    assert with_source(job, result) == result
    never.set()


def test_the_summary_says_what_was_not_tried_again(videos, tmp_path):
    taken(videos, tmp_path / "out", {"bad.mp4": "corrupt"})
    again = vidfer.analyze(videos, tmp_path / "out", engine=ScriptedEngine())
    assert again.skipped == NAMES
    assert (again.exit_code, len(again.failed)) == (1, 1)
    assert "1 video that failed before" in again.as_text()
    assert "--retry-failed" in again.as_text()


def listed(output):
    return Counter(pq.read_table(output / "videos.parquet")["video"].to_pylist())


def test_every_input_has_one_row_after_duplicates_failures_retries_and_stops(videos, tmp_path):
    output = tmp_path / "out"
    (tmp_path / "clips" / "link.mp4").symlink_to(videos / "a.mp4")
    inputs = [videos, videos / "a.mp4", videos, tmp_path / "gone.mp4", videos / "bad.mp4"]
    names = [*NAMES, "link.mp4", "gone.mp4"]
    ends = {"bad.mp4": "corrupt", "gone.mp4": "not_a_file", "c.mp4": KeyboardInterrupt()}

    with pytest.raises(KeyboardInterrupt):
        taken(inputs, output, ends)
    assert listed(output) == Counter(["a.mp4", "bad.mp4"])

    ends["c.mp4"] = OutputError("The disk is full.")
    with pytest.raises(OutputError):
        taken(inputs, output, ends)
    assert listed(output) == Counter(["a.mp4", "bad.mp4"])

    ends["c.mp4"] = Failure("oom", "took 3.1 GB of memory", 0.0)
    assert taken(inputs, output, ends) == ["c.mp4", "link.mp4", "gone.mp4"]
    assert listed(output) == Counter(names)

    assert taken(inputs, output, ends, retry_failed=True) == ["bad.mp4", "c.mp4", "gone.mp4"]
    assert listed(output) == Counter(names)
    known = read_manifest(output)
    assert {name: result.status for name, result in known.items()} == {
        "a.mp4": "done",
        "link.mp4": "done",
        "bad.mp4": "failed",
        "c.mp4": "failed",
        "gone.mp4": "failed",
    }


def test_a_video_that_an_engine_forgets_has_a_row_and_is_tried_again(videos, tmp_path):
    outcome = vidfer.analyze(videos, tmp_path / "out", engine=ScriptedEngine({"bad.mp4": None}))
    assert [result.video for result in outcome.results] == NAMES
    assert listed(tmp_path / "out") == Counter(NAMES)
    assert "gave no result" in read_manifest(tmp_path / "out")["bad.mp4"].error
    assert taken(videos, tmp_path / "out") == ["bad.mp4"]


def test_a_foreign_file_with_the_manifests_name_is_kept_aside(videos, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "videos.parquet").write_text("somebody's notes")
    taken(videos, tmp_path / "out")
    assert (tmp_path / "out" / "videos.parquet.damaged").read_text() == "somebody's notes"
    assert list(read_manifest(tmp_path / "out")) == NAMES
