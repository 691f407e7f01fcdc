"""Which box continues which: overlap first, then nearness."""

from typing import Final

import numpy as np

# Overlap above which a box continues another for certain.
_LEAST_IOU: Final = 0.3

# How much the size of a face may have changed that moved too fast to overlap.
_MOST_GROWTH: Final = 1.5


def matched_pairs(
    boxes_px: np.ndarray, known_px: np.ndarray, *, most_shift: float
) -> dict[int, int]:
    """Pair boxes (N) with known ones (M), best pairs first, each at most once.

    Boxes are x, y, width, height, (N, 4) and (M, 4). Where they do not overlap, the
    centre may have moved by `most_shift` sides of the known box. Returns the known box of
    each box that has one.
    """
    if len(boxes_px) == 0 or len(known_px) == 0:
        return {}
    affinity = _affinity(
        boxes_px.astype(np.float64), known_px.astype(np.float64), most_shift=most_shift
    )
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for flat in np.argsort(-affinity, axis=None, kind="stable"):
        i, j = (int(k) for k in np.unravel_index(flat, affinity.shape))
        if affinity[i, j] <= 0:
            break
        if i not in pairs and j not in taken:
            pairs[i] = j
            taken.add(j)
    return pairs


def overlaps(boxes_px: np.ndarray, known_px: np.ndarray) -> np.ndarray:
    """Return intersection over union of boxes (N) and (M) given as x, y, w, h: (N, M)."""
    low = np.maximum(boxes_px[:, None, :2], known_px[None, :, :2])
    high = np.minimum(
        (boxes_px[:, :2] + boxes_px[:, 2:])[:, None], (known_px[:, :2] + known_px[:, 2:])[None]
    )
    intersection = np.clip(high - low, 0, None).prod(axis=2)
    areas = boxes_px[:, 2:].prod(axis=1)[:, None] + known_px[:, 2:].prod(axis=1)[None]
    overlap: np.ndarray = intersection / np.maximum(areas - intersection, 1e-9)
    return overlap


def _affinity(boxes_px: np.ndarray, known_px: np.ndarray, *, most_shift: float) -> np.ndarray:
    """Return how well each box (N) continues each known one (M), (N, M); 0 is not at all.

    Overlapping pairs score 1 + IoU, near pairs of like size up to 1.
    """
    iou = overlaps(boxes_px, known_px)
    side = boxes_px[:, 2:].max(axis=1)[:, None]
    known_side = known_px[:, 2:].max(axis=1)[None, :]
    centres = boxes_px[:, :2] + boxes_px[:, 2:] / 2
    known_centres = known_px[:, :2] + known_px[:, 2:] / 2
    shift = np.linalg.norm(centres[:, None] - known_centres[None], axis=2) / known_side
    growth = np.maximum(side / known_side, known_side / side)
    near = np.where((shift < most_shift) & (growth < _MOST_GROWTH), 1 - shift / most_shift, 0.0)
    return np.where(iou >= _LEAST_IOU, 1 + iou, near)
