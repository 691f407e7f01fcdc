"""A frame stands for the time until the next one."""

import polars as pl
import pytest

from tests.analysis.timelines import face, no_face, steady, timeline
from vidfer.analysis.coverage import LONE_FRAME_S, with_covered_s


def covered(*rows: dict) -> list[float]:
    return with_covered_s(timeline(*rows)).collect()["covered_s"].to_list()


def test_frames_of_a_variable_rate_stand_for_the_time_until_the_next():
    rows = [face(n, time_s) for n, time_s in enumerate([0.0, 0.1, 0.3, 0.4, 0.5])]
    # Spacings 0.1, 0.2, 0.1, 0.1; the last frame stands for their median.
    assert covered(*rows) == pytest.approx([0.1, 0.2, 0.1, 0.1, 0.1])


def test_the_time_after_a_hole_is_not_known_from_the_frame_before_it():
    rows = [face(n, time_s) for n, time_s in enumerate([0.0, 0.1, 0.2, 60.0, 60.1])]
    assert covered(*rows) == pytest.approx([0.1, 0.1, 3 * 0.1, 0.1, 0.1])


def test_all_faces_of_a_frame_have_its_time_and_frames_without_a_face_count():
    rows = [
        face(0, 0.0),
        face(0, 0.0, face=1, track=1),
        no_face(1, 0.2),
        face(2, 0.4),
    ]
    assert covered(*rows) == pytest.approx([0.2, 0.2, 0.2, 0.2])


def test_every_nth_frame_stands_for_n():
    rows = [face(5 * n, 0.2 * n) for n in range(4)]
    assert covered(*rows) == pytest.approx([0.2] * 4)


def test_each_video_has_its_own_rate():
    slow = [face(n, n / 5, video="slow.mp4") for n in range(3)]
    fast = [face(n, n / 50, video="fast.mp4") for n in range(3)]
    assert covered(*slow, *fast) == pytest.approx([0.2] * 3 + [0.02] * 3)


def test_the_only_frame_of_a_video_stands_for_a_25th_of_a_second():
    assert covered(face(0, 0.0)) == [LONE_FRAME_S]


def test_frames_with_one_time_stamp_say_nothing_of_the_rate():
    rows = [face(n, time_s) for n, time_s in enumerate([0.0, 0.0, 0.0, 0.1, 0.2])]
    assert covered(*rows) == pytest.approx([0.0, 0.0, 0.1, 0.1, 0.1])


def test_rows_keep_their_order_and_a_column_that_is_there_is_kept():
    shuffled = timeline(*steady([0.1] * 4)).collect().reverse().lazy()
    once = with_covered_s(shuffled).collect()
    assert once["frame"].to_list() == [3, 2, 1, 0]
    some = once.filter(pl.col("frame") != 1).lazy()
    assert with_covered_s(some).collect()["covered_s"].to_list() == pytest.approx([0.1] * 3)


def test_an_empty_timeline_stays_empty():
    assert with_covered_s(timeline()).collect().height == 0
