"""Labelled faces, cut as `analyze` cuts faces."""

from dataclasses import replace
from typing import Final

import numpy as np
import torch

from vidfer.batches import CROP_SIDE_PX
from vidfer.emotion.cards import ModelCard
from vidfer.faces.recutting import Recutter
from vidfer.training.data.face_pictures import read_middle_square
from vidfer.training.data.labelled_faces import LabelledFaces

# Pictures are cut in portions, so that few large ones are in memory.
_PORTION: Final = 256


def seen_by(card: ModelCard, faces: LabelledFaces, *, device: torch.device) -> LabelledFaces:
    """Return the faces as the card's model is to see them: settled, or as they are.

    Raises:
        DataError, WeightsError: as `settled`.
    """
    return settled(faces, device=device) if card.settled else faces


def settled(faces: LabelledFaces, *, device: torch.device) -> LabelledFaces:
    """Return the same faces cut again, see `vidfer.faces.recutting`.

    Those that come from files are cut out of the middle square of these, at the files' own
    resolution, so that a face does not lose pixels by what lies around it.

    Raises:
        DataError: a file cannot be read again.
        WeightsError: the aligner's weights are missing or altered.
    """
    recutter = Recutter(device)
    cut = np.empty_like(faces.pictures)
    for start in range(0, len(faces), _PORTION):
        portion = slice(start, start + _PORTION)
        if faces.files is None:
            cut[portion] = recutter.recut(faces.pictures[portion])
        else:
            cut[portion] = _recut_files(faces.files[portion], recutter)
    return replace(faces, pictures=cut, files=None)


def _recut_files(files: np.ndarray, recutter: Recutter) -> np.ndarray:
    squares = [read_middle_square(path) for path in files]
    sides = np.array([len(square) for square in squares])
    cut = np.empty((len(squares), CROP_SIDE_PX, CROP_SIDE_PX), dtype=np.uint8)
    for side in np.unique(sides):
        rows = np.flatnonzero(sides == side)
        cut[rows] = recutter.recut(np.stack([squares[row] for row in rows]))
    return cut
