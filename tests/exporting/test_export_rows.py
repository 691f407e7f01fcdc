"""Formats of rows: each column of the other tool, in its units and with its conventions."""

import ast

import pandas as pd
import pytest

import vidfer
from tests.exporting.scripted_timelines import SeenFace, happy, sad, write_video
from vidfer.emotions import EMOTIONS
from vidfer.exporting import recording
from vidfer.timeline.schema import TIMELINE_SCHEMA

ROW_FORMATS = ["csv", "pyfeat", "openface", "fer", "deepface"]

# Two faces, nobody, one face.
FRAMES = [[happy(0), sad(1)], [], [SeenFace(1, "fear", 0.456)]]


@pytest.fixture
def output(tmp_path):
    write_video(tmp_path / "out", "a/clip.mp4", FRAMES)
    return tmp_path / "out"


def exported(output, format):
    (file,) = vidfer.export(output, format=format, to=output.parent / "exports")
    return pd.read_csv(file)


def test_csv_is_the_timeline_column_by_column(output):
    table = exported(output, "csv")
    rows = vidfer.read_timeline(output).collect()
    assert list(table.columns) == TIMELINE_SCHEMA.names
    for name in TIMELINE_SCHEMA.names:
        ours, theirs = rows[name].to_list(), table[name].to_list()
        if name in ("video", "status", "emotion", "box_source", "usable"):
            assert [None if pd.isna(value) else value for value in theirs] == ours
        else:
            assert theirs == pytest.approx(
                [float("nan") if v is None else v for v in ours], rel=1e-6, nan_ok=True
            )


def test_pyfeat_has_the_columns_of_its_first_detector_in_their_order(output):
    names = list(exported(output, "pyfeat").columns)
    assert names[:5] == [
        "FaceRectX", "FaceRectY", "FaceRectWidth", "FaceRectHeight", "FaceScore",
    ]  # fmt: skip
    assert names[5:141] == [f"{axis}_{point}" for axis in "xy" for point in range(68)]
    assert names[141:147] == ["Pitch", "Roll", "Yaw", "X", "Y", "Z"]
    assert names[147:167] == [
        "AU01", "AU02", "AU04", "AU05", "AU06", "AU07", "AU09", "AU10", "AU11", "AU12",
        "AU14", "AU15", "AU17", "AU20", "AU23", "AU24", "AU25", "AU26", "AU28", "AU43",
    ]  # fmt: skip
    assert names[167:174] == [
        "anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral",
    ]  # fmt: skip
    assert names[174:] == [
        "gaze_pitch", "gaze_yaw", "gaze_angle", "FrameHeight", "FrameWidth",
        "input", "frame", "approx_time", "Identity",
    ]  # fmt: skip


def test_pyfeat_counts_frames_from_0_and_has_a_row_of_nothing_where_there_is_no_face(output):
    table = exported(output, "pyfeat")
    assert table["frame"].tolist() == [0, 0, 1, 2]
    assert table["Identity"].tolist()[:2] == ["Person_0", "Person_1"]
    assert table["happiness"].tolist() == pytest.approx(
        [0.9, 0.1 / 6, float("nan"), 0.544 / 6], nan_ok=True
    )
    assert table["FaceRectX"].tolist()[:2] == [10.25, 110.25]
    nothing = table.loc[2].dropna().to_dict()
    assert nothing == {
        "FrameHeight": 360.0,
        "FrameWidth": 640.0,
        "input": "/videos/a/clip.mp4",
        "frame": 1,
        "approx_time": "00:00",
    }


def test_pyfeat_and_openface_know_nose_and_mouth_of_the_68_points(output):
    for format in ("pyfeat", "openface"):
        face = exported(output, format).loc[0]
        known = {
            f"{axis}_{point}"
            for axis in "xy"
            for point in range(68)
            if not pd.isna(face[f"{axis}_{point}"])
        }
        assert known == {f"{axis}_{point}" for axis in "xy" for point in (30, 48, 54)}
        assert face["x_48"] < face["x_30"] < face["x_54"]
        assert face["y_30"] < face["y_48"]


def test_pyfeat_writes_minutes_and_whole_seconds(tmp_path):
    write_video(tmp_path / "out", "long.mp4", [[]] * (25 * 61 + 20))
    assert exported(tmp_path / "out", "pyfeat")["approx_time"].iloc[-1] == "01:01"


def test_openface_counts_frames_from_1_and_time_from_0(output):
    table = exported(output, "openface")
    assert list(table.columns) == [
        *("frame", "face_id", "timestamp", "confidence", "success"),
        *(f"{axis}_{point}" for axis in "xy" for point in range(68)),
        *EMOTIONS,
    ]
    assert table["frame"].tolist() == [1, 1, 2, 3]
    assert table["timestamp"].tolist() == [0.0, 0.0, 0.04, 0.08]
    assert table["face_id"].tolist() == [0, 1, 0, 1]
    assert table["success"].tolist() == [1, 1, 0, 1]
    assert table["confidence"].tolist() == [0.99, 0.99, 0.0, 0.99]


def test_fer_is_wide_sorted_and_without_empty_frames(output):
    table = exported(output, "fer")
    names = ["angry", "box", "disgust", "fear", "happy", "neutral", "sad", "surprise"]
    assert list(table.columns) == [f"{name}{face}" for name in names for face in (0, 1)]
    assert len(table) == 2
    assert ast.literal_eval(table["box1"][0]) == [110, 20, 60, 80]
    assert table["happy0"].tolist() == [0.9, 0.09]
    assert table["fear0"].tolist() == [0.02, 0.46]
    assert table.loc[1, [name for name in table if name.endswith("1")]].isna().all()


def test_deepface_is_what_pandas_makes_of_its_answers(output):
    table = exported(output, "deepface")
    answer = {
        "emotion": dict.fromkeys(EMOTIONS, 1.0),
        "dominant_emotion": "happy",
        "region": {"x": 1, "y": 2, "w": 3, "h": 4, "left_eye": (5, 6), "right_eye": (7, 8)},
        "face_confidence": 0.9,
    }
    assert list(table.columns) == ["frame", "time_s", *pd.json_normalize([answer]).columns]
    assert table["frame"].tolist() == [0, 0, 1, 2]
    face = table.loc[0]
    assert face["dominant_emotion"] == "happy"
    assert face["emotion.happy"] == pytest.approx(90)
    assert sum(face[f"emotion.{name}"] for name in EMOTIONS) == pytest.approx(100, abs=1e-3)
    assert face["face_confidence"] == 0.99
    # Left is the person's left, which a viewer sees to the right.
    left, right = (ast.literal_eval(face[f"region.{side}_eye"]) for side in ("left", "right"))
    assert left[0] > right[0]
    assert table.loc[2].dropna().to_dict() == {"frame": 1, "time_s": 0.04}


@pytest.mark.parametrize("format", ROW_FORMATS)
@pytest.mark.parametrize("frames", [[], [[]], [[], [], []]], ids=["no row", "one", "three"])
def test_videos_without_faces_and_without_frames_give_tables(format, frames, tmp_path):
    write_video(tmp_path / "out", "empty.mp4", frames)
    table = exported(tmp_path / "out", format)
    assert len(table) == (0 if format == "fer" else len(frames))
    assert len(table.columns) > 7


@pytest.mark.parametrize("format", ROW_FORMATS)
def test_files_do_not_depend_on_how_many_rows_are_in_memory(format, output, monkeypatch):
    (file,) = vidfer.export(output, format=format, to=output.parent / "whole")
    for rows in (1, 2, 3):
        monkeypatch.setattr(recording, "_BATCH_ROWS", rows)
        (other,) = vidfer.export(output, format=format, to=output.parent / "parts")
        assert other.read_bytes() == file.read_bytes()
