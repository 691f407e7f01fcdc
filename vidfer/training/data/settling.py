"""Labelled faces, cut as `analyze` cuts faces."""

from dataclasses import replace
from typing import Final

import numpy as np
import torch

from vidfer.batches import CROP_SIDE_PX
from vidfer.faces.recutting import recut
from vidfer.training.data.face_pictures import read_middle_square
from vidfer.training.data.labelled_faces import LabelledFaces

# Files are read again in portions, so that few large pictures are in memory.
_PORTION: Final = 256


def settled(faces: LabelledFaces, *, device: torch.device) -> LabelledFaces:
    """Return the same faces cut again, see `vidfer.faces.recutting`.

    Those that come from files are cut out of the middle square of these, at the files' own
    resolution, so that a face does not lose pixels by what lies around it.

    Raises:
        DataError: a file cannot be read again.
        WeightsError: the aligner's weights are missing or altered.
    """
    if faces.files is None:
        return replace(faces, pictures=recut(faces.pictures, device=device))
    portions = range(0, len(faces), _PORTION)
    cut = [_recut_files(faces.files[start : start + _PORTION], device) for start in portions]
    return replace(faces, pictures=np.concatenate(cut), files=None)


def _recut_files(files: np.ndarray, device: torch.device) -> np.ndarray:
    squares = [read_middle_square(path) for path in files]
    sides = np.array([len(square) for square in squares])
    cut = np.empty((len(squares), CROP_SIDE_PX, CROP_SIDE_PX), dtype=np.uint8)
    for side in np.unique(sides):
        rows = np.flatnonzero(sides == side)
        cut[rows] = recut(np.stack([squares[row] for row in rows]), device=device)
    return cut
