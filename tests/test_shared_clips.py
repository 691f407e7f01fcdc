"""Real videos from end to end: what they show is known, and ffprobe knows their times."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import vidfer
from tests.results import assert_same_rows, rows_of
from vidfer.faces.matching import overlaps

TIMES_S = json.loads(
    (Path(__file__).parent / "resources" / "presentation_times.json").read_text(encoding="utf-8")
)
TALKING = ("talk_360p_1face.mp4", "single_face_360p.mp4")
SMALL = (*TALKING, "hevc_vfr_face_then_none.mov", "no_face_540p.mp4")
CROWD = "crowd_1080p_7faces.mp4"


@pytest.fixture(scope="module")
def auto(shared, tmp_path_factory):
    """Analyse every shared clip with the decoder that vidfer chooses."""
    output = tmp_path_factory.mktemp("auto")
    assert vidfer.analyze(shared / "data" / "videos", output).exit_code == 0
    return output


@pytest.fixture(scope="module")
def pyav(shared, tmp_path_factory):
    """Analyse the smaller clips with PyAV; auto takes it for all of them, too."""
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
    rows = of(auto, CROWD).filter(pl.col("status") == "ok")
    per_track = rows.group_by("track").len()["len"].sort(descending=True)
    # Three people are in sight nearly throughout; passers-by come and go.
    assert (per_track.head(3) > 90).all()
    assert per_track.head(8).sum() / per_track.sum() > 0.95


def analysed(clip: Path, output: Path, **settings: object) -> pl.DataFrame:
    outcome = vidfer.analyze(clip, output, settings=vidfer.AnalyzeSettings(**settings))
    assert outcome.exit_code == 0
    return of(output, clip.name)


def boxes(rows: pl.DataFrame) -> np.ndarray:
    return rows.select("box_x", "box_y", "box_w", "box_h").to_numpy()


def overlap_with(rows: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """Return each face's best IoU with a face of `others` in its frame, and that one's emotion."""
    theirs = {frame: faces for (frame,), faces in found(others).group_by("frame")}
    parts = []
    for (frame,), faces in found(rows).group_by("frame"):
        there = theirs.get(frame)
        if there is None:
            parts.append(faces.select("emotion", iou=0.0, other=None))
            continue
        overlap = overlaps(boxes(faces), boxes(there))
        parts.append(
            faces.select(
                "emotion",
                iou=pl.Series(overlap.max(axis=1)),
                other=there["emotion"][overlap.argmax(axis=1).tolist()],
            )
        )
    return pl.concat(parts, how="vertical_relaxed")


def found(rows: pl.DataFrame) -> pl.DataFrame:
    faces = rows.filter(pl.col("status") == "ok")
    return faces.with_columns(pl.col("emotion").cast(pl.String))


def assert_same_faces(rows: pl.DataFrame, others: pl.DataFrame, *, share: float = 0.97) -> None:
    for one, other in ((rows, others), (others, rows)):
        assert (overlap_with(one, other)["iou"] >= 0.7).mean() >= share


def test_both_decoders_give_nearly_the_same_rows_of_8_bit_h264(auto, shared, tmp_path):
    pytest.importorskip("decord")
    clip = shared / "data" / "videos" / "talk_360p_1face.mp4"
    # decord gives RGB, PyAV its planes: the same frames, but not the same bits.
    rgb, planes = analysed(clip, tmp_path, decoder="decord"), of(auto, clip.name)
    for name in ("frame", "time_s"):
        assert rgb[name].unique().sort().equals(planes[name].unique().sort())
    assert_same_faces(rgb, planes)


def same_emotion(rows: pl.DataFrame, others: pl.DataFrame) -> float:
    """Return how many of the faces that both have show the same most likely emotion."""
    pairs = overlap_with(rows, others).filter(pl.col("iou") >= 0.7)
    return float((pairs["emotion"] == pairs["other"]).mean())


def of_side(rows: pl.DataFrame, least_px: float) -> pl.DataFrame:
    return rows.filter(pl.max_horizontal("box_w", "box_h") >= least_px)


def test_following_a_talking_person_loses_nothing(auto, shared, tmp_path):
    clip = shared / "data" / "videos" / "talk_360p_1face.mp4"
    searched, followed = analysed(clip, tmp_path, detect_every=1), of(auto, clip.name)
    assert set(searched["box_source"].drop_nulls()) == {"detected"}
    assert (followed["box_source"] == "tracked").mean() > 0.5
    assert_same_faces(searched, followed, share=0.99)
    assert same_emotion(searched, followed) >= 0.95


@pytest.mark.slow
def test_following_a_crowd_loses_hardly_any_face_that_is_as_large_as_asked_for(
    auto, shared, tmp_path
):
    searched = analysed(shared / "data" / "videos" / CROWD, tmp_path, detect_every=1)
    followed = of(auto, CROWD)
    large = of_side(searched, 40)
    assert (overlap_with(large, followed)["iou"] >= 0.7).mean() >= 0.97
    assert (overlap_with(of_side(followed, 40), searched)["iou"] >= 0.7).mean() >= 0.97
    # Smaller ones flicker whether they are searched for or followed.
    assert_same_faces(searched, followed, share=0.95)
    # Of faces as blurred as these, 3 % change if the frames are one grey level darker.
    assert same_emotion(searched, followed) >= 0.92


def test_the_manifest_says_which_decoder_and_why(auto):
    videos = vidfer.read_videos(auto)
    assert set(videos["decoder"]) == {"pyav"}
    assert set(videos["decoder_why"]) == {"its planes can be used as they are"}


def test_a_run_into_a_new_output_gives_the_same_rows(shared, tmp_path):
    clip = shared / "data" / "videos" / "single_face_360p.mp4"
    vidfer.analyze(clip, tmp_path / "one")
    vidfer.analyze(clip, tmp_path / "two", settings=vidfer.AnalyzeSettings(chunk_frames=3))
    assert_same_rows(tmp_path / "one", tmp_path / "two")
