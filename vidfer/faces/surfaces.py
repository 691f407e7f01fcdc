"""A chunk's frames where the networks run, and what is read from them there."""

from dataclasses import dataclass, replace

import numpy as np
import torch

from vidfer.batches import FrameBatch
from vidfer.faces.area import AreaTable, cut_few
from vidfer.planes import PlanarFrames

# MTCNN was trained on values of about -1..1.
_MIDDLE: float = 127.5
_SPREAD: float = 128.0

# ITU-R BT.601 luma, as Pillow converts to grey.
_LUMA: tuple[float, ...] = (0.299, 0.587, 0.114)


@dataclass(frozen=True)
class Surfaces:
    """Frames of one size on one device, uint8: their planes, brought there once.

    full: planes of the frames' size (N, 3 or 1, height, width): red, green and blue, or luma.
    halved: planes of half that size, rounded up, (N, 0 or 2, height, width): chroma, if any.
    colours: for red, green and blue the factor of each plane and a summand, normalised
        for the cascade's networks.
    grey_factors, grey_summand: from the full planes to grey levels 0..255.
    """

    full: torch.Tensor
    halved: torch.Tensor
    colours: tuple[tuple[tuple[float, ...], float], ...]
    grey_factors: tuple[float, ...]
    grey_summand: float

    @property
    def height(self) -> int:
        """Height of the frames in pixels."""
        return self.full.shape[2]

    @property
    def width(self) -> int:
        """Width of the frames in pixels."""
        return self.full.shape[3]

    @property
    def device(self) -> torch.device:
        """Where the frames are."""
        return self.full.device

    @property
    def bytes_per_frame(self) -> int:
        """Bytes that one frame's planes take."""
        return self.full.shape[1:].numel() + self.halved.shape[1:].numel()

    def __len__(self) -> int:
        return len(self.full)

    def rows(self, rows: np.ndarray) -> "Surfaces":
        """Return some of the frames, int64 (K,)."""
        if np.array_equal(rows, np.arange(len(self))):
            return self
        chosen = torch.from_numpy(rows).to(self.device)
        return replace(self, full=self.full[chosen], halved=self.halved[chosen])

    def grey(
        self, row: int, x1: int, y1: int, x2: int, y2: int, *, cell_px: int = 1
    ) -> torch.Tensor:
        """Return a region of one frame in grey levels 0..255, float32 (height, width).

        Its edges are counted in cells of cell_px x cell_px pixels, and so is what returns:
        means of whole cells.
        """
        rows, columns = (slice(a * cell_px, b * cell_px) for a, b in ((y1, y2), (x1, x2)))
        parts = [_cell_means(plane[rows, columns], cell_px) for plane in self.full[row]]
        grey: torch.Tensor = parts[0].mul_(self.grey_factors[0]).add_(self.grey_summand)
        for part, factor in zip(parts[1:], self.grey_factors[1:]):
            grey.add_(part.mul_(factor))
        return grey.clamp_(0, 255)

    def cut(self, rows: torch.Tensor, regions_px: torch.Tensor, *, side_px: int) -> torch.Tensor:
        """Return regions of frames as normalised squares, float32 (K, 3, side, side).

        The same bits as `ColourTable.cut`, at less cost where few regions are wanted.
        """
        if self.device.type != "cpu":
            return ColourTable(self).cut(rows, regions_px, side_px=side_px)
        full = cut_few(self.full, rows, regions_px, side_px=side_px)
        halved = cut_few(self.halved, rows, _halved_regions(regions_px), side_px=side_px)
        return self.coloured(full, halved)

    def coloured(self, full: torch.Tensor, halved: torch.Tensor) -> torch.Tensor:
        """Return planes brought to one size as normalised colour, (N, 3, height, width).

        `full` are (N, 3 or 1, height, width), `halved` (N, 0 or 2, height, width).
        """
        planes = [*full.unbind(dim=1), *halved.unbind(dim=1)]
        colour = full.new_empty((len(full), len(self.colours), *full.shape[2:]))
        for channel, (factors, summand) in zip(colour.unbind(dim=1), self.colours):
            _write_weighted(channel, planes, factors, summand)
        limit = _MIDDLE / _SPREAD
        return colour.clamp_(-limit, limit)


class ColourTable:
    """Area means of frames in normalised colour."""

    def __init__(self, surfaces: Surfaces) -> None:
        """Sum up the planes of all frames."""
        self._surfaces = surfaces
        self._full, self._halved = AreaTable(surfaces.full), AreaTable(surfaces.halved)

    def resized(self, *, height: int, width: int) -> torch.Tensor:
        """Return the whole frames at another size, float32 (N, 3, height, width)."""
        full = self._full.resized(height=height, width=width)
        return self._surfaces.coloured(full, self._halved.resized(height=height, width=width))

    def cut(self, rows: torch.Tensor, regions_px: torch.Tensor, *, side_px: int) -> torch.Tensor:
        """Return regions of the frames `rows`, int64 (K,), float32 (K, 3, side, side).

        `regions_px` are whole half-open pixel edges inside the frames, int64 (K, 4).
        """
        full = self._full.cut(rows, regions_px, side_px=side_px)
        halved = self._halved.cut(rows, _halved_regions(regions_px), side_px=side_px)
        return self._surfaces.coloured(full, halved)


def surfaces_of(batch: FrameBatch, *, device: torch.device) -> Surfaces:
    """Bring a batch's frames to `device`."""
    frames = batch.frames
    if not isinstance(frames, PlanarFrames):
        planes = _tensor(frames, device).permute(0, 3, 1, 2)
        return Surfaces(
            planes, planes[:, :0], _normalised(np.eye(3), np.zeros(3)), _LUMA, grey_summand=0.0
        )
    factors, summands = frames.coding.to_rgb()
    grey_factor, grey_summand = frames.coding.grey()
    return Surfaces(
        _tensor(frames.luma, device)[:, None],
        _tensor(frames.chroma, device),
        _normalised(factors, summands),
        (grey_factor,),
        grey_summand,
    )


def grey_surfaces(pictures: np.ndarray, *, device: torch.device) -> Surfaces:
    """Bring grey pictures of one size, uint8 (N, height, width), to `device`."""
    planes = _tensor(pictures, device)[:, None]
    colours = _normalised(np.ones((3, 1)), np.zeros(3))
    return Surfaces(planes, planes[:, :0], colours, (1.0,), grey_summand=0.0)


def _cell_means(pixels: torch.Tensor, cell_px: int) -> torch.Tensor:
    """Return the means of cell_px x cell_px pixels each, float32."""
    if cell_px == 1:
        return pixels.float()
    # Sums of slices: half of the time of sums along a short dimension.
    lines = pixels[::cell_px].float()
    for i in range(1, cell_px):
        lines.add_(pixels[i::cell_px])
    sums = lines[:, ::cell_px].clone()
    for i in range(1, cell_px):
        sums.add_(lines[:, i::cell_px])
    return sums.div_(cell_px**2)


def _halved_regions(regions_px: torch.Tensor) -> torch.Tensor:
    """Return what regions (K, 4) touch in planes of half the size."""
    return torch.cat([regions_px[:, :2] // 2, (regions_px[:, 2:] + 1) // 2], dim=1)


def _normalised(
    factors: np.ndarray, summands: np.ndarray
) -> tuple[tuple[tuple[float, ...], float], ...]:
    return tuple(
        (tuple((row / _SPREAD).tolist()), float((summand - _MIDDLE) / _SPREAD))
        for row, summand in zip(factors, summands)
    )


def _write_weighted(
    out: torch.Tensor, planes: list[torch.Tensor], factors: tuple[float, ...], summand: float
) -> None:
    # Plane by plane: a matrix product would round with the number of frames.
    first, *others = ((plane, factor) for plane, factor in zip(planes, factors) if factor)
    torch.add(torch.tensor(summand, device=out.device), first[0], alpha=first[1], out=out)
    for plane, factor in others:
        out.add_(plane, alpha=factor)


def _tensor(array: np.ndarray, device: torch.device) -> torch.Tensor:
    # torch warns of arrays that cannot be written to; `require` copies only those.
    return torch.from_numpy(np.require(array, requirements="W")).to(device)
