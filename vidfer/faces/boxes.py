"""Box arithmetic of the cascade, as in the MTCNN paper and facenet-pytorch.

Boxes here are corners (x1, y1, x2, y2) in pixels, float32 (N, 4). MTCNN counts pixels
inclusively in places, hence the `+ 1` in widths.
"""

import numpy as np
import torch


def refine(corners: torch.Tensor, offsets: torch.Tensor, *, inclusive: bool) -> torch.Tensor:
    """Move each corner by the network's offset (N, 4), given in box widths and heights."""
    extra = 1.0 if inclusive else 0.0
    width = corners[:, 2] - corners[:, 0] + extra
    height = corners[:, 3] - corners[:, 1] + extra
    return corners + offsets * torch.stack([width, height, width, height], dim=1)


def squared(corners: torch.Tensor) -> torch.Tensor:
    """Grow each box to a square of its longer side about the same centre."""
    width = corners[:, 2] - corners[:, 0]
    height = corners[:, 3] - corners[:, 1]
    side = torch.maximum(width, height)
    x1 = corners[:, 0] + width * 0.5 - side * 0.5
    y1 = corners[:, 1] + height * 0.5 - side * 0.5
    return torch.stack([x1, y1, x1 + side, y1 + side], dim=1)


def clipped_regions(corners: torch.Tensor, *, width_px: int, height_px: int) -> torch.Tensor:
    """Return the part of each box inside the frame, as half-open pixel edges (N, 4).

    The boxes are 1-based and inclusive, as the networks were trained: pixel columns
    x1 - 1 to x2 - 1.
    """
    whole = corners.trunc()
    x1 = whole[:, 0].clamp(min=1) - 1
    y1 = whole[:, 1].clamp(min=1) - 1
    x2 = whole[:, 2].clamp(max=width_px)
    y2 = whole[:, 3].clamp(max=height_px)
    return torch.stack([x1, y1, x2, y2], dim=1)


def suppress_contained(corners: np.ndarray, scores: np.ndarray, *, threshold: float) -> np.ndarray:
    """Keep the best of boxes whose overlap covers more than `threshold` of the smaller one.

    Returns the kept rows by falling score, int64 (K,).
    """
    order = np.argsort(-scores, kind="stable")
    overlap = _overlap_of_smaller(corners[order])
    kept: list[int] = []
    for i in range(len(order)):
        if not kept or (overlap[i, kept] <= threshold).all():
            kept.append(i)
    return order[kept]


def _overlap_of_smaller(corners: np.ndarray) -> np.ndarray:
    """Return intersection over the smaller area for all pairs, (N, N)."""
    low = np.maximum(corners[:, None, :2], corners[None, :, :2])
    high = np.minimum(corners[:, None, 2:], corners[None, :, 2:])
    intersection = np.clip(high - low + 1, 0, None).prod(axis=2)
    area = (corners[:, 2:] - corners[:, :2] + 1).prod(axis=1)
    overlap: np.ndarray = intersection / np.minimum(area[:, None], area[None, :])
    return overlap
