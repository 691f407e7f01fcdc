"""A long video that was stopped goes on where it was, and nobody can tell from its rows."""

import shutil
from pathlib import Path

import pytest

import vidfer
from tests.fakes import FailingEngine
from tests.results import EXAMPLES, assert_same_manifest, assert_same_rows
from vidfer.engine.contract import Failure
from vidfer.engine.serial import SerialEngine
from vidfer.timeline.checkpoint_files import checkpoint_paths

pytestmark = pytest.mark.timeout(120)

CLIP = EXAMPLES / "two_faces.mp4"
# A checkpoint after each chunk of the clip's 100 frames.
SETTINGS = {
    "checkpoint_minutes": 0.001,
    "chunk_frames": 16,
    "detect_every": 8,
    "workers": 1,
    "threads": 1,
}


class StoppedEngine(SerialEngine):
    """Is stopped after some reports of progress, as by a signal; notes what was reported."""

    def __init__(self, *, after: int = 10**9, error: type[BaseException] = KeyboardInterrupt):
        self.frames = []
        self._after = after
        self._error = error

    def run(self, make_work, jobs, *, on_progress, make_careful_work=None):
        def report(progress):
            self.frames.append(progress.frames)
            if len(self.frames) == self._after:
                raise self._error
            on_progress(progress)

        yield from super().run(make_work, jobs, on_progress=report)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> Path:
    output = tmp_path_factory.mktemp("undisturbed")
    settings = vidfer.AnalyzeSettings(**SETTINGS | {"checkpoint_minutes": 0})
    vidfer.analyze(CLIP, output, settings=settings, engine=SerialEngine())
    return output


def go_on(clip: Path, output: Path, *, stops_after: int = 10**9, **settings) -> StoppedEngine:
    engine = StoppedEngine(after=stops_after)
    try:
        vidfer.analyze(
            clip, output, settings=vidfer.AnalyzeSettings(**SETTINGS | settings), engine=engine
        )
    except KeyboardInterrupt:
        assert stops_after < 10**9
    return engine


def hidden(output: Path) -> list[Path]:
    return checkpoint_paths(output / "timeline" / f"{CLIP.name}.parquet")


def test_a_run_that_is_stopped_again_and_again_gives_the_rows_of_one_go(undisturbed, tmp_path):
    first = go_on(CLIP, tmp_path, stops_after=2)
    assert first.frames == [16, 32]
    second = go_on(CLIP, tmp_path, stops_after=1)
    assert second.frames == [48]
    last = go_on(CLIP, tmp_path, chunk_frames=32)
    assert last.frames == [80, 100]
    assert_same_rows(tmp_path, undisturbed)
    assert_same_manifest(tmp_path, undisturbed)
    assert vidfer.verify(tmp_path).exit_code == 0
    assert hidden(tmp_path) == []


def test_seconds_of_all_attempts_are_counted(tmp_path, undisturbed):
    go_on(CLIP, tmp_path, stops_after=4)
    go_on(CLIP, tmp_path)
    (whole,) = vidfer.read_videos(undisturbed)["wall_s"]
    (ours,) = vidfer.read_videos(tmp_path)["wall_s"]
    assert ours > whole / 4


@pytest.mark.parametrize("change", ["settings", "source", "overwrite"])
def test_what_has_changed_starts_again(change, tmp_path, undisturbed):
    clip = tmp_path / CLIP.name
    shutil.copy(CLIP, clip)
    output = tmp_path / "out"
    go_on(clip, output, stops_after=3)
    assert len(hidden(output)) == 3
    if change == "source":
        clip.touch()
    engine = StoppedEngine()
    settings = vidfer.AnalyzeSettings(**SETTINGS | ({"every": 2} if change == "settings" else {}))
    vidfer.analyze(clip, output, settings=settings, engine=engine, overwrite=change == "overwrite")
    assert engine.frames[0] < 48
    assert hidden(output) == []


def test_without_checkpoints_a_video_starts_again(tmp_path, undisturbed):
    go_on(CLIP, tmp_path, stops_after=3, checkpoint_minutes=0)
    assert hidden(tmp_path) == []
    assert go_on(CLIP, tmp_path, checkpoint_minutes=0).frames[0] == 16
    assert_same_rows(tmp_path, undisturbed)


def test_a_damaged_checkpoint_costs_only_what_came_after_it(tmp_path, undisturbed):
    go_on(CLIP, tmp_path, stops_after=4)
    third = hidden(tmp_path)[2]
    third.write_bytes(third.read_bytes()[:-1])
    assert go_on(CLIP, tmp_path).frames[0] == 48
    assert_same_rows(tmp_path, undisturbed)


def test_a_video_that_finished_just_before_a_kill_leaves_none(tmp_path):
    go_on(CLIP, tmp_path, stops_after=2)
    kept = [(path, path.read_bytes()) for path in hidden(tmp_path)]
    go_on(CLIP, tmp_path)
    for path, content in kept:
        path.write_bytes(content)
    assert go_on(CLIP, tmp_path).frames == []
    assert hidden(tmp_path) == []


def test_purge_removes_them_also_where_there_is_nothing_else(tmp_path):
    go_on(CLIP, tmp_path, stops_after=2)
    (tmp_path / "videos.parquet").unlink(missing_ok=True)
    removed = vidfer.purge(tmp_path, CLIP.name)
    assert len(removed) == 2
    assert hidden(tmp_path) == []


def test_a_damaged_video_goes_on_to_the_same_rows_and_losses(tmp_path):
    clip = tmp_path / CLIP.name
    content = bytearray(CLIP.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 2000] = bytes(2000)
    clip.write_bytes(content)
    go_on(clip, tmp_path / "one_go")
    for stops_after in (2, 3):
        go_on(clip, tmp_path / "out", stops_after=stops_after)
    go_on(clip, tmp_path / "out")
    assert vidfer.read_videos(tmp_path / "out")["status"].to_list() == ["partial"]
    assert_same_rows(tmp_path / "out", tmp_path / "one_go")
    assert_same_manifest(tmp_path / "out", tmp_path / "one_go")


@pytest.mark.parametrize("reason", ["crashed", "timeout", "oom"])
def test_the_loss_of_its_workers_leaves_them_for_another_try(reason, tmp_path, undisturbed):
    go_on(CLIP, tmp_path, stops_after=3)
    lost = FailingEngine(Failure(reason, "was lost", 1.0))
    settings = vidfer.AnalyzeSettings(**SETTINGS)
    vidfer.analyze(CLIP, tmp_path, settings=settings, engine=lost)
    assert len(hidden(tmp_path)) == 3
    engine = StoppedEngine()
    vidfer.analyze(CLIP, tmp_path, settings=settings, engine=engine, retry_failed=True)
    assert engine.frames[0] == 64
    assert_same_rows(tmp_path, undisturbed)
