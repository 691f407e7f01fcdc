"""Face pictures that others cut, cut again as `analyze` cuts faces."""

from typing import Final

import numpy as np
import torch

from vidfer.faces.aligner import load_aligner
from vidfer.faces.alignment import FaceSquares
from vidfer.faces.crops import cut_squares
from vidfer.faces.settling import Settler
from vidfer.faces.surfaces import Surfaces, grey_surfaces

# Pictures of other sets show their faces up to twice as large as FER2013's, or half as large.
# Nothing was detected in them, so the most that a square may move is wider than elsewhere.
_MOST_SIDES: Final = 1.0


class Recutter:
    """Cuts faces out of pictures where they come to rest, level and as large as FER2013's.

    Raises:
        WeightsError: the aligner's weights are missing or altered.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._settler = Settler(load_aligner(device), most_sides=_MOST_SIDES)

    def recut(self, pictures: np.ndarray) -> np.ndarray:
        """Return the faces of `pictures`, uint8 (N, S, S), as uint8 (N, 48, 48).

        What lies beyond a picture continues with its edge pixels. A picture in which the face
        lies too far from where FER2013's lie, or none, comes back whole (see Settler). The same
        picture comes out with the same bits whatever others are recut with it, on the CPU.
        """
        surfaces = grey_surfaces(pictures, device=self._device)
        rows = np.arange(len(pictures))
        return cut_squares(surfaces, rows, self._settler.settled(surfaces, rows, _whole(surfaces)))


def _whole(pictures: Surfaces) -> FaceSquares:
    """Return the squares that are the pictures themselves."""
    count, side_px = len(pictures), float(pictures.width)
    return FaceSquares(
        centre_px=np.full((count, 2), side_px / 2), across_px=np.tile([side_px, 0.0], (count, 1))
    )
