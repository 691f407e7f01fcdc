"""Frames within windows and events, by the time that they share."""

import polars as pl
import pytest

from tests.analysis.timelines import steady, timeline
from vidfer.analysis.coverage import covered_frames
from vidfer.analysis.windows import events_of, frames_within, windows_of


def frames(count: int = 10, *, video: str = "clip.mp4") -> pl.DataFrame:
    return covered_frames(timeline(*steady([0.1] * count, video=video))).collect()


def stretches(*spans: tuple[float, float], video: str = "clip.mp4") -> pl.DataFrame:
    rows = [(video, float(start), float(end)) for start, end in spans]
    table = pl.DataFrame(rows, schema=["video", "start_s", "end_s"], orient="row")
    return table.with_row_index("stretch")


def times(*spans: tuple[float, float]) -> list[float]:
    """Return how long frames lie within each of the spans, in all."""
    found = frames_within(frames(), stretches(*spans))
    sums = found.group_by("stretch").agg(pl.col("weight_s").sum())
    return [
        round(float(s["weight_s"].sum()), 6)
        for s in (sums.filter(pl.col("stretch") == n) for n in range(len(spans)))
    ]


def test_windows_begin_at_zero_and_reach_to_the_end():
    made = windows_of(frames(), window_s=0.3)
    assert made["start_s"].to_list() == pytest.approx([0, 0.3, 0.6, 0.9])
    assert made["end_s"].to_list() == pytest.approx([0.3, 0.6, 0.9, 1.2])


def test_windows_of_nothing_are_none():
    assert windows_of(frames(0), window_s=1).height == 0


def test_frames_at_the_edge_count_in_part():
    found = frames_within(frames(), stretches((0.15, 0.42)))
    assert found["frame"].to_list() == [1, 2, 3, 4]
    assert found["weight_s"].to_list() == pytest.approx([0.05, 0.1, 0.1, 0.02])


def test_touching_is_not_being_within():
    assert frames_within(frames(), stretches((0.2, 0.4)))["frame"].to_list() == [2, 3]


def test_stretches_may_overlap_and_be_nested():
    assert times((0, 1), (0.2, 0.6), (0.5, 5)) == [1.0, 0.4, 0.5]


def test_stretches_outside_of_the_video_have_no_frames():
    assert times((-5, 0), (1.0, 2.0), (0.0, 0.1)) == [0.0, 0.0, 0.1]


def test_a_hole_belongs_to_nothing():
    holed = frames().filter((pl.col("frame") < 3) | (pl.col("frame") > 6))
    found = frames_within(holed, stretches((0.35, 0.65), (0.25, 0.75)))
    assert found.select("stretch", "frame").rows() == [(1, 2), (1, 7)]


def test_an_event_without_a_video_becomes_one_of_each():
    both = pl.concat([frames(video="a"), frames(video="b")])
    events = pl.DataFrame(
        {"video": [None, "b", "c"], "start_s": [0.0, 1.0, 2.0], "end_s": [1.0, 2.0, 3.0]}
    )
    assert events_of(both, events).rows() == [("a", 0, 1), ("b", 0, 1), ("b", 1, 2)]
