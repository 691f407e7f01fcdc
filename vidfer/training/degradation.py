"""What video does to faces: blur, low resolution, compression, poor light, noise."""

import math
from collections.abc import Callable
from typing import Final

import torch
from torch.nn import functional

_WHITE: Final = 255.0

# The least side that a face is shrunk to before it is enlarged again.
_LEAST_SIDE_PX: Final = 14
_MOST_BLUR_PX: Final = 2.0  # the deviation
_BLUR_RADIUS_PX: Final = 4
_MOST_NOISE: Final = 18.0  # the deviation, in grey levels
_JPEG_BLOCK_PX: Final = 8

# The luminance quantisation table of the JPEG standard (ITU-T T.81, table K.1).
_JPEG_TABLE: Final = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)


def degrade(pictures: torch.Tensor, *, share: float, generator: torch.Generator) -> torch.Tensor:
    """Return changed copies of `pictures`, float32 (B, 48, 48), 0 to 255, likewise.

    About `share` of them get one of this module's five troubles, of a strength that is
    drawn anew. The generator lies on the pictures' device, here and below.
    """
    device = pictures.device
    chosen = torch.rand(len(pictures), generator=generator, device=device) < share
    trouble = torch.randint(len(_TROUBLES), (len(pictures),), generator=generator, device=device)
    result = pictures.clone()
    for number, change in enumerate(_TROUBLES):
        rows = torch.nonzero(chosen & (trouble == number)).flatten()
        if len(rows):
            result[rows] = change(pictures[rows], generator).clamp(0, _WHITE)
    return result


def blur(pictures: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Blur with a Gaussian, along rows and columns with deviations of their own (motion).

    Takes and returns float32 (B, S, S), as all troubles do.
    """
    for _ in range(2):
        pictures = _blur_across(pictures, generator).transpose(1, 2)
    return pictures


def _blur_across(pictures: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    deviation_px = _even(pictures, 0.3, _MOST_BLUR_PX, generator)
    places = torch.arange(-_BLUR_RADIUS_PX, _BLUR_RADIUS_PX + 1, device=pictures.device)
    kernels = torch.exp(-0.5 * (places / deviation_px) ** 2)
    kernels = kernels / kernels.sum(dim=2, keepdim=True)
    # Each picture is a channel of its own, so that one convolution blurs all of them.
    padded = functional.pad(
        pictures.unsqueeze(0), (_BLUR_RADIUS_PX, _BLUR_RADIUS_PX, 0, 0), mode="replicate"
    )
    return functional.conv2d(padded, kernels.unsqueeze(2), groups=len(pictures)).squeeze(0)


def lose_pixels(pictures: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Shrink all to one side of 14 pixels or more and enlarge again, as for a face far away."""
    side = pictures.shape[-1]
    drawn = torch.randint(_LEAST_SIDE_PX, side, (1,), generator=generator, device=pictures.device)
    small = functional.interpolate(pictures.unsqueeze(1), size=int(drawn), mode="area")
    return functional.interpolate(small, size=side, mode="bilinear", align_corners=False).squeeze(1)


def compress(pictures: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Quantise the cosine transform of 8x8 blocks, as JPEG and intra-coded video do.

    The side is a multiple of 8. Results may leave 0 to 255.
    """
    count, side = len(pictures), pictures.shape[-1]
    blocks = side // _JPEG_BLOCK_PX
    basis = _cosine_basis(pictures.device)
    table = torch.tensor(_JPEG_TABLE, dtype=torch.float32, device=pictures.device)
    step = table * torch.exp(_even(pictures, 0.0, math.log(5.0), generator)).view(-1, 1, 1, 1, 1)
    split = pictures.reshape(count, blocks, _JPEG_BLOCK_PX, blocks, _JPEG_BLOCK_PX).transpose(2, 3)
    coefficients = basis @ split @ basis.T
    restored = basis.T @ (torch.round(coefficients / step) * step) @ basis
    return restored.transpose(2, 3).reshape(count, side, side)


def _cosine_basis(device: torch.device) -> torch.Tensor:
    """Return the orthonormal cosine transform of eight values, (8, 8)."""
    places = torch.arange(_JPEG_BLOCK_PX, device=device)
    angles = math.pi / _JPEG_BLOCK_PX * (places + 0.5) * places.unsqueeze(1)
    basis = torch.cos(angles) * math.sqrt(2 / _JPEG_BLOCK_PX)
    basis[0] /= math.sqrt(2)
    return basis


def relight(pictures: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Change gamma and brightness, and round: few grey levels are left of a dark face.

    Results may lie above 255.
    """
    gamma = torch.exp(_even(pictures, -math.log(2.5), math.log(2.5), generator))
    gain = _even(pictures, 0.1, 1.3, generator)
    return torch.round(_WHITE * gain * (pictures / _WHITE).clamp_min(1e-6) ** gamma)


def add_noise(pictures: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Add Gaussian noise, as from a sensor in poor light; results may leave 0 to 255."""
    drawn = torch.randn(pictures.shape, generator=generator, device=pictures.device)
    return pictures + _even(pictures, 1.0, _MOST_NOISE, generator) * drawn


def _even(
    pictures: torch.Tensor, low: float, high: float, generator: torch.Generator
) -> torch.Tensor:
    """Draw a number from `low` to `high` for each picture, (B, 1, 1)."""
    drawn = torch.rand(len(pictures), 1, 1, generator=generator, device=pictures.device)
    return low + (high - low) * drawn


_TROUBLES: Final[tuple[Callable[[torch.Tensor, torch.Generator], torch.Tensor], ...]] = (
    blur,
    lose_pixels,
    compress,
    relight,
    add_noise,
)
