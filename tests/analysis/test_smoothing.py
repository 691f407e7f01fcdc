"""A centred mean over time, per track, weighted by the time that frames stand for."""

import polars as pl
import pytest

import vidfer
from tests.analysis.timelines import face, no_face, steady, timeline
from vidfer.errors import SettingsError, UsageError


def smoothed(*rows: dict, **options) -> list[float | None]:
    return vidfer.smooth(timeline(*rows), **options).collect()["happy_smooth"].to_list()


def test_at_a_constant_rate_it_is_the_mean_of_the_frames_within_half_a_window():
    rows = steady([0.0, 0.3, 0.6, 0.9, 0.0])
    # 0.2 s wide: one frame to either side, those at the very ends included.
    wanted = [0.15, 0.3, 0.6, 0.5, 0.45]
    assert smoothed(*rows, window_s=0.2) == pytest.approx(wanted, abs=1e-6)


def test_at_a_variable_rate_frames_weigh_by_their_time():
    rows = [face(n, t, happy=p) for n, (t, p) in enumerate([(0.0, 0.2), (0.1, 0.8), (0.3, 0.5)])]
    # They stand for 0.1, 0.2 and 0.15 (the median) seconds.
    wanted = (0.1 * 0.2 + 0.2 * 0.8 + 0.15 * 0.5) / 0.45
    assert smoothed(*rows, window_s=10) == pytest.approx([wanted] * 3, abs=1e-6)


def test_the_window_is_one_of_time_and_not_of_frames():
    times = [0.0, 0.01, 0.02, 0.03, 5.0]
    rows = [face(n, t, happy=float(n == 4)) for n, t in enumerate(times)]
    assert smoothed(*rows, window_s=2) == pytest.approx([0, 0, 0, 0, 1])


def test_tracks_and_videos_do_not_mix():
    rows = [
        *(face(n, n / 10, happy=0.2, video="a") for n in range(3)),
        *(face(n, n / 10, happy=0.6, video="a", track=1, face=1) for n in range(3)),
        *(face(n, n / 10, happy=0.9, video="b") for n in range(3)),
    ]
    wanted = [0.2] * 3 + [0.6] * 3 + [0.9] * 3
    assert smoothed(*rows, window_s=100) == pytest.approx(wanted, abs=1e-6)


def test_faces_that_are_not_usable_are_left_out_only_if_asked_for():
    rows = [face(0, 0.0, happy=0.3), face(1, 0.1, happy=0.9, usable=False)]
    assert smoothed(*rows, window_s=1) == pytest.approx([0.6, 0.6])
    assert smoothed(*rows, window_s=1, usable_only=True) == pytest.approx([0.3, 0.3])
    assert smoothed(*rows, window_s=0.1, usable_only=True) == [pytest.approx(0.3), None]


def test_rows_columns_and_raw_values_stay_and_no_face_stays_null():
    rows = timeline(face(0, 0.0, happy=0.4), no_face(1, 0.1), face(2, 0.2, happy=0.8))
    made = vidfer.smooth(rows, window_s=1).collect()
    assert made.select(rows.collect_schema().names()).equals(rows.collect())
    assert made["happy_smooth"].to_list() == [pytest.approx(0.6), None, pytest.approx(0.6)]
    assert made["emotion_smooth"].to_list() == ["happy", None, "happy"]
    assert made["confidence_smooth"].null_count() == 1


def test_smoothing_again_replaces_what_was_smoothed():
    rows = timeline(*steady([0.0, 0.5, 1.0]))
    twice = vidfer.smooth(vidfer.smooth(rows, window_s=10), window_s=0.2)
    assert twice.collect().equals(vidfer.smooth(rows, window_s=0.2).collect())


def test_filtering_and_selecting_afterwards_do_not_change_a_mean():
    rows = vidfer.smooth(timeline(*steady([0.0, 0.6, 0.0])), window_s=0.2)
    kept = rows.filter(pl.col("frame") == 1).select("happy_smooth").collect()
    assert kept.item() == pytest.approx(0.2, abs=1e-6)


def test_a_thousand_hours_apart_is_still_apart():
    rows = [face(0, 0.0, happy=0.1), face(1, 3.6e6, happy=0.9)]
    assert smoothed(*rows, window_s=3.4) == pytest.approx([0.1, 0.9])


@pytest.mark.parametrize("rows", [[], [no_face(0, 0.0)], [face(0, 0.0, happy=0.7)]])
def test_empty_faceless_and_one_frame_videos_are_no_trouble(rows):
    wanted = [None if row["track"] is None else pytest.approx(0.7) for row in rows]
    assert smoothed(*rows) == wanted


@pytest.mark.parametrize("window_s", [0, -1, float("nan"), "wide", True])
def test_a_window_must_have_a_width(window_s):
    with pytest.raises(SettingsError, match="window_s must be a number above 0"):
        vidfer.smooth(timeline(), window_s=window_s)


def test_a_table_that_is_no_timeline_is_refused():
    with pytest.raises(UsageError, match=r"lacks the columns .*time_s"):
        vidfer.smooth(pl.LazyFrame({"video": ["a"]}))
