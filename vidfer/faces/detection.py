"""Faces of one frame as the cascade's last network sees them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from vidfer.batches import LANDMARKS, DetectionBatch
from vidfer.faces.boxes import suppress_contained

# Of two boxes, more than this of the smaller one inside the other: one face, as in
# facenet-pytorch.
_CONTAINED: Final = 0.7


@dataclass(frozen=True)
class Faces:
    """Faces, row for row.

    corners_px: x1, y1, x2, y2, float32 (F, 4).
    score: the network's probability, float32 (F,).
    landmarks_px: x, y of the five LANDMARKS, float32 (F, 5, 2).
    squares_px: the squares that it looked at, corners, float32 (F, 4).
    """

    corners_px: np.ndarray
    score: np.ndarray
    landmarks_px: np.ndarray
    squares_px: np.ndarray

    def __len__(self) -> int:
        return len(self.score)

    @property
    def boxes_px(self) -> np.ndarray:
        """The corners as x, y, width, height, float32 (F, 4)."""
        low, high = self.corners_px[:, :2], self.corners_px[:, 2:]
        return np.concatenate([low, high - low], axis=1)

    def take(self, rows: np.ndarray) -> "Faces":
        """Return some of the faces."""
        return Faces(
            self.corners_px[rows],
            self.score[rows],
            self.landmarks_px[rows],
            self.squares_px[rows],
        )


def no_faces() -> Faces:
    """Return no faces at all."""
    corners = np.empty((0, 4), dtype=np.float32)
    landmarks = np.empty((0, len(LANDMARKS), 2), dtype=np.float32)
    return Faces(corners, np.empty(0, dtype=np.float32), landmarks, corners)


def joined(*parts: Faces) -> Faces:
    """Put faces one after another."""
    return Faces(
        np.concatenate([faces.corners_px for faces in parts]),
        np.concatenate([faces.score for faces in parts]),
        np.concatenate([faces.landmarks_px for faces in parts]),
        np.concatenate([faces.squares_px for faces in parts]),
    )


def without_contained(faces: Faces) -> Faces:
    """Keep the best of the faces of one frame that cover each other, by falling score."""
    return faces.take(suppress_contained(faces.corners_px, faces.score, threshold=_CONTAINED))


def detection_batch(
    frames: Sequence[Faces], *, tracked: np.ndarray, min_score: float
) -> DetectionBatch:
    """Put the faces of all frames together, those of at least `min_score`.

    `tracked` says whose faces were found by following, bool, one per frame.
    """
    kept = [faces.take(np.flatnonzero(faces.score >= min_score)) for faces in frames]
    counts = [len(faces) for faces in kept]
    together = joined(no_faces(), *kept)
    return DetectionBatch(
        frame_row=np.repeat(np.arange(len(kept), dtype=np.int64), counts),
        box_px=together.boxes_px,
        score=together.score,
        landmarks_px=together.landmarks_px,
        tracked=np.repeat(tracked, counts),
    )
