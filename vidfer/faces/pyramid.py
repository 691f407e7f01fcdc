"""The sizes at which P-Net looks at a frame, and where its cells lie."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import torch

# facenet-pytorch's constants.
_FACTOR: Final = 0.709
_CELL_PX: Final = 12
_STRIDE_PX: Final = 2


@dataclass(frozen=True)
class Pyramid:
    """The levels of frames of one size.

    level_sizes_px: height and width of each level.
    corners_px: each cell's box in the frame, level by level and row by row, float32 (C, 4).
    level: each cell's level, int64 (C,).
    """

    level_sizes_px: tuple[tuple[int, int], ...]
    corners_px: torch.Tensor
    level: torch.Tensor

    @property
    def levels(self) -> int:
        """How many levels there are; none where the frame is smaller than the smallest face."""
        return len(self.level_sizes_px)


@lru_cache(maxsize=8)
def pyramid_of(height: int, width: int, *, min_face_px: int) -> Pyramid:
    """Return the pyramid in which faces of `min_face_px` and more fill P-Net's cells."""
    scales = _scales(min(height, width), min_face_px)
    sizes = tuple((int(height * scale + 1), int(width * scale + 1)) for scale in scales)
    corners = [_cells(*size, scale=scale) for size, scale in zip(sizes, scales)]
    level = torch.repeat_interleave(
        torch.arange(len(scales)), torch.tensor([len(part) for part in corners], dtype=torch.int64)
    )
    return Pyramid(sizes, torch.cat([torch.empty((0, 4)), *corners]), level)


def _scales(shorter_px: int, min_face_px: int) -> list[float]:
    scales = []
    scale = _CELL_PX / min_face_px
    while shorter_px * scale >= _CELL_PX:
        scales.append(scale)
        scale *= _FACTOR
    return scales


def _cells(height: int, width: int, *, scale: float) -> torch.Tensor:
    """Return the boxes of one level's cells in the frame, float32 (cells, 4)."""
    rows, columns = (_cells_along(length) for length in (height, width))
    y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    cells = torch.stack([x.flatten(), y.flatten()], dim=1).float() * _STRIDE_PX
    low = ((cells + 1) / scale).floor()
    high = ((cells + _CELL_PX) / scale).floor()
    return torch.cat([low, high], dim=1)


def _cells_along(length_px: int) -> int:
    """Return P-Net's outputs along one side: 3x3, pooling by 2 rounded up, 3x3, 3x3."""
    pooled = -(-(length_px - 2) // 2)
    return pooled - 4
