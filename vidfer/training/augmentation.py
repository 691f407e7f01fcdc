"""Random changes to training pictures, a whole batch at a time, on the batch's device."""

import math
from dataclasses import dataclass
from typing import Final

import torch
from torch.nn import functional

from vidfer.batches import CROP_SIDE_PX
from vidfer.checks import require, settle_types
from vidfer.emotion.residual import middle
from vidfer.training.degradation import degrade

_LEAST_SIDE_PX: Final = 16
_WHITE: Final = 255.0
_MOST_DEG: Final = 180


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """How training pictures are changed at random; the defaults change nothing.

    `flip` mirrors half of the pictures left to right. `shift` (each way) and `erase_most`
    (each side) are shares of the picture's side, `scale` of 0.1 means sizes from 1/1.1 to
    1.1, and every `*_share` is the share of pictures that get the change. `mixup` and
    `cutmix` are the a of the Beta(a, a) that shares are drawn from; 0 switches them off.

    Raises:
        SettingsError: a value is of another type or outside its range.
    """

    flip: bool = False
    shift: float = 0.0
    rotation_deg: float = 0.0
    scale: float = 0.0
    crop_side_px: int = CROP_SIDE_PX
    erase_share: float = 0.0
    erase_most: float = 0.4
    degrade_share: float = 0.0
    mixup: float = 0.0
    cutmix: float = 0.0

    def __post_init__(self) -> None:
        settle_types(self)
        require(self, "shift", "scale", holds=lambda v: 0 <= v < 1, wanted="at least 0, below 1")
        require(self, "rotation_deg", holds=lambda v: 0 <= v <= _MOST_DEG, wanted="from 0 to 180")
        require(
            self,
            "crop_side_px",
            holds=lambda v: _LEAST_SIDE_PX <= v <= CROP_SIDE_PX,
            wanted=f"from {_LEAST_SIDE_PX} to {CROP_SIDE_PX}",
        )
        require(
            self,
            *("erase_share", "erase_most", "degrade_share"),
            holds=lambda v: 0 <= v <= 1,
            wanted="from 0 to 1",
        )
        require(self, "mixup", "cutmix", holds=lambda v: v >= 0, wanted="at least 0")


def augment(
    pictures: torch.Tensor, *, settings: Augmentation, generator: torch.Generator
) -> torch.Tensor:
    """Return changed copies of `pictures`, uint8 (B, 48, 48), as float32 (B, 3, S, S), 0 to 255.

    S is `crop_side_px`. The first of each three has all changes, the second only those of
    geometry, the same ones: it shows the same place, neither degraded nor covered. The third
    is the middle of the picture as it was. The generator lies on the pictures' device. In
    order: what video does to pictures, then geometry, then erasing.
    """
    original = pictures.to(torch.float32)
    whole = changed = original
    if settings.degrade_share:
        changed = degrade(changed, share=settings.degrade_share, generator=generator)
    changed, whole = _resample(torch.stack([changed, whole], 1), settings, generator).unbind(1)
    if settings.erase_share:
        changed = _erase(changed, settings, generator)
    return torch.stack([changed, whole, middle(original, settings.crop_side_px)], dim=1)


def _resample(
    pictures: torch.Tensor, settings: Augmentation, generator: torch.Generator
) -> torch.Tensor:
    """Flip, rotate, scale, shift and crop (B, 2, 48, 48) in one bilinear step, edges repeated."""
    count, side = len(pictures), settings.crop_side_px
    placements = _placements(count, settings, generator)
    grid = functional.affine_grid(placements, [count, 1, side, side], align_corners=False)
    return functional.grid_sample(pictures, grid, padding_mode="border", align_corners=False)


def _placements(count: int, settings: Augmentation, generator: torch.Generator) -> torch.Tensor:
    """Draw where each crop lies in its picture: the matrices of affine_grid, (count, 2, 3).

    In its units the whole picture spans -1 to 1, both ways.
    """
    angle = _symmetric(count, math.radians(settings.rotation_deg), generator)
    size = torch.exp(_symmetric(count, math.log1p(settings.scale), generator))
    mirror = torch.ones(count, device=generator.device)
    if settings.flip:
        mirror -= 2 * torch.randint(2, (count,), generator=generator, device=generator.device)
    extent = settings.crop_side_px / CROP_SIDE_PX / size
    cosine, sine = extent * torch.cos(angle), extent * torch.sin(angle)
    shift_x, shift_y = (_symmetric(count, 2 * settings.shift, generator) for _ in range(2))
    across = torch.stack([mirror * cosine, -mirror * sine, shift_x], dim=1)
    down = torch.stack([sine, cosine, shift_y], dim=1)
    return torch.stack([across, down], dim=1)


def _erase(
    pictures: torch.Tensor, settings: Augmentation, generator: torch.Generator
) -> torch.Tensor:
    """Cover a random rectangle with one random grey (Zhong et al. 2020)."""
    count, side = len(pictures), pictures.shape[-1]
    device = pictures.device
    chosen = torch.rand(count, 1, 1, generator=generator, device=device) < settings.erase_share
    most_px = settings.erase_most * side
    rows, columns = (_stretch(count, side, most_px, generator) for _ in range(2))
    covered = rows.unsqueeze(2) & columns.unsqueeze(1) & chosen
    grey = _WHITE * torch.rand(count, 1, 1, generator=generator, device=device)
    return torch.where(covered, grey, pictures)


def _stretch(count: int, side: int, most_px: float, generator: torch.Generator) -> torch.Tensor:
    """Tell which of `side` pixels lie in a random stretch of up to `most_px`, (count, side)."""
    device = generator.device
    middle = side * torch.rand(count, 1, generator=generator, device=device)
    half = most_px / 2 * torch.rand(count, 1, generator=generator, device=device)
    places = torch.arange(side, device=device) + 0.5
    return (places - middle).abs() <= half


def _symmetric(count: int, most: float, generator: torch.Generator) -> torch.Tensor:
    """Draw `count` numbers evenly from -most to most."""
    return most * (2 * torch.rand(count, generator=generator, device=generator.device) - 1)
