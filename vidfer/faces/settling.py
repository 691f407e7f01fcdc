"""Faces looked at again, so that a crop does not depend on how its face was found."""

from typing import Final, Protocol

import numpy as np
import torch

from vidfer.batches import DetectionBatch
from vidfer.faces.boxes import squared
from vidfer.faces.detection import Faces
from vidfer.faces.surfaces import Surfaces

# The cascade's last network answers a slightly other square with a slightly other box and
# landmarks, and emotion networks notice. Shown the square of its own answer, it comes to
# rest after a few looks, wherever it began; the mean of three such answers is steadier than
# any of them, and than that of two: more faces of a crowd show the same emotion however
# they were found (docs/faces.md).
_LOOKS: Final = 3

# Faces come to rest on multiples of 1/8 pixel. Last digits, which depend on how
# many items a network was given at once, then move no pixel of a crop from one grey level to
# the next.
_STEPS_PER_PX: Final = 8


class Looker(Protocol):
    """A detector's last network: what settling needs; see MtcnnDetector."""

    least_score: float

    def look(self, surfaces: Surfaces, rows: np.ndarray, squares_px: np.ndarray) -> Faces:
        """Return what the last network makes of squares in the frames `rows`."""
        ...


def settled(cascade: Looker, surfaces: Surfaces, found: DetectionBatch) -> DetectionBatch:
    """Return the detections with settled boxes and landmarks.

    Where the network loses the face on the way, the detection stays as it is.
    """
    if len(found) == 0:
        return found
    corners = np.concatenate([found.box_px[:, :2], found.box_px[:, :2] + found.box_px[:, 2:]], 1)
    boxes, landmarks = np.zeros_like(found.box_px), np.zeros_like(found.landmarks_px)
    kept = np.ones(len(found), dtype=bool)
    for _ in range(_LOOKS):
        faces = cascade.look(surfaces, found.frame_row, squared(torch.from_numpy(corners)).numpy())
        boxes += faces.boxes_px / _LOOKS
        landmarks += faces.landmarks_px / _LOOKS
        kept &= faces.score > cascade.least_score
        corners = faces.corners_px
    return DetectionBatch(
        frame_row=found.frame_row,
        box_px=np.where(kept[:, None], _at_rest(boxes), found.box_px),
        score=found.score,
        landmarks_px=np.where(kept[:, None, None], _at_rest(landmarks), found.landmarks_px),
        tracked=found.tracked,
    )


def _at_rest(places_px: np.ndarray) -> np.ndarray:
    rested: np.ndarray = np.round(places_px * _STEPS_PER_PX) / _STEPS_PER_PX
    return rested
