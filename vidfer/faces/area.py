"""Exact area means of a frame, at any size, from one table of sums.

facenet-pytorch resizes everything by area mean: each pyramid level from the full frame,
each candidate from its part of it. A summed-area table (Crow 1984) gives the same means
with four look-ups per pixel, whatever the reduction.
"""

import torch


class AreaTable:
    """The sums of a frame's upper-left rectangles.

    Sums are int32 and may wrap round; their differences are exact for rectangles of up
    to 8.4 million pixels, more than any bin of the cascade covers.
    """

    def __init__(self, frame: torch.Tensor) -> None:
        """Sum up `frame`, uint8 (height, width, C), on whatever device it is."""
        self.height, self.width, self._channels = frame.shape
        table = frame.new_zeros(
            (self.height + 1, self.width + 1, self._channels), dtype=torch.int32
        )
        by_row = torch.cumsum(frame, dim=0, dtype=torch.int32)
        torch.cumsum(by_row, dim=1, dtype=torch.int32, out=table[1:, 1:])
        self._sums = table.view(-1, self._channels)
        self._device = frame.device

    def resized(self, *, height: int, width: int) -> torch.Tensor:
        """Return the whole frame at another size, float32 (1, C, height, width)."""
        whole = torch.tensor([[0, 0, self.width, self.height]], device=self._device)
        return self._means(whole, height=height, width=width)

    def cut(self, regions_px: torch.Tensor, *, side_px: int) -> torch.Tensor:
        """Return regions of the frame as squares, float32 (N, C, side, side).

        `regions_px` are whole half-open pixel edges x1, y1, x2, y2 inside the frame,
        int64 (N, 4), none of them empty.
        """
        return self._means(regions_px, height=side_px, width=side_px)

    def _means(self, regions_px: torch.Tensor, *, height: int, width: int) -> torch.Tensor:
        x1, y1, x2, y2 = regions_px.unbind(dim=1)
        left, right = _bin_edges(x1, x2 - x1, width)
        top, bottom = _bin_edges(y1, y2 - y1, height)
        sums = (
            self._look_up(bottom, right)
            - self._look_up(top, right)
            - self._look_up(bottom, left)
            + self._look_up(top, left)
        )
        areas = (bottom - top)[:, :, None] * (right - left)[:, None, :]
        return (sums.float() / areas[..., None].float()).permute(0, 3, 1, 2)

    def _look_up(self, rows: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
        """Return the sums at each row (N, H) crossed with each column (N, W): (N, H, W, C)."""
        places = rows[:, :, None] * (self.width + 1) + columns[:, None, :]
        return self._sums.index_select(0, places.flatten()).view(*places.shape, self._channels)


def _bin_edges(
    start: torch.Tensor, length: torch.Tensor, bins: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return first and one-past-last pixel of each bin, int64 (N, bins), as adaptive pooling."""
    step = torch.arange(bins, device=start.device)[None, :] * length[:, None]
    first = torch.div(step, bins, rounding_mode="floor")
    last = torch.div(step + length[:, None] + bins - 1, bins, rounding_mode="floor")
    return start[:, None] + first, start[:, None] + last
