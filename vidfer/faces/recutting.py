"""Face pictures that others cut, cut again as `analyze` cuts faces."""

from typing import Final

import numpy as np
import torch

from vidfer.batches import CROP_SIDE_PX
from vidfer.faces.aligner import load_aligner
from vidfer.faces.alignment import FaceSquares
from vidfer.faces.crops import cut_squares
from vidfer.faces.settling import Settler
from vidfer.faces.surfaces import Surfaces, grey_surfaces

# Pictures of other sets show their faces up to twice as large as FER2013's, or half as large.
# Nothing was detected in them, so the most that a square may move is wider than elsewhere.
_MOST_SIDES: Final = 1.0

# So many pictures are settled at a time: few enough for the cache, many for a block.
_PORTION: Final = 256


def recut(pictures: np.ndarray, *, device: torch.device) -> np.ndarray:
    """Return each picture's face where it comes to rest, level and as large as FER2013's.

    Takes uint8 (N, S, S) and returns uint8 (N, 48, 48). What lies beyond a picture continues
    with its edge pixels. A picture in which the face lies too far from where FER2013's lie, or
    none, comes back whole (see Settler). The same picture comes out with the same bits whatever
    others are recut with it, on the CPU.

    Raises:
        WeightsError: the aligner's weights are missing or altered.
    """
    settler = Settler(load_aligner(device), most_sides=_MOST_SIDES)
    portions = range(0, len(pictures), _PORTION)
    cut = [_recut(pictures[start : start + _PORTION], settler, device) for start in portions]
    return np.concatenate(cut) if cut else np.empty((0, CROP_SIDE_PX, CROP_SIDE_PX), np.uint8)


def _recut(pictures: np.ndarray, settler: Settler, device: torch.device) -> np.ndarray:
    surfaces = grey_surfaces(pictures, device=device)
    rows = np.arange(len(pictures))
    return cut_squares(surfaces, rows, settler.settled(surfaces, rows, _whole(surfaces)))


def _whole(pictures: Surfaces) -> FaceSquares:
    """Return the squares that are the pictures themselves."""
    count, side_px = len(pictures), float(pictures.width)
    return FaceSquares(
        centre_px=np.full((count, 2), side_px / 2), across_px=np.tile([side_px, 0.0], (count, 1))
    )
