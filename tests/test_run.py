"""One run: what engines hand back becomes results, sentences and the manifest."""

import pytest

import vidfer
from tests.fakes import FailingEngine
from vidfer.config import DEFAULT_MODEL
from vidfer.engine.contract import Failure
from vidfer.errors import OutputError
from vidfer.job import VideoJob
from vidfer.timeline.manifest import read_manifest

FAILURES = {
    "crashed": Failure("crashed", "was ended by SIGABRT", 1.5),
    "timeout": Failure("timeout", "made no progress for 120 s", 1.5),
    "oom": Failure("oom", "took 3.1 GB of memory, more than 3 GB", 1.5),
}


@pytest.fixture
def folder(tmp_path):
    clips = tmp_path / "clips"
    clips.mkdir()
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        (clips / name).write_bytes(b"never read")
    return clips


@pytest.mark.parametrize("reason", FAILURES)
def test_a_lost_worker_makes_a_failed_row_with_reason_and_sentence(reason, folder, tmp_path):
    engine = FailingEngine(FAILURES[reason])
    outcome = vidfer.analyze(folder, tmp_path / "out", engine=engine)
    assert outcome.exit_code == 2
    assert [result.reason for result in outcome.results] == [reason] * 3
    for result in read_manifest(tmp_path / "out").values():
        assert (result.status, result.wall_s, result.model) == ("failed", 1.5, DEFAULT_MODEL)
        assert f"worker process {FAILURES[reason].what}, also when" in result.error
        assert result.error.endswith(".")


def test_what_a_lost_worker_left_behind_is_removed(folder, tmp_path):
    engine = FailingEngine(FAILURES["crashed"], leaves_files=True)
    vidfer.analyze(folder, tmp_path / "out", engine=engine)
    assert list((tmp_path / "out" / "timeline").iterdir()) == []


@pytest.mark.parametrize("error", [OutputError("The disk is full."), KeyboardInterrupt()])
def test_an_end_in_the_middle_keeps_what_is_finished_and_leaves_nothing_half_written(
    error, folder, tmp_path
):
    engine = FailingEngine(FAILURES["oom"], leaves_files=True, raises={"b.mp4": error})
    with pytest.raises(type(error)):
        vidfer.analyze(folder, tmp_path / "out", engine=engine)
    assert engine.is_closed
    assert list(read_manifest(tmp_path / "out")) == ["a.mp4"]
    assert list((tmp_path / "out" / "timeline").iterdir()) == []


def test_only_jobs_that_were_begun_are_cleared_up_after(folder, tmp_path):
    engine = FailingEngine(FAILURES["oom"], raises={"a.mp4": KeyboardInterrupt()})
    with pytest.raises(KeyboardInterrupt):
        vidfer.analyze(folder, tmp_path / "out", engine=engine)
    assert [job.video for job in engine.taken] == ["a.mp4"]
    assert all(isinstance(job, VideoJob) for job in engine.taken)
