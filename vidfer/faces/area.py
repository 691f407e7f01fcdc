"""Exact area means of planes, at any size, from tables of sums.

facenet-pytorch resizes everything by area mean: each pyramid level from the full frame,
each candidate from its part of it. A summed-area table (Crow 1984) gives the same means
with four look-ups per pixel, whatever the reduction.
"""

from functools import lru_cache
from itertools import product
from typing import Final, NamedTuple

import numpy as np
import torch
from torch.nn.functional import pad

# Strips of whole planes are made in portions of this size, which stay in the processor's
# cache: at 1080p that takes 40 % of the time of resizing away.
_STRIPS_BYTES: Final = 256 * 1024


class AreaTable:
    """The sums of planes' upper-left rectangles.

    Sums are int32 and may wrap round; their differences are exact for rectangles of up
    to 8.4 million pixels, more than any bin of the cascade covers.
    """

    def __init__(self, planes: torch.Tensor) -> None:
        """Sum up `planes`, uint8 (N, P, height, width), on whatever device they are."""
        self._size_px = planes.shape[2:]
        self._sums = _summed(planes)

    def resized(self, *, height: int, width: int) -> torch.Tensor:
        """Return the whole planes at another size, float32 (N, P, height, width)."""
        down, across = (_bins(*pair) for pair in zip(self._size_px, (height, width)))
        if _on_cpu(self._sums):
            return torch.from_numpy(_resized_on_cpu(self._sums.numpy(), down, across))
        sums = _between(_between(self._sums, down, dim=2), across, dim=3)
        return sums.float() / torch.from_numpy(_areas(down, across)).to(sums.device)

    def cut(self, rows: torch.Tensor, regions_px: torch.Tensor, *, side_px: int) -> torch.Tensor:
        """Return regions of the planes in `rows`, int64 (K,), float32 (K, P, side, side).

        `regions_px` are whole half-open pixel edges x1, y1, x2, y2 inside the planes,
        int64 (K, 4), none of them empty.
        """
        if _on_cpu(self._sums):
            return _cut_on_cpu(self._sums.numpy(), rows, regions_px, side_px=side_px)
        x1, y1, x2, y2 = regions_px.unbind(dim=1)
        top, bottom = _bin_edges(y1, y2 - y1, side_px)
        left, right = _bin_edges(x1, x2 - x1, side_px)
        sums = (
            self._look_up(rows, bottom, right)
            - self._look_up(rows, top, right)
            - self._look_up(rows, bottom, left)
            + self._look_up(rows, top, left)
        )
        areas = (bottom - top)[:, :, None] * (right - left)[:, None, :]
        return sums.float() / areas[:, None].float()

    def _look_up(self, rows: torch.Tensor, y: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """Return the sums at each y (K, H) crossed with each x (K, W): (K, P, H, W)."""
        _, planes, height, width = self._sums.shape
        plane = rows[:, None] * planes + torch.arange(planes, device=rows.device)
        lines = plane[:, :, None] * height + y[:, None]
        places = lines[:, :, :, None] * width + x[:, None, None]
        return self._sums.view(-1).index_select(0, places.flatten()).view(places.shape)


def cut_few(
    planes: torch.Tensor, rows: torch.Tensor, regions_px: torch.Tensor, *, side_px: int
) -> torch.Tensor:
    """Return regions (K, 4) of planes, uint8 (N, P, height, width), as squares (K, P, side, side).

    The same bits as AreaTable.cut, at a fraction of the cost of tables of which little
    would be used: products with matrices of ones and zeros, exact up to sums of 16.7
    million. On the CPU.
    """
    squares = torch.empty((len(rows), planes.shape[1], side_px, side_px))
    for row, (x1, y1, x2, y2), square in zip(rows.tolist(), regions_px.tolist(), squares):
        patches = planes[row, :, y1:y2, x1:x2].float()
        strips = torch.matmul(_members(y2 - y1, side_px), patches)
        torch.matmul(strips, _members(x2 - x1, side_px).T, out=square)
        areas = _areas(_bins(y2 - y1, side_px), _bins(x2 - x1, side_px))
        square.div_(torch.from_numpy(areas))
    return squares


class _Bins(NamedTuple):
    """How a length falls into bins, as in adaptive pooling.

    first, last: the first and the one past the last pixel of each bin, int64 (bins,).
    both: all last ones, then all first ones, int64 (2 * bins,).
    pixels: how many pixels a bin has, float32 (bins,).
    """

    first: np.ndarray
    last: np.ndarray
    both: np.ndarray
    pixels: np.ndarray


@lru_cache(maxsize=1024)
def _bins(length: int, bins: int) -> _Bins:
    edges = _bin_edges(torch.tensor([0]), torch.tensor([length]), bins)
    first, last = (edge[0].numpy() for edge in edges)
    return _Bins(first, last, np.concatenate([last, first]), (last - first).astype(np.float32))


@lru_cache(maxsize=128)
def _members(length: int, bins: int) -> torch.Tensor:
    """Return which pixel lies in which bin, ones and zeros, float32 (bins, length)."""
    edges, pixel = _bins(length, bins), np.arange(length)
    inside = (pixel >= edges.first[:, None]) & (pixel < edges.last[:, None])
    return torch.from_numpy(inside.astype(np.float32))


def _on_cpu(tensor: torch.Tensor) -> bool:
    return tensor.device.type == "cpu"


def _areas(down: _Bins, across: _Bins) -> np.ndarray:
    """Return the bins' areas in pixels, float32 (H, W), exact up to 16.7 million."""
    areas: np.ndarray = down.pixels[:, None] * across.pixels
    return areas


def _between(sums: torch.Tensor, bins: _Bins, *, dim: int) -> torch.Tensor:
    """Return the bins' sums along one dimension, on the device of `sums`."""
    first, last = (torch.from_numpy(edge).to(sums.device) for edge in (bins.first, bins.last))
    return sums.index_select(dim, last) - sums.index_select(dim, first)


def _resized_on_cpu(tables: np.ndarray, down: _Bins, across: _Bins) -> np.ndarray:
    """Return the means of whole planes' bins, float32 (N, P, H, W)."""
    *planes, height, width = tables.shape
    areas = _areas(down, across)
    means = np.empty((*planes, *areas.shape), dtype=np.float32)
    at_once = max(1, _STRIPS_BYTES // (width * tables.itemsize))
    pairs = zip(tables.reshape(-1, height, width), means.reshape(-1, *areas.shape))
    for (table, out), start in product(pairs, range(0, len(areas), at_once)):
        some = slice(start, start + at_once)
        strips = table.take(down.last[some], axis=0)
        strips -= table.take(down.first[some], axis=0)
        sums = strips.take(across.last, axis=1)
        sums -= strips.take(across.first, axis=1)
        np.divide(sums, areas[some], out=out[some], dtype=np.float32, casting="unsafe")
    return means


def _cut_on_cpu(
    tables: np.ndarray, rows: torch.Tensor, regions_px: torch.Tensor, *, side_px: int
) -> torch.Tensor:
    # Region by region: what a strip takes lies side by side, and is copied instead of
    # gathered. At 48 px that takes less than half of the time.
    sums = np.empty((len(rows), tables.shape[1], side_px, side_px), dtype=np.int32)
    pixels = np.empty((2, len(rows), side_px), dtype=np.float32)
    for k, (row, (x1, y1, x2, y2)) in enumerate(zip(rows.tolist(), regions_px.tolist())):
        down, across = _bins(y2 - y1, side_px), _bins(x2 - x1, side_px)
        pixels[:, k] = down.pixels, across.pixels
        for table, out in zip(tables[row], sums[k]):
            above = table[y1 : y2 + 1, x1 : x2 + 1][down.both]
            left = (above[:side_px] - above[side_px:]).take(across.both, axis=1)
            np.subtract(left[:, :side_px], left[:, side_px:], out=out)
    heights, widths = pixels[:, :, None]
    areas = heights[:, :, :, None] * widths[:, :, None, :]
    return torch.from_numpy(sums).float().div_(torch.from_numpy(areas))


def _summed(planes: torch.Tensor) -> torch.Tensor:
    """Return the sums over all rectangles from the upper left, int32 (N, P, H + 1, W + 1)."""
    if _on_cpu(planes):
        return _summed_on_cpu(planes)
    by_column = torch.cumsum(planes, dim=2, dtype=torch.int32)
    return pad(torch.cumsum(by_column, dim=3, dtype=torch.int32), (1, 0, 1, 0))


def _summed_on_cpu(planes: torch.Tensor) -> torch.Tensor:
    *count, height, width = planes.shape
    table = np.empty((*count, height + 1, width + 1), dtype=np.int32)
    table[:, :, 0] = 0
    table[:, :, :, 0] = 0
    table[:, :, 1:, 1:] = planes.numpy()
    # Down the columns line by line: torch and NumPy step from pixel to pixel, which takes
    # five times as long. Along the lines torch takes a sixth of NumPy's time.
    for y in range(2, height + 1):
        table[:, :, y] += table[:, :, y - 1]
    return torch.from_numpy(table).cumsum_(dim=3)


_Edges = tuple[torch.Tensor, torch.Tensor]


def _bin_edges(start: torch.Tensor, length: torch.Tensor, bins: int) -> _Edges:
    """Return first and one-past-last pixel of each bin, int64 (K, bins), as adaptive pooling."""
    step = torch.arange(bins, device=start.device)[None, :] * length[:, None]
    first = torch.div(step, bins, rounding_mode="floor")
    last = torch.div(step + length[:, None] + bins - 1, bins, rounding_mode="floor")
    return start[:, None] + first, start[:, None] + last
