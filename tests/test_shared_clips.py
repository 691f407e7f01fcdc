"""Real videos from end to end: what they show is known, and ffprobe knows their times."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import vidfer
from tests.results import assert_same_rows, rows_of

TIMES_S = json.loads(
    (Path(__file__).parent / "resources" / "presentation_times.json").read_text(encoding="utf-8")
)
TALKING = ("talk_360p_1face.mp4", "single_face_360p.mp4")
SMALL = (*TALKING, "hevc_vfr_face_then_none.mov", "no_face_540p.mp4")


@pytest.fixture(scope="module")
def auto(shared, tmp_path_factory):
    """Analyse every shared clip with the decoder that vidfer chooses."""
    output = tmp_path_factory.mktemp("auto")
    assert vidfer.analyze(shared / "data" / "videos", output).exit_code == 0
    return output


@pytest.fixture(scope="module")
def pyav(shared, tmp_path_factory):
    """Analyse the smaller clips with PyAV; the large one is PyAV's under auto, too."""
    output = tmp_path_factory.mktemp("pyav")
    clips = [shared / "data" / "videos" / name for name in SMALL]
    settings = vidfer.AnalyzeSettings(decoder="pyav")
    assert vidfer.analyze(clips, output, settings=settings).exit_code == 0
    return output


def of(output: Path, video: str) -> pl.DataFrame:
    return rows_of(output).filter(pl.col("video") == video)


def assert_times(output: Path, video: str) -> None:
    frames = of(output, video).unique("frame").sort("frame")
    assert frames["frame"].to_list() == list(range(len(TIMES_S[video])))
    assert np.abs(frames["time_s"].to_numpy() - TIMES_S[video]).max() < 1e-3


@pytest.mark.parametrize("video", TIMES_S)
def test_frames_and_times_are_ffprobes_under_auto(auto, video):
    assert_times(auto, video)


@pytest.mark.parametrize("video", SMALL)
def test_frames_and_times_are_ffprobes_under_pyav(pyav, video):
    assert_times(pyav, video)


@pytest.mark.parametrize("video", TALKING)
def test_a_talking_person_is_one_face_on_one_track(auto, video):
    rows = of(auto, video)
    faces = rows.group_by("frame").agg(pl.col("face").count().alias("faces"))
    assert (faces["faces"] == 1).mean() >= 0.98
    assert rows["track"].drop_nulls().n_unique() == 1


def test_a_face_that_leaves_is_gone(auto):
    found = of(auto, "hevc_vfr_face_then_none.mov").sort("frame")["status"].to_list()
    assert found == ["ok"] * found.count("ok") + ["no_face"] * found.count("no_face")
    assert 60 < found.count("ok") < 90


def test_no_face_is_found_where_there_is_none(auto):
    assert set(of(auto, "no_face_540p.mp4")["status"]) == {"no_face"}


def test_people_in_a_crowd_keep_their_tracks(auto):
    rows = of(auto, "crowd_1080p_7faces.mp4").filter(pl.col("status") == "ok")
    per_track = rows.group_by("track").len()["len"].sort(descending=True)
    # Three people are in sight nearly throughout; passers-by come and go.
    assert (per_track.head(3) > 90).all()
    assert per_track.head(8).sum() / per_track.sum() > 0.95


def test_both_decoders_give_the_same_rows_of_8_bit_h264(auto, pyav):
    video = "talk_360p_1face.mp4"
    assert of(auto, video).equals(of(pyav, video))


def test_the_manifest_says_which_decoder_and_why(auto):
    videos = {row["video"]: row for row in vidfer.read_videos(auto).iter_rows(named=True)}
    assert "edit list" in videos["no_face_540p.mp4"]["decoder_why"]
    assert "read-ahead" in videos["crowd_1080p_7faces.mp4"]["decoder_why"]
    assert {row["decoder"] for row in videos.values()} <= {"decord", "pyav"}


def test_a_run_into_a_new_output_gives_the_same_rows(shared, tmp_path):
    clip = shared / "data" / "videos" / "single_face_360p.mp4"
    vidfer.analyze(clip, tmp_path / "one")
    vidfer.analyze(clip, tmp_path / "two", settings=vidfer.AnalyzeSettings(chunk_frames=3))
    assert_same_rows(tmp_path / "one", tmp_path / "two")
