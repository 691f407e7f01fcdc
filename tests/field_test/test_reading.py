"""Timeline rows to what vidfer says of a labelled stretch."""

import numpy as np
import polars as pl
import pytest

from vidfer.emotions import EMOTIONS
from vidfer.field_test.items import LabelledItem
from vidfer.field_test.reading import COLUMNS, read_stretch
from vidfer.field_test.results import FileRows, result_of

HAPPY, SAD = EMOTIONS.index("happy"), EMOTIONS.index("sad")


def face(frame, emotion, *, side_px=50.0, usable=True, sure=0.7):
    probabilities = np.full(len(EMOTIONS), (1 - sure) / 6)
    probabilities[emotion] = sure
    return (frame, frame / 10, side_px, side_px, usable, *probabilities)


def no_face(frame):
    return (frame, frame / 10, *[None] * (len(COLUMNS) - 2))


def rows(*lines):
    kinds = dict.fromkeys(COLUMNS, pl.Float64) | {"frame": pl.Int32, "usable": pl.Boolean}
    return pl.DataFrame(list(lines), schema=kinds, orient="row")


def test_the_prediction_is_the_mean_over_frames():
    reading = read_stretch(rows(face(0, SAD, sure=0.4), face(1, HAPPY, sure=0.9)))
    assert reading.prediction == HAPPY
    assert reading.probabilities[HAPPY] == pytest.approx((0.9 + 0.1) / 2)
    assert reading.probabilities.sum() == pytest.approx(1)


def test_each_frame_counts_once_with_its_largest_face():
    reading = read_stretch(
        rows(face(0, SAD), face(0, HAPPY, side_px=80), face(0, SAD), no_face(1), face(2, HAPPY))
    )
    assert (reading.frames, reading.frames_with_face) == (3, 2)
    assert reading.probabilities[HAPPY] == pytest.approx(0.7)


def test_faces_that_are_not_usable_do_not_count_beside_usable_ones():
    reading = read_stretch(rows(face(0, HAPPY, usable=False), face(1, SAD, sure=0.4)))
    assert (reading.frames_usable, reading.prediction) == (1, SAD)
    assert reading.probabilities[SAD] == pytest.approx(0.4)


def test_faces_count_where_none_is_usable():
    reading = read_stretch(rows(face(0, HAPPY, usable=False), face(1, HAPPY, usable=False)))
    assert (reading.frames_usable, reading.prediction) == (0, HAPPY)


def test_a_stretch_begins_at_its_start_and_ends_before_its_end():
    timeline = rows(*(face(i, HAPPY if 3 <= i < 6 else SAD) for i in range(10)))
    reading = read_stretch(timeline, start_s=0.3, end_s=0.6)
    assert (reading.frames, reading.prediction) == (3, HAPPY)
    assert read_stretch(timeline, start_s=0.3).frames == 7
    assert read_stretch(timeline, end_s=0.6).frames == 6


def test_frames_before_time_zero_belong_to_the_whole():
    early = (0, -0.04, *face(0, HAPPY)[2:])
    assert read_stretch(rows(early, face(1, HAPPY))).frames == 2


def test_without_a_face_there_is_no_prediction():
    reading = read_stretch(rows(no_face(0), no_face(1)))
    assert (reading.frames, reading.frames_with_face, reading.prediction) == (2, 0, None)


def test_a_stretch_outside_the_video_fails_and_says_where_the_video_is(tmp_path):
    item = LabelledItem(path=tmp_path, shown="a.mp4", label=HAPPY, start_s=5, end_s=6)
    result = result_of(item, FileRows(rows(face(0, HAPPY), face(9, HAPPY))))
    assert result.status == "failed"
    assert "from 5 s to 6 s" in result.error
    assert "0.00 s to 0.90 s" in result.error
