"""`vidfer.analyze` from end to end: real clips, real networks, real weights."""

import shutil
from functools import partial

import numpy as np
import polars as pl
import pytest

import vidfer
from tests.results import EXAMPLES, assert_same_manifest, assert_same_rows, rows_of
from vidfer.api import Interrupted
from vidfer.config import DEFAULT_MODEL
from vidfer.emotion.cards import model_path, read_card
from vidfer.engine.serial import SerialEngine
from vidfer.errors import SettingsError, UsageError
from vidfer.timeline.manifest import read_timeline_metadata
from vidfer.timeline.schema import TIMELINE_SCHEMA

SHORT = vidfer.AnalyzeSettings(end_s=0.5)

# In this process, where the libraries are loaded already; tests/test_workers.py is about workers.
analyze_here = partial(vidfer.analyze, engine=SerialEngine())


@pytest.fixture(scope="module")
def examples(tmp_path_factory):
    """Analyse the example clips once."""
    output = tmp_path_factory.mktemp("examples")
    outcome = vidfer.analyze(EXAMPLES, output)
    return outcome, output


@pytest.fixture
def folder(tmp_path):
    """Return a folder with two example clips that a test may change."""
    folder = tmp_path / "clips"
    (folder / "sub").mkdir(parents=True)
    shutil.copy(EXAMPLES / "two_faces.mp4", folder / "a.mp4")
    shutil.copy(EXAMPLES / "face_then_none.mp4", folder / "sub" / "b.mp4")
    return folder


def faces_per_frame(output, video):
    rows = rows_of(output).filter(pl.col("video") == video)
    return rows.group_by("frame").agg(pl.col("face").count()).sort("frame")["face"].to_list()


def test_every_clip_is_done_and_every_frame_is_there(examples):
    outcome, output = examples
    assert outcome.exit_code == 0
    assert [r.status for r in outcome.results] == ["done"] * 4
    for result in outcome.results:
        frames = rows_of(output).filter(pl.col("video") == result.video)["frame"].unique().sort()
        assert frames.to_list() == list(range(result.frames_expected))


def test_the_faces_are_those_that_the_clips_show(examples):
    _, output = examples
    assert set(faces_per_frame(output, "pan_and_zoom.mp4")) == {1}
    assert set(faces_per_frame(output, "two_faces.mp4")) == {2}
    some = faces_per_frame(output, "face_then_none.mp4")
    assert some == [1] * 45 + [0] * 45 + [1] * 45


def test_tracks_are_stable(examples):
    _, output = examples
    tracks = rows_of(output).group_by("video").agg(pl.col("track").drop_nulls().n_unique())
    assert dict(tracks.iter_rows()) == {
        "pan_and_zoom.mp4": 1,
        "two_faces.mp4": 2,
        "face_then_none.mp4": 2,  # out of sight for longer than the gap
        "variable_rate.mp4": 1,
    }


def test_times_of_a_variable_rate_are_real(examples):
    _, output = examples
    rows = rows_of(output).filter(pl.col("video") == "variable_rate.mp4")
    steps = np.diff(rows["time_s"].to_numpy())
    assert (steps > 0).all()
    assert np.isclose(steps, 1 / 30, atol=1e-3).any()
    assert np.isclose(steps, 1 / 10, atol=1e-3).any()


def test_rows_keep_the_columns_contract(examples):
    _, output = examples
    rows = rows_of(output)
    assert rows.columns == TIMELINE_SCHEMA.names
    found = rows.filter(pl.col("status") == "ok")
    total = found.select(pl.sum_horizontal(vidfer.EMOTIONS)).to_series()
    assert np.allclose(total, 1, atol=1e-6)
    best = found.select(pl.max_horizontal(vidfer.EMOTIONS)).to_series()
    assert (best == found["confidence"]).all()
    assert not any(rows.select(pl.col(pl.Float32).is_nan().any()).row(0))
    assert rows.filter(pl.col("status") == "no_face")["angry"].null_count() == 45


def test_faces_are_numbered_by_falling_score(examples):
    _, output = examples
    scores = rows_of(output).filter(pl.col("face").is_not_null())
    ordered = scores.sort("video", "frame", "face_score", descending=[False, False, True])
    assert ordered["face"].to_list() == scores.sort("video", "frame", "face")["face"].to_list()


def test_each_file_says_how_it_was_made(examples):
    outcome, output = examples
    result = outcome.results[0]
    metadata = read_timeline_metadata(output / result.timeline)
    assert metadata["vidfer.version"] == vidfer.__version__
    card = read_card(model_path(DEFAULT_MODEL))
    assert metadata["vidfer.weights_sha256"] == card.weights_sha256
    assert metadata["vidfer.decoder"] == result.decoder
    assert metadata["vidfer.source_size"] == str((EXAMPLES / result.video).stat().st_size)
    assert '"min_face_px": 40' in metadata["vidfer.settings"]


@pytest.mark.parametrize("options", [{"chunk_frames": 1}, {"chunk_frames": 7}, {"batch_size": 3}])
def test_rows_do_not_depend_on_chunk_or_batch_size(folder, tmp_path, options):
    analyze_here(folder, tmp_path / "plain", settings=SHORT)
    settings = vidfer.AnalyzeSettings(end_s=0.5, **options)
    analyze_here(folder, tmp_path / "other", settings=settings)
    assert_same_rows(tmp_path / "plain", tmp_path / "other")
    assert_same_manifest(tmp_path / "plain", tmp_path / "other")


def test_a_second_run_skips_what_is_finished(folder, tmp_path):
    analyze_here(folder, tmp_path / "out", settings=SHORT)
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "out" / "timeline").rglob("*.parquet")}
    again = analyze_here(folder, tmp_path / "out", settings=SHORT)
    assert again.skipped == ["a.mp4", "sub/b.mp4"]
    assert {p: p.stat().st_mtime_ns for p in before} == before
    assert again.exit_code == 0


def test_what_changed_is_redone_and_nothing_else(folder, tmp_path):
    analyze_here(folder, tmp_path / "out", settings=SHORT)
    shutil.copy(EXAMPLES / "pan_and_zoom.mp4", folder / "a.mp4")
    again = analyze_here(folder, tmp_path / "out", settings=SHORT)
    assert again.skipped == ["sub/b.mp4"]
    assert faces_per_frame(tmp_path / "out", "a.mp4") == [1] * 13


def test_other_settings_are_redone_and_other_chunks_are_not(folder, tmp_path):
    analyze_here(folder, tmp_path / "out", settings=SHORT)
    same = vidfer.AnalyzeSettings(end_s=0.5, chunk_frames=5, device="cpu")
    assert len(analyze_here(folder, tmp_path / "out", settings=same).skipped) == 2
    other = vidfer.AnalyzeSettings(end_s=0.5, min_face_px=60)
    assert analyze_here(folder, tmp_path / "out", settings=other).skipped == []


def test_overwrite_redoes_everything(folder, tmp_path):
    analyze_here(folder, tmp_path / "out", settings=SHORT)
    again = analyze_here(folder, tmp_path / "out", settings=SHORT, overwrite=True)
    assert again.skipped == []


def test_a_lost_manifest_is_made_again_from_the_timelines(folder, tmp_path):
    analyze_here(folder, tmp_path / "out", settings=SHORT)
    before = vidfer.read_videos(tmp_path / "out")
    (tmp_path / "out" / "videos.parquet").unlink()
    again = analyze_here(folder, tmp_path / "out", settings=SHORT)
    assert len(again.skipped) == 2
    assert vidfer.read_videos(tmp_path / "out").equals(before)


def test_a_cut_off_timeline_is_redone(folder, tmp_path):
    analyze_here(folder, tmp_path / "out", settings=SHORT)
    path = tmp_path / "out" / "timeline" / "a.mp4.parquet"
    path.write_bytes(path.read_bytes()[:-100])
    again = analyze_here(folder, tmp_path / "out", settings=SHORT)
    assert again.skipped == ["sub/b.mp4"]


def test_runs_into_one_output_add_up(folder, tmp_path):
    analyze_here(folder / "a.mp4", tmp_path / "out", settings=SHORT)
    analyze_here(folder / "sub", tmp_path / "out", settings=SHORT)
    assert vidfer.read_videos(tmp_path / "out")["video"].to_list() == ["a.mp4", "b.mp4"]


def test_equal_names_overwrite_nothing_and_keep_their_names(folder, tmp_path):
    shutil.copy(folder / "sub" / "b.mp4", folder / "sub" / "a.mp4")
    inputs = [folder / "a.mp4", folder / "sub" / "a.mp4"]
    first = analyze_here(inputs, tmp_path / "out", settings=SHORT)
    assert [r.video for r in first.results] == ["a.mp4", "sub/a.mp4"]
    swapped = analyze_here(inputs[::-1], tmp_path / "out", settings=SHORT)
    assert sorted(swapped.skipped) == ["a.mp4", "sub/a.mp4"]


def test_a_video_that_was_finished_when_the_stop_came_is_in_the_manifest(
    folder, tmp_path, monkeypatch
):
    """The stop falls between the timeline's last rename and the note of its result."""

    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("vidfer.run.drop_stale", stop)
        with pytest.raises(Interrupted) as stopped:
            analyze_here(folder, tmp_path / "out", settings=SHORT)
    assert [result.video for result in stopped.value.outcome.results] == ["a.mp4"]
    assert vidfer.read_videos(tmp_path / "out")["video"].to_list() == ["a.mp4"]
    assert rows_of(tmp_path / "out")["video"].unique().to_list() == ["a.mp4"]


def test_bad_videos_do_not_stop_the_others(folder, tmp_path):
    (folder / "empty.mp4").touch()
    (folder / "text.mp4").write_text("not a video, whatever its name says\n" * 20)
    (folder / "notes.txt").write_text("other file")
    outcome = vidfer.analyze([folder, tmp_path / "gone.mp4"], tmp_path / "out", settings=SHORT)
    assert outcome.exit_code == 1
    assert outcome.passed_over == 1
    assert {r.video: r.reason for r in outcome.failed} == {
        "empty.mp4": "corrupt",
        "text.mp4": "unsupported",
        "gone.mp4": "not_a_file",
    }
    assert all(r.error and r.error.endswith(".") for r in outcome.failed)
    assert len(vidfer.read_videos(tmp_path / "out")) == 5
    assert not (tmp_path / "out" / "timeline" / "text.mp4.parquet").exists()


def test_a_video_that_breaks_loses_its_stale_timeline(folder, tmp_path):
    analyze_here(folder, tmp_path / "out", settings=SHORT)
    (folder / "a.mp4").write_text("broken now")
    outcome = analyze_here(folder, tmp_path / "out", settings=SHORT)
    assert [r.video for r in outcome.failed] == ["a.mp4"]
    assert rows_of(tmp_path / "out")["video"].unique().to_list() == ["sub/b.mp4"]


class WritingEngine(SerialEngine):
    """Writes to a video's file while it is read."""

    def run(self, make_work, jobs, *, on_progress, make_careful_work=None):
        listed = list(jobs)

        def write(progress):
            listed[0].path.touch()

        yield from super().run(make_work, listed, on_progress=write)


def test_a_file_that_changes_while_it_is_read_is_partial_and_redone(folder, tmp_path):
    output = tmp_path / "out"
    vidfer.analyze(folder / "a.mp4", output, engine=WritingEngine())
    (row,) = vidfer.read_videos(output).to_dicts()
    assert (row["status"], row["reason"]) == ("partial", "io_error")
    assert "changed while it was read" in row["error"]
    assert vidfer.verify(output).exit_code == 0
    outcome = vidfer.analyze(folder / "a.mp4", output, engine=SerialEngine())
    assert [result.status for result in outcome.done] == ["done"]
    assert outcome.skipped == []


def test_a_source_that_is_gone_keeps_its_result(folder, tmp_path):
    analyze_here(folder / "a.mp4", tmp_path / "out", settings=SHORT)
    (folder / "a.mp4").unlink()
    outcome = analyze_here(folder / "a.mp4", tmp_path / "out", settings=SHORT)
    assert outcome.exit_code == 2
    assert vidfer.read_videos(tmp_path / "out")["status"].to_list() == ["done"]
    assert rows_of(tmp_path / "out").height > 0


def test_nothing_to_do_is_a_usage_error(tmp_path):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(UsageError, match="no videos"):
        analyze_here(tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_unknown_device_is_a_settings_error(folder, tmp_path):
    with pytest.raises(SettingsError, match="device"):
        vidfer.analyze(folder, tmp_path / "out", settings=vidfer.AnalyzeSettings(device="tpu"))


def test_frames_in_memory_give_the_rows_of_the_file_within_a_tolerance(folder, tmp_path):
    """A file's frames are analysed from the decoder's planes, those in memory from RGB."""
    from tests.decoded import decoded_frames

    settings = vidfer.AnalyzeSettings(end_s=0.5, decoder="pyav")
    analyze_here(folder / "a.mp4", tmp_path / "out", settings=settings)
    frames, times = decoded_frames(folder / "a.mp4", end_s=0.5)
    ours = vidfer.analyze_frames(frames, times, video="a.mp4")
    assert vidfer.analyze_frames(list(frames), list(times), video="a.mp4").equals(ours)
    # The two faces of a frame have nearly the same score, so that either may come first.
    here, there = (rows.sort("frame", "box_x") for rows in (ours, rows_of(tmp_path / "out")))
    assert here.select("video", "frame", "time_s").equals(there.select("video", "frame", "time_s"))
    for columns, tolerance in (
        (["box_x", "box_y", "box_w", "box_h"], 0.1 * here["box_h"].min()),
        (list(vidfer.EMOTIONS), 0.02),
    ):
        assert np.allclose(here.select(columns), there.select(columns), atol=tolerance)


def test_no_frames_in_memory_give_no_rows():
    rows = vidfer.analyze_frames(np.empty((0, 40, 40, 3), dtype=np.uint8), [])
    assert rows.height == 0
    assert rows.columns == TIMELINE_SCHEMA.names


@pytest.mark.parametrize(
    ("frames", "times", "sentence"),
    [
        (np.zeros((2, 8, 8), np.uint8), [0, 1], "RGB"),
        (np.zeros((2, 8, 8, 3), np.float32), [0, 1], "uint8"),
        (np.zeros((2, 8, 8, 3), np.uint8), [0], "like frames"),
        (np.zeros((2, 8, 8, 3), np.uint8), [1, 1], "rise"),
        ([np.zeros((8, 8, 3), np.uint8), np.zeros((9, 8, 3), np.uint8)], [0, 1], "one size"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(frames, times, sentence):
    with pytest.raises(UsageError, match=sentence):
        vidfer.analyze_frames(frames, times)
