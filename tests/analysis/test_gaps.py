"""A face out of sight for a moment is filled in, and every such row says so."""

import polars as pl
import pytest

import vidfer
from tests.analysis.timelines import face, no_face, timeline
from vidfer.errors import SettingsError


def filled(*rows: dict, **options) -> pl.DataFrame:
    return vidfer.fill_gaps(timeline(*rows), **options).collect()


def test_numbers_are_interpolated_over_time():
    made = filled(
        face(0, 0.0, happy=0.2, box_x=10.0),
        no_face(1, 0.1),
        no_face(2, 0.3),
        face(3, 0.4, happy=0.6, box_x=50.0),
    )
    assert made["happy"].to_list() == pytest.approx([0.2, 0.3, 0.5, 0.6])
    assert made["box_x"].to_list() == pytest.approx([10, 20, 40, 50])
    assert made["filled"].to_list() == [False, True, True, False]
    assert made["status"].to_list() == ["ok"] * 4
    assert made["face"].to_list() == [0, None, None, 0]
    assert made["emotion"].to_list()[1:3] == [made["emotion"][1], "happy"]
    assert made["confidence"][2] == pytest.approx(0.5)


def test_a_longer_gap_stays():
    rows = [face(0, 0.0), no_face(1, 0.5), face(2, 1.0)]
    assert filled(*rows, gap_s=0.9)["filled"].sum() == 0
    assert filled(*rows, gap_s=1.0)["filled"].sum() == 1


def test_another_face_in_the_frame_stays_beside_the_filled_one():
    made = filled(
        face(0, 0.0),
        face(1, 0.1, track=1, happy=0.9),
        face(2, 0.2),
    )
    assert made.select("frame", "track", "filled").rows() == [
        (0, 0, False),
        (1, 1, False),
        (1, 0, True),
        (2, 0, False),
    ]


def test_a_filled_face_is_usable_if_both_sights_are():
    made = filled(face(0, 0.0), no_face(1, 0.1), face(2, 0.2, usable=False))
    assert made["usable"].to_list() == [True, False, False]


def test_frames_that_were_not_analysed_get_no_row():
    assert filled(face(0, 0.0), face(10, 0.1))["filled"].to_list() == [False, False]


def test_nothing_is_filled_across_tracks_or_videos():
    made = filled(
        face(0, 0.0, video="a"),
        no_face(1, 0.1, video="a"),
        face(2, 0.2, video="a", track=1),
        no_face(0, 0.0, video="b"),
        face(1, 0.1, video="b"),
    )
    assert made["filled"].sum() == 0


def test_filling_once_more_keeps_the_flags_of_before():
    rows = [face(0, 0.0), no_face(1, 0.1), face(2, 0.2), no_face(3, 0.6), face(4, 1.0)]
    once = vidfer.fill_gaps(timeline(*rows))
    twice = vidfer.fill_gaps(once, gap_s=0.8).collect()
    assert twice["filled"].to_list() == [False, True, False, True, False]


def test_types_stay_and_an_empty_timeline_stays_empty():
    rows = timeline(face(0, 0.0), no_face(1, 0.1), face(2, 0.2))
    made = vidfer.fill_gaps(rows).collect()
    assert made.drop("filled").schema == rows.collect_schema()
    assert filled().height == 0


def test_a_gap_cannot_be_negative():
    with pytest.raises(SettingsError, match="gap_s must be a number at least 0; got -1"):
        vidfer.fill_gaps(timeline(), gap_s=-1)
