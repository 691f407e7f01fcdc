"""The cascade's box arithmetic, against what facenet-pytorch does in plain Python."""

import numpy as np
import pytest
import torch

from vidfer.faces.boxes import clipped_regions, refine, squared, suppress_contained

WIDTH_PX, HEIGHT_PX = 64, 48


def boxes_of(count: int, *, seed: int, spread_px: float = 60.0) -> torch.Tensor:
    random = np.random.default_rng(seed)
    low = random.uniform(-10, spread_px, (count, 2))
    size = random.uniform(1, 40, (count, 2))
    return torch.tensor(np.concatenate([low, low + size], axis=1), dtype=torch.float32)


def scores_of(count: int, *, seed: int) -> np.ndarray:
    """Distinct scores in random order."""
    order = np.random.default_rng(seed).permutation(count)
    return ((order + 1) / (count + 1)).astype(np.float32)


def overlap_of_smaller(one: list[float], other: list[float]) -> float:
    width = max(0.0, min(one[2], other[2]) - max(one[0], other[0]) + 1)
    height = max(0.0, min(one[3], other[3]) - max(one[1], other[1]) + 1)
    smaller = min((x2 - x1 + 1) * (y2 - y1 + 1) for x1, y1, x2, y2 in (one, other))
    return width * height / smaller


def suppressed_slowly(corners: np.ndarray, scores: np.ndarray, threshold: float) -> list[int]:
    """facenet-pytorch's nms_numpy with the method 'Min', box by box."""
    boxes = corners.astype(np.float64).tolist()
    left = sorted(range(len(boxes)), key=lambda i: -float(scores[i]))
    kept = []
    while left:
        best = left.pop(0)
        kept.append(best)
        left = [i for i in left if overlap_of_smaller(boxes[best], boxes[i]) <= threshold]
    return kept


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("threshold", [0.3, 0.7])
def test_suppression_keeps_what_the_plain_algorithm_keeps(seed, threshold):
    corners, scores = boxes_of(40, seed=seed).numpy(), scores_of(40, seed=seed)
    kept = suppress_contained(corners, scores, threshold=threshold).tolist()
    assert kept == suppressed_slowly(corners, scores, threshold)
    assert 1 < len(kept) < 40


def test_the_smaller_of_two_boxes_goes_when_it_lies_in_a_better_one():
    corners = np.array([[0.0, 0, 100, 100], [40, 40, 60, 60]])
    assert suppress_contained(corners, np.array([0.9, 0.8]), threshold=0.7).tolist() == [0]
    assert suppress_contained(corners, np.array([0.8, 0.9]), threshold=0.7).tolist() == [1]


def test_boxes_that_touch_nothing_are_all_kept_by_falling_score():
    corners = np.array([[0.0, 0, 9, 9], [20, 0, 29, 9], [40, 0, 49, 9]])
    kept = suppress_contained(corners, np.array([0.2, 0.9, 0.5]), threshold=0.7)
    assert kept.tolist() == [1, 2, 0]


def test_of_equal_scores_the_first_box_stays():
    corners = np.array([[0.0, 0, 9, 9], [0, 0, 9, 9], [0, 0, 9, 9]])
    assert suppress_contained(corners, np.full(3, 0.5), threshold=0.7).tolist() == [0]


def test_no_boxes_leave_none():
    kept = suppress_contained(np.empty((0, 4)), np.empty(0), threshold=0.7)
    assert kept.shape == (0,)
    assert kept.dtype == np.int64


def test_squares_share_the_centre_and_the_longer_side():
    corners = boxes_of(50, seed=1)
    result = squared(corners)
    size, square = corners[:, 2:] - corners[:, :2], result[:, 2:] - result[:, :2]
    torch.testing.assert_close(square[:, 0], square[:, 1])
    torch.testing.assert_close(square[:, 0], size.max(dim=1).values)
    torch.testing.assert_close(
        result[:, :2] + result[:, 2:], corners[:, :2] + corners[:, 2:], rtol=0, atol=1e-4
    )


def test_squares_cover_their_box():
    corners = boxes_of(50, seed=2)
    result = squared(corners)
    assert (result[:, :2] <= corners[:, :2] + 1e-4).all()
    assert (result[:, 2:] >= corners[:, 2:] - 1e-4).all()


def test_a_square_stays_as_it_is():
    corners = torch.tensor([[3.0, 5.0, 13.0, 15.0]])
    assert torch.equal(squared(corners), corners)


def test_refining_without_offsets_moves_nothing():
    corners = boxes_of(5, seed=3)
    for inclusive in (False, True):
        assert torch.equal(refine(corners, torch.zeros(5, 4), inclusive=inclusive), corners)


def test_offsets_count_in_widths_and_heights():
    corners = torch.tensor([[10.0, 20.0, 30.0, 60.0]])
    offsets = torch.tensor([[0.1, 0.1, -0.1, 0.5]])
    exclusive = refine(corners, offsets, inclusive=False)
    inclusive = refine(corners, offsets, inclusive=True)
    torch.testing.assert_close(exclusive, torch.tensor([[12.0, 24.0, 28.0, 80.0]]))
    torch.testing.assert_close(inclusive, torch.tensor([[12.1, 24.1, 27.9, 80.5]]))


def clipped(*corners: float) -> list[float]:
    regions = clipped_regions(torch.tensor([corners]), width_px=WIDTH_PX, height_px=HEIGHT_PX)
    return regions[0].tolist()


def test_a_box_inside_the_frame_counts_from_one_and_holds_its_last_pixel():
    assert clipped(1.0, 1.0, 10.0, 20.0) == [0, 0, 10, 20]
    assert clipped(5.9, 6.9, 10.9, 20.9) == [4, 5, 10, 20]


def test_a_box_is_cut_at_each_edge_of_the_frame():
    assert clipped(-20.5, -7.5, 500.0, 500.0) == [0, 0, WIDTH_PX, HEIGHT_PX]


@pytest.mark.parametrize(
    "corners",
    [(-30.0, 5.0, -10.0, 25.0), (70.0, 5.0, 90.0, 25.0), (5.0, -30.0, 25.0, -10.0)],
)
def test_a_box_outside_the_frame_has_an_empty_region(corners):
    x1, y1, x2, y2 = clipped(*corners)
    assert x2 <= x1 or y2 <= y1


def test_regions_that_are_not_empty_lie_in_the_frame_and_count_whole_pixels():
    corners = boxes_of(300, seed=4, spread_px=80.0)
    regions = clipped_regions(corners, width_px=WIDTH_PX, height_px=HEIGHT_PX)
    filled = regions[(regions[:, 2:] > regions[:, :2]).all(dim=1)]
    assert 0 < len(filled) < len(regions)
    assert torch.equal(filled, filled.round())
    assert (filled[:, :2] >= 0).all()
    assert (filled[:, 2] <= WIDTH_PX).all()
    assert (filled[:, 3] <= HEIGHT_PX).all()
