"""Exact area means of planes, at any size, from tables of sums.

facenet-pytorch resizes everything by area mean: each pyramid level from the full frame,
each candidate from its part of it. A summed-area table (Crow 1984) gives the same means
with four look-ups per pixel, whatever the reduction.
"""

from typing import Final

import numpy as np
import torch

# Regions of about one size that are cut out together.
_REGIONS_AT_ONCE: Final = 16


class AreaTable:
    """The sums of planes' upper-left rectangles.

    Sums are int32 and may wrap round; their differences are exact for rectangles of up
    to 8.4 million pixels, more than any bin of the cascade covers.
    """

    def __init__(self, planes: torch.Tensor) -> None:
        """Sum up `planes`, uint8 (N, height, width), on whatever device they are."""
        _, self.height, self.width = planes.shape
        self._sums = _summed(planes)

    def resized(self, *, height: int, width: int) -> torch.Tensor:
        """Return the whole planes at another size, float32 (N, height, width)."""
        whole = torch.tensor([[0, 0, self.width, self.height]], device=self._sums.device)
        (top, bottom), (left, right) = _edges(whole, height=height, width=width)
        strips = _taken(self._sums, bottom[0], dim=1) - _taken(self._sums, top[0], dim=1)
        sums = _taken(strips, right[0], dim=2) - _taken(strips, left[0], dim=2)
        return sums.float() / _areas(bottom - top, right - left)

    def cut(self, rows: torch.Tensor, regions_px: torch.Tensor, *, side_px: int) -> torch.Tensor:
        """Return regions of the planes `rows`, int64 (K,), as squares, float32 (K, side, side).

        `regions_px` are whole half-open pixel edges x1, y1, x2, y2 inside the planes,
        int64 (K, 4), none of them empty.
        """
        (top, bottom), (left, right) = _edges(regions_px, height=side_px, width=side_px)
        sums = (
            self._look_up(rows, bottom, right)
            - self._look_up(rows, top, right)
            - self._look_up(rows, bottom, left)
            + self._look_up(rows, top, left)
        )
        return sums.float() / _areas(bottom - top, right - left)

    def _look_up(self, rows: torch.Tensor, y: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """Return the sums at each y (K, H) crossed with each x (K, W): (K, H, W)."""
        lines = rows[:, None] * (self.height + 1) + y
        places = lines[:, :, None] * (self.width + 1) + x[:, None, :]
        return self._sums.view(-1).index_select(0, places.flatten()).view(places.shape)


def _taken(sums: torch.Tensor, places: torch.Tensor, *, dim: int) -> torch.Tensor:
    if sums.device.type != "cpu":
        return sums.index_select(dim, places)
    # NumPy takes whole lines three times, single columns twice as fast as torch.
    return torch.from_numpy(sums.numpy().take(places.numpy(), axis=dim))


def cut_few(
    planes: torch.Tensor, rows: np.ndarray, regions_px: np.ndarray, *, side_px: int
) -> torch.Tensor:
    """Return regions (K, 4) of planes, uint8 (N, P, height, width), as squares (K, P, side, side).

    The same bits as AreaTable.cut, at a fraction of the cost of tables of which little
    would be used: products with matrices of ones and zeros, exact up to sums of 16.7
    million. On the CPU.
    """
    portions = [
        _cut_portion(planes, rows[start:stop], regions_px[start:stop], side_px=side_px)
        for start in range(0, len(rows), _REGIONS_AT_ONCE)
        for stop in [start + _REGIONS_AT_ONCE]
    ]
    empty = torch.empty((0, planes.shape[1], side_px, side_px))
    return torch.cat([empty, *portions])


def _cut_portion(
    planes: torch.Tensor, rows: np.ndarray, regions_px: np.ndarray, *, side_px: int
) -> torch.Tensor:
    sizes = regions_px[:, 2:] - regions_px[:, :2]
    width, height = sizes.max(axis=0)
    # What a smaller region leaves free belongs to no bin and counts nothing.
    patches = np.zeros((len(rows), planes.shape[1], height, width), dtype=np.float32)
    pixels = planes.numpy()
    for patch, row, (x1, y1, x2, y2) in zip(patches, rows, regions_px):
        patch[:, : y2 - y1, : x2 - x1] = pixels[row, :, y1:y2, x1:x2]
    lines, heights = _members(sizes[:, 1], side_px)
    columns, widths = _members(sizes[:, 0], side_px)
    sums = lines[:, None] @ torch.from_numpy(patches) @ columns[:, None].mT
    return sums / torch.from_numpy(heights[:, None, :, None] * widths[:, None, None, :])


def _members(lengths: np.ndarray, bins: int) -> tuple[torch.Tensor, np.ndarray]:
    """Return which pixel lies in which bin, float32 (K, bins, longest), and how many (K, bins)."""
    whole = torch.from_numpy(lengths)
    first, last = (edge.numpy() for edge in _bin_edges(torch.zeros_like(whole), whole, bins))
    pixel = np.arange(lengths.max())
    inside = (pixel >= first[..., None]) & (pixel < last[..., None])
    return torch.from_numpy(inside.astype(np.float32)), (last - first).astype(np.float32)


def _summed(planes: torch.Tensor) -> torch.Tensor:
    """Return the sums over all rectangles from the upper left, int32 (N, H + 1, W + 1)."""
    count, height, width = planes.shape
    if planes.device.type == "cpu":
        return torch.from_numpy(_summed_on_cpu(planes.numpy()))
    table = planes.new_zeros((count, height + 1, width + 1), dtype=torch.int32)
    by_column = torch.cumsum(planes, dim=1, dtype=torch.int32)
    torch.cumsum(by_column, dim=2, dtype=torch.int32, out=table[:, 1:, 1:])
    return table


def _summed_on_cpu(planes: np.ndarray) -> np.ndarray:
    # Down the columns line by line: torch and NumPy step from pixel to pixel, which takes
    # five times as long.
    count, height, width = planes.shape
    table = np.zeros((count, height + 1, width + 1), dtype=np.int32)
    table[:, 1:, 1:] = planes
    for y in range(2, height + 1):
        table[:, y] += table[:, y - 1]
    return np.cumsum(table, axis=2, out=table)


def _areas(heights: torch.Tensor, widths: torch.Tensor) -> torch.Tensor:
    """Return the bins' areas in pixels, float32 (K, H, W), exact up to 16.7 million."""
    return heights.float()[:, :, None] * widths.float()[:, None, :]


_Edges = tuple[torch.Tensor, torch.Tensor]


def _edges(regions_px: torch.Tensor, *, height: int, width: int) -> tuple[_Edges, _Edges]:
    """Return top and bottom (K, height), left and right (K, width) edges of all bins."""
    x1, y1, x2, y2 = regions_px.unbind(dim=1)
    return _bin_edges(y1, y2 - y1, height), _bin_edges(x1, x2 - x1, width)


def _bin_edges(start: torch.Tensor, length: torch.Tensor, bins: int) -> _Edges:
    """Return first and one-past-last pixel of each bin, int64 (K, bins), as adaptive pooling."""
    step = torch.arange(bins, device=start.device)[None, :] * length[:, None]
    first = torch.div(step, bins, rounding_mode="floor")
    last = torch.div(step + length[:, None] + bins - 1, bins, rounding_mode="floor")
    return start[:, None] + first, start[:, None] + last
