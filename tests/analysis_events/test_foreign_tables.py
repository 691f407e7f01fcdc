"""Tables of other tools are told from their columns and read as faces."""

import pytest

from tests.analysis_events.making import probabilities
from vidfer.analysis.foreign_timelines import read_foreign
from vidfer.emotions import EMOTIONS
from vidfer.errors import UsageError

HAPPY = EMOTIONS.index("happy")
ONE_HAPPY = "0.1,0,0,0.9,0,0,0"


def faces_in(tmp_path, *lines: str, ending: str = "\n"):
    path = tmp_path / "table.csv"
    path.write_bytes((ending.join(lines) + ending).encode())
    return read_foreign(path).to_dicts()


def box(row: dict) -> tuple:
    return tuple(row[f"box_{part}"] for part in "xywh")


PYFEAT_1 = "FaceRectX,FaceRectY,FaceRectWidth,FaceRectHeight,FaceScore,x_0,y_0,Pitch,AU01,anger,disgust,fear,happiness,sadness,surprise,neutral,FrameHeight,FrameWidth,input,frame,approx_time"  # noqa: E501
PYFEAT_2 = "FaceRectX,FaceRectY,FaceRectWidth,FaceRectHeight,FaceScore,Neutral,Happy,Sad,Surprise,Fear,Disgust,Anger,valence,arousal,input,frame,approx_time"  # noqa: E501


def test_py_feat_1(tmp_path):
    first, second = faces_in(
        tmp_path,
        PYFEAT_1,
        f"10,20,30,40,0.99,1,2,0,0.5,{ONE_HAPPY},360,640,clips/a.mp4,0,00:00",
        ",,,,,,,,,,,,,,,,360,640,clips/a.mp4,24,00:01",
    )
    assert (first["video"], first["frame"], first["time_s"]) == ("clips/a.mp4", 0, None)
    assert (box(first), first["emotion"], first["happy"]) == ((10, 20, 30, 40), HAPPY, 0.9)
    assert (second["moment"], second["is_face"], second["emotion"]) == (24, False, None)


def test_py_feat_2_has_other_names_in_another_order(tmp_path):
    (row,) = faces_in(tmp_path, PYFEAT_2, "1,2,3,4,.9,0.1,0.7,0.2,0,0,0,0,.3,.2,a.mp4,7,00:00")
    assert (row["neutral"], row["happy"], row["sad"], row["angry"]) == (0.1, 0.7, 0.2, 0.0)
    assert row["emotion"] == HAPPY


def test_openface_2_tells_where_faces_are_and_no_emotion(tmp_path):
    first, second = faces_in(
        tmp_path,
        "frame, face_id, timestamp, confidence, success, X_0, x_0, x_1, y_0, y_1, Y_1, AU01_r",
        "1, 0, 0.000, 0.98, 1, -62.2, 10, 30, 5, 45, 900, 0.2",
        "2, 0, 0.033, 0.02, 0, 0, 0, 0, 0, 0, 0, 0",
        ending="\r\n",
    )
    assert (first["is_face"], first["time_s"], first["emotion"]) == (True, 0.0, None)
    assert (box(first), first["box_is_part"]) == ((10, 5, 20, 40), True)
    assert (second["is_face"], second["time_s"], box(second)[0]) == (False, 0.033, None)


def test_fer_has_several_faces_to_a_row_and_neither_frame_nor_time(tmp_path):
    names = [f"{name}{face}" for face in (0, 1) for name in ("box", *EMOTIONS)]
    rows = faces_in(
        tmp_path,
        ",".join(names),
        f'"[1, 2, 3, 4]",{ONE_HAPPY},"[5 6 7 8]",{ONE_HAPPY}',
        f'"[1, 2, 3, 4]",{ONE_HAPPY},,,,,,,,',
    )
    assert [(row["moment"], row["face"], box(row)) for row in rows] == [
        (0, 0, (1, 2, 3, 4)),
        (0, 1, (5, 6, 7, 8)),
        (1, 0, (1, 2, 3, 4)),
    ]
    assert {row["emotion"] for row in rows} == {HAPPY}
    assert {(row["frame"], row["time_s"]) for row in rows} == {(None, None)}


def test_the_first_face_alone_that_fer_writes_has_no_numbers(tmp_path):
    (row,) = faces_in(tmp_path, "box," + ",".join(EMOTIONS), f'"[1, 2, 3, 4]",{ONE_HAPPY}')
    assert (box(row), row["happy"]) == ((1, 2, 3, 4), 0.9)


@pytest.mark.parametrize("dot", [".", "_"])
def test_deepface_writes_percentages(tmp_path, dot):
    header = [f"emotion{dot}{name}" for name in EMOTIONS]
    (row,) = faces_in(
        tmp_path,
        ";".join(
            [*header, "dominant_emotion", *(f"region{dot}{part}" for part in "xywh"), "frame"]
        ),
        "10;0;0;90;0;0;0;happy;1;2;3;4;12",
    )
    assert (row["happy"], row["emotion"], box(row)) == (0.9, HAPPY, (1, 2, 3, 4))
    assert row["frame"] == 12


def test_one_word_per_face_without_probabilities_will_do(tmp_path):
    rows = faces_in(
        tmp_path, "frame_idx,frame_time_in_ms,facial_expression", "0,0.0,Happiness", "1,0.04,odd"
    )
    assert [row["emotion"] for row in rows] == [HAPPY, None]
    assert [row["time_s"] for row in rows] == [0.0, 0.04]
    assert rows[0]["happy"] is None


def test_seconds_since_1970_are_no_times_of_a_video(tmp_path):
    (row,) = faces_in(tmp_path, "timestamp,emotion", "1700000000.0,happy")
    assert row["time_s"] is None


def test_a_byte_order_mark_and_cells_that_are_no_numbers_do_no_harm(tmp_path):
    header = ",".join(["frame", *EMOTIONS])
    rows = faces_in(tmp_path, "\ufeff" + header, f"0,{ONE_HAPPY}", "1,nan,-nan(ind),x,,inf,0,0")
    assert [row["is_face"] for row in rows] == [True, True]
    assert rows[1]["emotion"] is None


def test_probabilities_that_are_rounded_are_no_percentages(tmp_path):
    values = probabilities("happy", 0.95)
    line = ",".join(f"{value + 0.01:.2f}" for value in values.values())
    (row,) = faces_in(tmp_path, "frame," + ",".join(values), f"0,{line}")
    assert row["happy"] == 0.96


def test_a_table_without_rows_has_no_faces(tmp_path):
    assert faces_in(tmp_path, "frame," + ",".join(EMOTIONS)) == []


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"\nframe,emotion\n", "its first line is"),
        (b"a,b\n1,2\n", "is no table of faces or events: its columns are a, b"),
        (b"frame,emotion\n1,\xff\n", "cannot be read as CSV|is not UTF-8"),
    ],
)
def test_what_is_no_table_of_faces_is_refused(tmp_path, content, sentence):
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=sentence):
        read_foreign(path)
