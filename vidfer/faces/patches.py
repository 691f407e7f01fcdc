"""Faces at about the size of FER2013's, each cut out of its frame once, looked at many times."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch.nn import functional

from vidfer.faces.alignment import FaceSquares
from vidfer.faces.surfaces import Surfaces

# How many cells of a patch a square's side is long at most: FER2013's pictures have 48 pixels.
_CELLS_PER_SIDE: Final = 60

# So many cells reach beyond a square, which may turn, move and grow.
_PATCH_CELLS: Final = 64


@dataclass(frozen=True)
class Patches:
    """Parts of frames with a face in the middle, row for row.

    cells: grey levels, float32 (F, 1, C, C). A cell is the mean of size x size pixels.
    low_cells: the place of each patch's first cell, counted in its cells, float64 (F, 2).
    size_px: the side of each patch's cells, float64 (F, 1).
    """

    cells: torch.Tensor
    low_cells: np.ndarray
    size_px: np.ndarray

    def views(self, squares: FaceSquares, *, side_px: int, sides: float) -> torch.Tensor:
        """Return what each patch shows of its square, float32 (F, 1, side_px, side_px).

        `sides` is how much of the square is seen about its middle. What lies beyond a patch
        continues with its edge.
        """
        middle = (squares.centre_px / self.size_px - self.low_cells)[:, :, None, None]
        across = (squares.across_px / self.size_px)[:, :, None, None]
        steps = ((np.arange(side_px) + 0.5) / side_px - 0.5) * sides
        right, down = steps[None, :], steps[:, None]
        x = middle[:, 0] + across[:, 0] * right - across[:, 1] * down
        y = middle[:, 1] + across[:, 1] * right + across[:, 0] * down
        # grid_sample counts from -1 to 1 over the whole patch.
        places = (np.stack([x, y], axis=3) * (2 / self.cells.shape[-1]) - 1).astype(np.float32)
        return functional.grid_sample(
            self.cells,
            torch.from_numpy(places).to(self.cells.device),
            padding_mode="border",
            align_corners=False,
        )


def patches_of(surfaces: Surfaces, frame_row: np.ndarray, squares: FaceSquares) -> Patches:
    """Cut out the surroundings of `squares` in the frames `frame_row`, int64 (F,).

    Cells lie on multiples of their size in the frame, so that a face has the same cells
    whichever of its squares they are cut out for, as long as their size is the same.
    """
    size_px = _cell_sizes(squares, most_px=min(surfaces.width, surfaces.height))
    low = np.floor(squares.centre_px / size_px) - _PATCH_CELLS // 2
    cells = [
        _patch(surfaces, int(row), low_cells, int(size))
        for row, low_cells, size in zip(frame_row, low.astype(np.int64), size_px[:, 0])
    ]
    return Patches(torch.stack(cells), low, size_px)


def _cell_sizes(squares: FaceSquares, *, most_px: int) -> np.ndarray:
    """Return how many pixels wide the cells of each square are, whole numbers, (F, 1)."""
    side_px = np.sqrt((squares.across_px**2).sum(axis=1, keepdims=True))
    sizes: np.ndarray = np.clip(np.ceil(side_px / _CELLS_PER_SIDE), 1, most_px)
    return sizes


def _patch(surfaces: Surfaces, row: int, low: np.ndarray, size_px: int) -> torch.Tensor:
    """Return one patch from the cell `low` (2,) on, float32 (1, C, C)."""
    frame_cells = np.array([surfaces.width, surfaces.height]) // size_px
    # A patch wholly outside still needs one cell of edge to go on with.
    first = np.clip(low, 0, frame_cells - 1)
    last = np.clip(low + _PATCH_CELLS, first + 1, frame_cells)
    cells = surfaces.grey(row, *first.tolist(), *last.tolist(), cell_px=size_px)[None]
    before, after = first - low, low + _PATCH_CELLS - last
    if not (before.any() or after.any()):
        return cells
    margins = (before[0], after[0], before[1], after[1])
    return functional.pad(cells, tuple(map(int, margins)), mode="replicate")
