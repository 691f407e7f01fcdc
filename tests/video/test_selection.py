"""Which frames a rule takes, from numbers and times alone."""

import itertools
import random

import pytest

from vidfer.video.selection import FrameSelection


def taken(selection: FrameSelection, times_s: list[float]) -> list[int]:
    previous: list[float | None] = [None, *times_s[:-1]]
    return [
        i
        for i, (time_s, before) in enumerate(zip(times_s, previous))
        if selection.takes(i, time_s, previous_time_s=before)
    ]


def steady(count: int, *, rate: float) -> list[float]:
    return [i / rate for i in range(count)]


def irregular(seed: int, count: int = 200) -> list[float]:
    """Return rising times with gaps of 1 to 900 ms."""
    chance = random.Random(seed)
    return list(
        itertools.accumulate(chance.choice((1, 17, 33, 40, 900)) / 1000 for _ in range(count))
    )


def test_without_a_rule_all_frames_are_taken():
    assert taken(FrameSelection(), steady(5, rate=25)) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("every", [1, 2, 3, 10])
def test_every_takes_multiples_whatever_the_times(every):
    assert taken(FrameSelection(every=every), irregular(1)) == list(range(0, 200, every))


@pytest.mark.parametrize("rate", [24, 25, 29.97, 30, 50, 59.94, 60])
def test_fps_gives_that_many_frames_a_second(rate):
    times_s = steady(int(10 * rate), rate=rate)
    assert len(taken(FrameSelection(fps=5), times_s)) == 50


@pytest.mark.parametrize("rate", [24, 25, 30, 50, 60, 120, 240])
def test_fps_of_the_video_takes_all_its_frames(rate):
    times_s = steady(10 * rate, rate=rate)
    assert taken(FrameSelection(fps=rate), times_s) == list(range(len(times_s)))


def test_fps_above_the_videos_takes_each_frame_once():
    times_s = steady(50, rate=25)
    assert taken(FrameSelection(fps=1000), times_s) == list(range(50))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("fps", [0.5, 1, 3, 10, 29.97])
def test_fps_takes_the_first_frame_of_each_slot_that_has_one(fps, seed):
    times_s = irregular(seed)
    slots = [int(time_s * fps + 1e-6) for time_s in times_s]
    first = [slots.index(slot) for slot in sorted(set(slots))]
    assert taken(FrameSelection(fps=fps), times_s) == first


def test_a_stamp_rounded_down_belongs_to_the_slot_that_it_begins():
    assert taken(FrameSelection(fps=10), [0.0, 0.0999999, 0.15, 0.2, 0.2999999]) == [0, 1, 3, 4]


def test_fps_after_a_gap_takes_one_frame_and_does_not_catch_up():
    assert taken(FrameSelection(fps=10), [0.0, 0.04, 5.0, 5.04, 5.08, 5.12]) == [0, 2, 5]


def test_start_is_included_and_end_excluded():
    selection = FrameSelection(start_s=0.2, end_s=0.6)
    assert taken(selection, [0.0, 0.2, 0.4, 0.6, 0.8]) == [1, 2]


def test_every_counts_from_the_videos_first_frame_not_from_the_start():
    assert taken(FrameSelection(every=4, start_s=0.2), steady(12, rate=25)) == [8]


def test_fps_takes_the_first_frame_after_a_start_within_a_slot():
    assert taken(FrameSelection(fps=1, start_s=0.5), steady(75, rate=25)) == [13, 25, 50]


@pytest.mark.parametrize("fps", [None, 3.0])
@pytest.mark.parametrize("seed", range(5))
def test_two_adjoining_windows_together_take_what_one_takes(fps, seed):
    times_s = irregular(seed)
    middle = 5.0  # a slot of 3 fps begins here
    first = taken(FrameSelection(fps=fps, end_s=middle), times_s)
    second = taken(FrameSelection(fps=fps, start_s=middle), times_s)
    assert first + second == taken(FrameSelection(fps=fps), times_s)


def test_is_over_from_the_end_on():
    selection = FrameSelection(end_s=1.0)
    assert [selection.is_over(time_s) for time_s in (0.0, 0.999, 1.0, 5.0)] == [
        False,
        False,
        True,
        True,
    ]


def test_a_selection_without_end_is_never_over_and_whole():
    assert FrameSelection(start_s=5.0).is_whole
    assert not FrameSelection(start_s=5.0).is_over(1e9)
    assert not FrameSelection(end_s=5.0).is_whole


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_taken_once_it_is_over(seed):
    selection = FrameSelection(fps=2, end_s=7.5)
    times_s = irregular(seed)
    assert not any(selection.is_over(times_s[i]) for i in taken(selection, times_s))
