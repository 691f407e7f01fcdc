"""Frames as decoders keep them: a plane of luma, and two of chroma at half the size."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

ColourMatrix = Literal["bt601", "bt709", "bt2020"]

# Weights of red and blue in luma (ITU-R BT.601, BT.709, BT.2020).
_RED_AND_BLUE: Final[dict[ColourMatrix, tuple[float, float]]] = {
    "bt601": (0.299, 0.114),
    "bt709": (0.2126, 0.0722),
    "bt2020": (0.2627, 0.0593),
}


@dataclass(frozen=True)
class ColourCoding:
    """How luma and chroma code colour; `full_range` uses all of 0..255, else 16..235."""

    matrix: ColourMatrix = "bt601"
    full_range: bool = False

    def grey(self) -> tuple[float, float]:
        """Return the factor and the summand that turn luma into grey levels 0..255."""
        factor = 1.0 if self.full_range else 255 / 219
        return factor, 0.0 if self.full_range else -16 * factor

    def to_rgb(self) -> tuple[np.ndarray, np.ndarray]:
        """Return factors (3, 3) and summands (3,), float32, from Y, U, V to R, G, B in 0..255."""
        red, blue = _RED_AND_BLUE[self.matrix]
        green = 1 - red - blue
        luma, summand = self.grey()
        chroma = 1.0 if self.full_range else 255 / 224
        to_red, to_blue = 2 * (1 - red) * chroma, 2 * (1 - blue) * chroma
        factors = np.array(
            [
                [luma, 0, to_red],
                [luma, -to_blue * blue / green, -to_red * red / green],
                [luma, to_blue, 0],
            ]
        )
        summands = summand - 128 * factors[:, 1:].sum(axis=1)
        return factors.astype(np.float32), summands.astype(np.float32)


@dataclass(frozen=True, repr=False)
class PlanarFrames:
    """Frames of one size as planes of 8 bits, upright.

    luma: uint8 (N, height, width).
    chroma: blue and red difference, uint8 (N, 2, ceil(height / 2), ceil(width / 2)).
    """

    luma: np.ndarray
    chroma: np.ndarray
    coding: ColourCoding

    def __post_init__(self) -> None:
        count, height, width = self.luma.shape
        wanted = (count, 2, (height + 1) // 2, (width + 1) // 2)
        if self.luma.dtype != np.uint8 or self.chroma.dtype != np.uint8:
            raise ValueError(f"planes must be uint8, got {self.luma.dtype}, {self.chroma.dtype}")
        if self.chroma.shape != wanted:
            raise ValueError(f"chroma must be {wanted}, got {self.chroma.shape}")

    def __len__(self) -> int:
        return len(self.luma)

    def __repr__(self) -> str:
        return f"PlanarFrames(luma: uint8 {self.luma.shape}, {self.coding.matrix})"

    def rows(self, rows: slice | np.ndarray) -> "PlanarFrames":
        """Return some of the frames."""
        return PlanarFrames(self.luma[rows], self.chroma[rows], self.coding)

    def rgb(self) -> np.ndarray:
        """Return the frames in colour, uint8 (N, height, width, 3)."""
        rgb = np.empty((*self.luma.shape, 3), dtype=np.uint8)
        # One by one: a frame takes eight times its planes' bytes on the way.
        for row, frame in enumerate(rgb):
            frame[:] = self._colour(row).round().clip(0, 255)
        return rgb

    def _colour(self, row: int) -> np.ndarray:
        """Return one frame's red, green and blue, float32 (height, width, 3)."""
        height, width = self.luma.shape[1:]
        doubled = self.chroma[row].repeat(2, axis=1).repeat(2, axis=2)[:, :height, :width]
        planes = np.concatenate([self.luma[row, None], doubled]).astype(np.float32)
        factors, summands = self.coding.to_rgb()
        colour: np.ndarray = np.einsum("cp,phw->hwc", factors, planes) + summands
        return colour
