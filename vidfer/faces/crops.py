"""Cutting detected faces as FER2013's pictures were cut: grey, square, 48x48."""

import math
from functools import lru_cache
from typing import Final

import numpy as np
import torch
from torch.nn import functional

from vidfer.batches import CROP_SIDE_PX
from vidfer.faces.alignment import FaceSquares
from vidfer.faces.surfaces import Surfaces

# A pixel of a crop is the mean of n x n bilinear samples, at most this far apart in cells of
# the frame, so that each of those counts.
_SPACING_CELLS: Final = 1.5

# Cells are pixels, or the means of whole pixels where a crop's pixel is at least so many of
# them wide: 0.6 of the time for a face of 220 pixels, less for larger ones.
_CELLS_PER_PIXEL: Final = 2


@torch.inference_mode()
def cut_squares(surfaces: Surfaces, frame_row: np.ndarray, squares: FaceSquares) -> np.ndarray:
    """Cut `squares` out of the frames `frame_row`, int64 (F,); uint8 (F, 48, 48).

    A crop that reaches beyond the frame continues with the frame's edge pixels, so that
    the face keeps its shape.
    """
    if len(frame_row) == 0:
        return np.empty((0, CROP_SIDE_PX, CROP_SIDE_PX), dtype=np.uint8)
    # One square at a time: its bits then depend on no other, and only its part of the
    # frame is touched.
    crops = [
        _cut(surfaces, int(row), centre_px, across_px)
        for row, centre_px, across_px in zip(frame_row, squares.centre_px, squares.across_px)
    ]
    result: np.ndarray = torch.stack(crops).round().clamp(0, 255).byte().cpu().numpy()
    return result


def _cut(
    surfaces: Surfaces, row: int, centre_px: np.ndarray, across_px: np.ndarray
) -> torch.Tensor:
    """Cut one square out of one frame by averaging bilinear samples; float32 (48, 48)."""
    size_px = np.array([surfaces.width, surfaces.height])
    cell_px = _cell_px(across_px, most_px=int(size_px.min()))
    centre, across = centre_px / cell_px, across_px / cell_px
    low, high = _surroundings(size_px // cell_px, centre, across)
    grey = surfaces.grey(row, *low.tolist(), *high.tolist(), cell_px=cell_px)
    grid, samples = _grid(centre - low, across, size=high - low)
    sampled = functional.grid_sample(
        grey[None, None],
        torch.from_numpy(grid)[None].to(surfaces.device),
        padding_mode="border",
        align_corners=False,
    )
    return _means(sampled[0, 0], samples)


def _means(sampled: torch.Tensor, samples: int) -> torch.Tensor:
    """Average each samples x samples cells."""
    if samples == 1:
        return sampled
    # As products with a matrix of ones: ten times as fast as pooling for one small picture.
    ones = _ones(samples, sampled.device)
    return (ones @ sampled @ ones.T) / samples**2


@lru_cache
def _ones(samples: int, device: torch.device) -> torch.Tensor:
    """Return which sample lies in which pixel, ones and zeros, float32 (48, 48 * samples)."""
    return torch.eye(CROP_SIDE_PX, device=device).repeat_interleave(samples, dim=1)


def _cell_px(across_px: np.ndarray, *, most_px: int) -> int:
    """Return how many pixels wide the cells are that a square is cut from."""
    cells = math.hypot(*across_px) / CROP_SIDE_PX / _CELLS_PER_PIXEL
    return min(max(math.floor(cells), 1), most_px)


def _surroundings(
    size: np.ndarray, centre: np.ndarray, across: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the upper left and lower right end of the part that the square needs, int64 (2,)."""
    reach = np.abs(across).sum() / 2 + 1
    # A square wholly outside still needs one cell of edge to go on with.
    low = np.clip(np.floor(centre - reach), 0, size - 1)
    high = np.clip(np.ceil(centre + reach), low + 1, size)
    return low.astype(np.int64), high.astype(np.int64)


def _grid(centre: np.ndarray, across: np.ndarray, *, size: np.ndarray) -> tuple[np.ndarray, int]:
    """Return where to sample, float32 (K, K, 2), and samples per pixel and direction.

    As grid_sample wants it: x and y, -1 to 1 over the patch of `size`, its width and height.
    """
    samples = max(math.ceil(math.hypot(*across) / CROP_SIDE_PX / _SPACING_CELLS), 1)
    count = CROP_SIDE_PX * samples
    steps = (np.arange(count) + 0.5) / count - 0.5
    down = np.array([-across[1], across[0]])
    grid = np.empty((count, count, 2), dtype=np.float32)
    for axis, length in enumerate(size):
        scale = 2 / length
        along = steps * (across[axis] * scale) + (centre[axis] * scale - 1)
        below = steps * (down[axis] * scale)
        # Rounded before they are added: a third of the time, and 1e-4 pixels at most.
        np.add(along.astype(np.float32), below.astype(np.float32)[:, None], out=grid[..., axis])
    return grid, samples
