"""Greedy non-maximum suppression: of boxes that cover each other, the best one stays.

Keeps what torchvision's `nms` and `batched_nms` keep, in the same order. On the CPU it is
our own, because importing torchvision takes longer than importing torch.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import torch

# Pairs are compared in portions of about this many, some forty bytes each.
_PAIRS_AT_ONCE: Final = 2**19


def suppress(
    corners: torch.Tensor,
    scores: torch.Tensor,
    *,
    iou: float,
    groups: torch.Tensor | None = None,
) -> torch.Tensor:
    """Return the rows of the boxes that stay, by falling score, int64 (K,).

    A box goes if a better one that stays covers it by more than `iou` (intersection over
    union). Of equal scores the earlier row is the better one. `corners` are (x1, y1, x2,
    y2), float32 (N, 4), `scores` float32 (N,). Boxes of different `groups`, int64 (N,) from
    0, do not touch each other: frames, pyramid levels.
    """
    if corners.device.type != "cpu":
        return _on_device(corners, scores, iou=iou, groups=groups)
    order = np.argsort(-scores.numpy(), kind="stable")
    group = None if groups is None else groups.numpy()[order]
    pairs = _covering_pairs(corners.numpy()[order], group, iou=iou)
    return torch.from_numpy(order[_undefeated(pairs, len(order))])


def _on_device(
    corners: torch.Tensor, scores: torch.Tensor, *, iou: float, groups: torch.Tensor | None
) -> torch.Tensor:
    from torchvision.ops import batched_nms, nms  # costs more than a second

    if groups is None:
        alone: torch.Tensor = nms(corners, scores, iou)
        return alone
    # torchvision sets groups apart by moving them away from each other; in float32, the last
    # of many would lose the fractions of their pixels.
    kept: torch.Tensor = batched_nms(corners.double(), scores.double(), groups, iou)
    return kept


def _undefeated(pairs: np.ndarray, count: int) -> np.ndarray:
    """Return which of `count` boxes, best first, stay; bool (count,).

    `pairs` (2, P) are the better and the worse box of each pair of which one must go. In
    each round the boxes that stood in the last one defeat others, until nothing changes:
    the best box is right after one round, the box that depends on it after two, and so on.
    """
    better, worse = pairs
    stands = np.ones(count, dtype=np.bool_)
    while True:
        now = np.ones(count, dtype=np.bool_)
        now[worse[stands[better]]] = False
        if np.array_equal(now, stands):
            return stands
        stands = now


def _covering_pairs(corners: np.ndarray, group: np.ndarray | None, *, iou: float) -> np.ndarray:
    """Return the pairs of rows that cover each other by more than `iou`, smaller row first."""
    area = (corners[:, 2] - corners[:, 0]) * (corners[:, 3] - corners[:, 1])
    # The comparison is torchvision's, of a float32 with a double.
    most = np.float64(iou)
    found = [np.empty((2, 0), dtype=np.int64)]
    for one, other in _near_pairs(corners, group, iou=iou):
        low = np.maximum(corners[one, :2], corners[other, :2])
        high = np.minimum(corners[one, 2:], corners[other, 2:])
        sides = np.maximum(high - low, 0)
        inside = sides[:, 0] * sides[:, 1]
        with np.errstate(invalid="ignore", divide="ignore"):  # boxes without area
            covers = inside / (area[one] + area[other] - inside) > most
        found.append(np.stack([one[covers], other[covers]]))
    pairs = np.concatenate(found, axis=1)
    return np.stack([pairs.min(axis=0), pairs.max(axis=0)])


def _near_pairs(
    corners: np.ndarray, group: np.ndarray | None, *, iou: float
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield portions of all pairs, as two columns of rows, that may cover by more than `iou`.

    Two boxes cover each other by no more than the common part of their widths, relative to
    either width: the left edges of a pair that counts lie within (1 - iou) widths of the
    left box. So boxes are lined up by left edge, one group after the other, and each is
    paired with those that follow within reach.
    """
    left = corners[:, 0].astype(np.float64)
    # Half a pixel more than float32's rounding can make of it.
    reach = np.maximum((corners[:, 2] - left) * (1 - iou), 0) + 0.5
    if group is not None:
        left = left + group * (np.ptp(left, axis=0) + reach.max() + 1 if len(left) else 0)
    line = np.argsort(left, kind="stable")
    place = np.arange(len(line))
    last = np.searchsorted(left[line], (left + reach)[line], side="right")
    followers = np.maximum(last - place - 1, 0)
    ends = np.cumsum(followers)
    start = 0
    while start < len(line):
        done = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, done + _PAIRS_AT_ONCE, side="right")))
        counts = followers[start:stop]
        one = np.repeat(place[start:stop], counts)
        other = one + 1 + np.arange(len(one)) - np.repeat(ends[start:stop] - counts - done, counts)
        yield line[one], line[other]
        start = stop
