"""Test-time augmentation: one picture seen in several ways."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final, get_args

import numpy as np
import torch
from torch import nn

from vidfer.batches import CROP_SIDE_PX
from vidfer.config import Views
from vidfer.emotions import EMOTIONS
from vidfer.errors import SettingsError
from vidfer.training.data import LabelledFaces
from vidfer.training.loop import logits_of

# Chosen on PublicTest with `paper`: 61.1 % with 2 pixels, 59.5 % with 4, 59.1 % with one view.
_SHIFT_PX: Final = 2

# Down and right, from the corners to the middle.
_SHIFTS_PX: Final = (
    *((down, right) for down in (-_SHIFT_PX, _SHIFT_PX) for right in (-_SHIFT_PX, _SHIFT_PX)),
    (0, 0),
)


def require_views(views: str) -> None:
    """Hold `views` to the known names.

    Raises:
        SettingsError: it is none of them.
    """
    if views not in get_args(Views):
        raise SettingsError(f"views must be one of {', '.join(get_args(Views))}; got '{views}'.")


def probabilities_of(
    network: nn.Module,
    faces: LabelledFaces,
    *,
    temperature: float,
    views: Views,
    device: torch.device,
) -> np.ndarray:
    """Return calibrated probabilities, float64 (N, 7), averaged over the views."""
    total = np.zeros((len(faces), len(EMOTIONS)))
    count = 0
    for pictures in pictures_by_view(faces.pictures, views):
        logits = logits_of(network, replace(faces, pictures=pictures), device=device)
        total += torch.softmax(logits.double() / temperature, dim=1).numpy()
        count += 1
    return total / count


def pictures_by_view(pictures: np.ndarray, views: Views) -> Iterator[np.ndarray]:
    """Yield `pictures`, uint8 (N, 48, 48), as each view shows them, all of one view at once.

    `single` is the picture as it is, which is how `analyze` sees a face; `flip` adds its
    mirror image; `ten` has it in the middle and shifted to the four corners (the edges
    repeated), and each of them mirrored, after the ten crops of Krizhevsky et al. 2012.
    """
    for down, right in _SHIFTS_PX if views == "ten" else ((0, 0),):
        shifted = _shifted(pictures, down, right)
        yield shifted
        if views != "single":
            yield np.ascontiguousarray(shifted[:, :, ::-1])


def _shifted(pictures: np.ndarray, down_px: int, right_px: int) -> np.ndarray:
    """Shift by at most _SHIFT_PX; what comes into sight repeats the nearest edge."""
    rows = np.arange(CROP_SIDE_PX) - down_px
    columns = np.arange(CROP_SIDE_PX) - right_px
    last = CROP_SIDE_PX - 1
    return pictures[:, rows.clip(0, last)[:, None], columns.clip(0, last)]
