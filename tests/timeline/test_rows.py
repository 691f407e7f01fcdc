"""Timeline rows: the columns of the contract, whatever the faces."""

from dataclasses import replace

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from tests.fakes import AlwaysHappy, SquareFinder, SquareNumbering, frames_with_squares
from vidfer.batches import FaceBatch
from vidfer.emotions import EMOTIONS
from vidfer.timeline.reader import table_to_polars
from vidfer.timeline.rows import timeline_rows
from vidfer.timeline.schema import TIMELINE_SCHEMA

FACE_COLUMNS = [name for name in TIMELINE_SCHEMA.names if TIMELINE_SCHEMA.field(name).nullable]


def rows_of(counts: list[int]) -> pa.Table:
    frames = frames_with_squares(counts)
    finder = SquareFinder()
    faces = finder.find(finder.glance(frames), None)
    track = SquareNumbering().number(frames, frames.index, faces)
    emotions = AlwaysHappy().classify(faces.crops)
    return timeline_rows("a/clip.mp4", frames, with_every_second_tracked(faces), track, emotions)


def with_every_second_tracked(faces: FaceBatch) -> FaceBatch:
    tracked = np.arange(len(faces)) % 2 == 1
    return replace(faces, detections=replace(faces.detections, tracked=tracked))


@pytest.mark.parametrize("counts", [[0], [1], [0, 0, 0], [3, 0, 1], [2, 2]])
def test_rows_have_the_schema_and_stand_by_frame_then_face(counts):
    rows = rows_of(counts)
    assert rows.schema == TIMELINE_SCHEMA
    frame = rows["frame"].to_pylist()
    assert frame == sorted(frame)
    assert sorted(set(frame)) == list(range(len(counts)))
    assert len(rows) == sum(max(count, 1) for count in counts)


def test_a_frame_without_a_face_is_null_in_every_face_column_and_never_nan():
    row = table_to_polars(rows_of([0])).row(0, named=True)
    assert all(row[name] is None for name in FACE_COLUMNS)
    assert row["status"] == "no_face"


def test_values_stand_on_their_face():
    rows = table_to_polars(rows_of([1, 0, 2])).filter(pl.col("status") == "ok")
    assert rows["box_x"].to_list() == [0.0, 0.0, 16.0]
    assert rows["track"].to_list() == [0, 0, 1]
    assert rows["usable"].to_list() == [True, False, True]
    assert rows["box_source"].to_list() == ["detected", "tracked", "detected"]
    assert set(rows["emotion"]) == {"happy"}
    assert np.allclose(rows["confidence"], 0.7)


def test_probability_columns_are_the_emotions_in_their_order():
    names = TIMELINE_SCHEMA.names
    start = names.index("angry")
    assert tuple(names[start : start + 7]) == EMOTIONS
