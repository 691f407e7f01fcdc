"""Mixing pairs of training pictures, and their targets with them."""

import numpy as np
import torch
from torch.nn import functional

from vidfer.emotions import EMOTIONS
from vidfer.training.augmentation import Augmentation


def mix(
    pictures: torch.Tensor,
    targets: torch.Tensor,
    *,
    settings: Augmentation,
    generator: torch.Generator,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Blend each picture with another of its batch, by mixup or CutMix.

    Mixup (Zhang et al. 2018) blends grey levels, CutMix (Yun et al. 2019) pastes a
    rectangle; with both switched on each batch gets one of them at random. The share is
    drawn from Beta(a, a) once a batch. `pictures` is float32 (B, ..., S, S); `targets` int64
    (B,) or float32 (B, 7). Without either the batch comes back as it is.
    """
    strengths = {"mixup": settings.mixup, "cutmix": settings.cutmix}
    kinds = [kind for kind, strength in strengths.items() if strength]
    if not kinds:
        return pictures, targets
    # torch has no Beta distribution that takes a generator.
    seed = torch.randint(2**31, (1,), generator=generator, device=pictures.device)
    draw = np.random.default_rng(int(seed))
    kind = kinds[draw.integers(len(kinds))]
    share = float(draw.beta(strengths[kind], strengths[kind]))
    if kind == "mixup":
        pictures = torch.lerp(pictures, pictures.flip(0), share)
    else:
        pictures, share = _paste(pictures, share, draw)
    if targets.ndim == 1:
        targets = functional.one_hot(targets, len(EMOTIONS)).to(torch.float32)
    return pictures, torch.lerp(targets, targets.flip(0), share)


def _paste(
    pictures: torch.Tensor, share: float, draw: np.random.Generator
) -> tuple[torch.Tensor, float]:
    """Paste a rectangle of about `share` of the area; return the share that it covers."""
    side = pictures.shape[-1]
    half = side * share**0.5 / 2
    rows, columns = (_span(middle, half, side) for middle in draw.uniform(0, side, 2))
    mixed = pictures.clone()
    mixed[..., rows, columns] = pictures.flip(0)[..., rows, columns]
    covered = (rows.stop - rows.start) * (columns.stop - columns.start)
    return mixed, covered / side**2


def _span(middle: float, half: float, side: int) -> slice:
    return slice(max(0, round(middle - half)), min(side, round(middle + half)))
