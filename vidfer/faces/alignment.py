"""Where each face's crop lies in its frame: a square that is turned with the head."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from vidfer.batches import LANDMARKS, DetectionBatch

# Measured by benchmarks/fer2013_face_boxes.py, in sides of FER2013's pictures: how long
# the longer side of MTCNN's box is, how far its centre lies below the picture's, and
# where its landmarks lie from there (x to the right, y downwards, made symmetric).
BOX_SIDES_PER_CROP: Final = 1.05
CENTRE_BELOW_MIDDLE: Final = 0.014
LAYOUT: Final = np.array(
    [[-0.187, -0.109], [0.187, -0.109], [0.0, 0.106], [-0.157, 0.288], [0.157, 0.288]]
)

# How far landmarks may pull a crop away from its box, in sides of the box's own square.
# Those of a face in profile lie close together, and those of a blurred one anywhere.
_LEAST_SIDE: Final = 0.92
_MOST_SIDE: Final = 1.1
_MOST_SHIFT: Final = 0.1

# Landmarks that are closer together than this (in profile they come to about 0.6) tell
# nothing, not even a direction.
_LEAST_READABLE: Final = 0.3
_LEAST_LENGTH_PX: Final = 1e-6


@dataclass(frozen=True)
class FaceSquares:
    """Squares in frames, row for row with detections.

    centre_px: x, y of the middle, float64 (F, 2).
    across_px: the vector along the upper edge, from its left to its right end, float64
        (F, 2): its length is the square's side, its direction the head's roll.
    """

    centre_px: np.ndarray
    across_px: np.ndarray

    def take(self, rows: np.ndarray | slice) -> "FaceSquares":
        """Return some of the squares."""
        return FaceSquares(self.centre_px[rows], self.across_px[rows])


def face_squares(detections: DetectionBatch) -> FaceSquares:
    """Return the squares that show faces as FER2013's pictures show them.

    Each is the best fit of the five landmarks to where they lie in FER2013's pictures
    (a similarity, Umeyama 1991), as long as that agrees with the face's box.
    """
    fitted, box = landmark_squares(detections), box_squares(detections)
    side_px, fitted_px = _length(box.across_px), _length(fitted.across_px)
    shift_px = fitted.centre_px - box.centre_px
    shift_px *= np.minimum(1, _MOST_SHIFT * side_px / _positive(_length(shift_px)))
    wanted_px = np.clip(fitted_px, _LEAST_SIDE * side_px, _MOST_SIDE * side_px)
    readable = fitted_px > _LEAST_READABLE * side_px
    return FaceSquares(
        centre_px=np.where(readable, box.centre_px + shift_px, box.centre_px),
        across_px=np.where(
            readable, fitted.across_px * (wanted_px / _positive(fitted_px)), box.across_px
        ),
    )


def box_squares(detections: DetectionBatch) -> FaceSquares:
    """Return upright squares by the boxes alone."""
    box_px = detections.box_px.astype(np.float64)
    side_px = box_px[:, 2:].max(axis=1) / BOX_SIDES_PER_CROP
    centre_px = box_px[:, :2] + box_px[:, 2:] / 2
    centre_px[:, 1] -= CENTRE_BELOW_MIDDLE * side_px
    return FaceSquares(centre_px, np.stack([side_px, np.zeros_like(side_px)], axis=1))


def landmark_squares(detections: DetectionBatch) -> FaceSquares:
    """Return the squares that fit the landmarks best, whatever the boxes say.

    With points of the plane as complex numbers, landmarks are centre + across * layout,
    of which the least squares are sums of the landmarks with fixed weights.
    """
    x, y = (detections.landmarks_px.astype(np.float64)[..., axis].T for axis in (0, 1))
    layout = LAYOUT[:, 0] + 1j * LAYOUT[:, 1]
    off_mean = layout - layout.mean()
    for_across = off_mean.conj() / (np.abs(off_mean) ** 2).sum()
    for_centre = 1 / len(LANDMARKS) - layout.mean() * for_across
    return FaceSquares(_weighted(x, y, for_centre), _weighted(x, y, for_across))


def _weighted(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the weighted sum of points (5, F) as x, y (F, 2), for complex weights (5,).

    Summed point by point: a matrix product rounds with the number of faces.
    """
    real = sum(w.real * x[i] - w.imag * y[i] for i, w in enumerate(weights))
    imaginary = sum(w.real * y[i] + w.imag * x[i] for i, w in enumerate(weights))
    return np.stack([real, imaginary], axis=1)


def _length(vectors: np.ndarray) -> np.ndarray:
    """Return the length of vectors (F, 2) as (F, 1)."""
    length: np.ndarray = np.sqrt(vectors[:, :1] ** 2 + vectors[:, 1:] ** 2)
    return length


def _positive(lengths: np.ndarray) -> np.ndarray:
    """Return lengths that can be divided by."""
    positive: np.ndarray = np.maximum(lengths, _LEAST_LENGTH_PX)
    return positive
