"""Boxes continue each other by overlap first, then by nearness."""

import numpy as np
import pytest

from vidfer.faces.matching import matched_pairs, overlaps


def boxes_of(*boxes: tuple[float, ...]) -> np.ndarray:
    return np.array(boxes, dtype=np.float32).reshape(-1, 4)


def box(x: float, y: float = 0.0, side: float = 40.0) -> tuple[float, ...]:
    return (x, y, side, side)


def pairs(boxes: list, known: list, *, most_shift: float = 0.75) -> dict[int, int]:
    return matched_pairs(boxes_of(*boxes), boxes_of(*known), most_shift=most_shift)


def test_overlap_is_intersection_over_union():
    one = boxes_of((0, 0, 10, 10), (100, 100, 5, 5))
    other = boxes_of((0, 0, 10, 10), (5, 0, 10, 10), (2, 2, 5, 5))
    expected = [[1, 50 / 150, 25 / 100], [0, 0, 0]]
    np.testing.assert_allclose(overlaps(one, other), expected, rtol=1e-6)


def test_boxes_without_area_overlap_nothing():
    empty = boxes_of((5, 5, 0, 0))
    assert overlaps(empty, empty).tolist() == [[0]]


@pytest.mark.parametrize(("boxes", "known"), [([], []), ([box(0)], []), ([], [box(0)])])
def test_nothing_pairs_with_nothing(boxes, known):
    assert pairs(boxes, known) == {}


def test_each_box_continues_the_one_that_it_overlaps_most():
    assert pairs([box(105), box(3)], [box(0), box(100)]) == {0: 1, 1: 0}


def test_the_best_pair_goes_first_and_nobody_is_taken_twice():
    assert pairs([box(14), box(2)], [box(0)]) == {1: 0}
    assert pairs([box(4)], [box(10), box(3)]) == {0: 1}


def test_a_box_that_lost_its_best_match_takes_the_next_one():
    assert pairs([box(0), box(4)], [box(1), box(20)]) == {0: 0, 1: 1}


@pytest.mark.parametrize(("shift", "expected"), [(0.7, {0: 0}), (0.8, {})])
def test_without_overlap_the_centre_may_move_by_so_many_sides(shift, expected):
    assert pairs([box(40 * shift)], [box(0)], most_shift=0.75) == expected


def test_further_is_allowed_where_that_is_asked_for():
    assert pairs([box(120)], [box(0)], most_shift=3.5) == {0: 0}
    assert pairs([box(150)], [box(0)], most_shift=3.5) == {}


@pytest.mark.parametrize(("side", "expected"), [(55.0, {0: 0}), (65.0, {}), (25.0, {})])
def test_a_face_that_moved_too_far_to_overlap_keeps_about_its_size(side, expected):
    middle = 70.0 + 20
    moved = box(middle - side / 2, 20 - side / 2, side)
    assert pairs([moved], [box(0)], most_shift=3.5) == expected


def test_overlap_goes_before_nearness():
    # The second box is nearer in the middle, but too small to overlap enough.
    assert pairs([box(15), (12.0, 12.0, 16.0, 16.0)], [box(0)], most_shift=3.5) == {0: 0}


def test_of_two_that_are_only_near_the_nearer_one_continues():
    assert pairs([box(100), box(60)], [box(0)], most_shift=3.5) == {1: 0}


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_boxes_changes_no_pair(seed):
    random = np.random.default_rng(seed)
    one, other = (
        np.concatenate([random.uniform(0, 200, (6, 2)), random.uniform(20, 60, (6, 2))], axis=1)
        for _ in range(2)
    )
    order = random.permutation(6)
    expected = matched_pairs(one, other, most_shift=2.0)
    shuffled = matched_pairs(one[order], other, most_shift=2.0)
    assert {int(order[i]): j for i, j in shuffled.items()} == expected
