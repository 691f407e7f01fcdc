"""Suppression keeps what torchvision keeps, in the same order."""

import subprocess
import sys

import pytest
import torch
from torchvision.ops import nms

from vidfer.faces import suppression
from vidfer.faces.suppression import suppress

IOUS = (0.3, 0.5, 0.7)


def random_boxes(count: int, seed: int, *, extent_px: float = 300) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    low = torch.rand(count, 2, generator=generator) * extent_px
    return torch.cat([low, low + 10 + 60 * torch.rand(count, 2, generator=generator)], dim=1)


def grid_boxes(count: int, seed: int) -> torch.Tensor:
    """Boxes of whole pixels, many of them equal or exactly half covered, as P-Net's are."""
    generator = torch.Generator().manual_seed(seed)
    low = torch.randint(0, 30, (count, 2), generator=generator).float() * 4
    return torch.cat([low, low + 20], dim=1)


def random_scores(count: int, seed: int) -> torch.Tensor:
    return torch.rand(count, generator=torch.Generator().manual_seed(seed + 1))


def coarse_scores(count: int, seed: int) -> torch.Tensor:
    """Scores of which most are tied."""
    return (random_scores(count, seed) * 5).floor() / 5


@pytest.mark.parametrize("iou", IOUS)
@pytest.mark.parametrize("boxes", [random_boxes, grid_boxes])
@pytest.mark.parametrize("scores", [random_scores, coarse_scores])
@pytest.mark.parametrize("count", [1, 2, 50, 700])
def test_keeps_what_torchvision_keeps_in_its_order(boxes, scores, count, iou):
    for seed in range(5):
        corners, score = boxes(count, seed), scores(count, seed)
        assert torch.equal(suppress(corners, score, iou=iou), nms(corners, score, iou))


@pytest.mark.parametrize("boxes", [random_boxes, grid_boxes])
@pytest.mark.timeout(60)
def test_thousands_of_boxes_are_no_matter(boxes):
    corners, score = boxes(6000, 3), random_scores(6000, 3)
    assert torch.equal(suppress(corners, score, iou=0.5), nms(corners, score, 0.5))


def test_the_size_of_portions_changes_nothing(monkeypatch):
    corners, score = random_boxes(300, 1), random_scores(300, 1)
    expected = suppress(corners, score, iou=0.5)
    monkeypatch.setattr(suppression, "_PAIRS_AT_ONCE", 7)
    assert torch.equal(suppress(corners, score, iou=0.5), expected)


def one_by_one(corners, scores, groups, iou) -> torch.Tensor:
    """Each group through torchvision alone, then all by falling score, ties in input order."""
    kept = []
    for group in groups.unique():
        rows = torch.nonzero(groups == group)[:, 0]
        kept.append(rows[nms(corners[rows], scores[rows], iou)])
    rows = torch.cat(kept).sort().values
    return rows[scores[rows].argsort(descending=True, stable=True)]


@pytest.mark.parametrize("iou", IOUS)
@pytest.mark.parametrize("boxes", [random_boxes, grid_boxes])
@pytest.mark.parametrize("scores", [random_scores, coarse_scores])
def test_groups_do_not_touch_each_other(boxes, scores, iou):
    corners, score = boxes(600, 7), scores(600, 7)
    groups = torch.randint(0, 9, (600,), generator=torch.Generator().manual_seed(1)) * 11
    kept = suppress(corners, score, iou=iou, groups=groups)
    assert torch.equal(kept, one_by_one(corners, score, groups, iou))


def test_groups_are_as_if_each_were_alone_however_many_there_are():
    corners, score = random_boxes(40, 2), random_scores(40, 2)
    groups = torch.arange(300).repeat_interleave(40)
    kept = suppress(corners.repeat(300, 1), score.repeat(300), iou=0.5, groups=groups)
    expected = nms(corners, score, 0.5)
    for group in range(300):
        assert torch.equal(kept[groups[kept] == group] - 40 * group, expected)


def test_a_box_that_falls_to_a_better_one_suppresses_no_other():
    corners = torch.tensor([[0.0, 0, 10, 10], [4, 0, 14, 10], [8, 0, 18, 10]])
    score = torch.tensor([0.9, 0.8, 0.7])
    assert suppress(corners, score, iou=0.3).tolist() == [0, 2]


def test_a_long_chain_is_followed_to_its_end():
    left = torch.arange(200.0) * 4
    corners = torch.stack([left, left * 0, left + 10, left * 0 + 10], dim=1)
    score = torch.linspace(0.9, 0.1, 200)
    assert suppress(corners, score, iou=0.3).tolist() == list(range(0, 200, 2))


def test_of_equal_boxes_with_equal_scores_the_first_stays():
    corners = torch.tensor([[5.0, 5, 9, 9]]).repeat(4, 1)
    assert suppress(corners, torch.full((4,), 0.5), iou=0.5).tolist() == [0]


def test_boxes_without_area_are_left_alone():
    corners = torch.tensor([[5.0, 5, 5, 5], [5, 5, 5, 5], [9, 9, 3, 3], [9, 9, 3, 3]])
    score = torch.tensor([0.1, 0.2, 0.3, 0.4])
    assert torch.equal(suppress(corners, score, iou=0.5), nms(corners, score, 0.5))


@pytest.mark.parametrize("groups", [None, torch.empty(0, dtype=torch.int64)])
def test_no_boxes_give_no_rows(groups):
    kept = suppress(torch.empty(0, 4), torch.empty(0), iou=0.5, groups=groups)
    assert kept.dtype == torch.int64
    assert kept.tolist() == []


def test_inputs_are_left_as_they_are():
    corners, score = random_boxes(20, 0), random_scores(20, 0)
    before = corners.clone(), score.clone()
    suppress(corners, score, iou=0.5)
    assert torch.equal(corners, before[0])
    assert torch.equal(score, before[1])


def test_torchvision_is_not_imported_on_the_cpu():
    script = (
        "import sys, torch; from vidfer.faces.suppression import suppress;"
        "suppress(torch.rand(4, 4), torch.rand(4), iou=0.5); print('torchvision' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.strip() == "False"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_the_gpu_keeps_the_same_boxes():
    corners, score = random_boxes(500, 5), random_scores(500, 5)
    groups = torch.arange(500) % 3
    for group in (None, groups):
        device_group = None if group is None else group.cuda()
        kept = suppress(corners.cuda(), score.cuda(), iou=0.5, groups=device_group)
        assert torch.equal(kept.cpu(), suppress(corners, score, iou=0.5, groups=group))
