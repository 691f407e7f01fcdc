"""Ways to turn a detected face into the square that is cut out."""

from collections.abc import Callable

import numpy as np

from vidfer.batches import DetectionBatch
from vidfer.faces.alignment import (
    BOX_SIDES_PER_CROP,
    LAYOUT,
    FaceSquares,
    box_squares,
    face_squares,
    landmark_squares,
)

Rule = Callable[[DetectionBatch], FaceSquares]

# Of FER2013's training pictures, as in vidfer/faces/alignment.py; see fer2013_face_boxes.py.
MEAN_BOX_SIDES_PER_CROP = 0.93


def along(length: np.ndarray, like: np.ndarray) -> np.ndarray:
    """Return vectors of these lengths (F, 1) in the directions of others (F, 2)."""
    return like * length / np.maximum(np.linalg.norm(like, axis=1, keepdims=True), 1e-9)


def lengths(vectors: np.ndarray) -> np.ndarray:
    return np.linalg.norm(vectors, axis=1, keepdims=True)


def former(faces: DetectionBatch) -> FaceSquares:
    """The rule before this experiment: 1/1.04 of the box's longer side, upright."""
    side = faces.box_px[:, 2:].max(axis=1).astype(np.float64) / 1.04
    centre = faces.box_px[:, :2].astype(np.float64) + faces.box_px[:, 2:] / 2
    centre[:, 1] -= 0.01 * side
    return FaceSquares(centre, np.stack([side, 0 * side], axis=1))


def eyes(faces: DetectionBatch) -> FaceSquares:
    """By the eyes' distance and midpoint, level."""
    eye = faces.landmarks_px[:, :2].astype(np.float64)
    across = (eye[:, 1] - eye[:, 0]) / (LAYOUT[1, 0] - LAYOUT[0, 0])
    down = np.stack([-across[:, 1], across[:, 0]], axis=1)
    return FaceSquares(eye.mean(axis=1) - LAYOUT[0, 1] * down, across)


def mean_side(faces: DetectionBatch) -> FaceSquares:
    """The box, by the mean of its sides instead of the longer one."""
    box = box_squares(faces)
    side = faces.box_px[:, 2:].mean(axis=1, keepdims=True) / MEAN_BOX_SIDES_PER_CROP
    return FaceSquares(box.centre_px, along(side, box.across_px))


def blend(faces: DetectionBatch) -> FaceSquares:
    """Half the box, half the landmarks' fit, turned as the fit."""
    box, fit = box_squares(faces), landmark_squares(faces)
    side = np.sqrt(lengths(box.across_px) * lengths(fit.across_px))
    return FaceSquares((box.centre_px + fit.centre_px) / 2, along(side, fit.across_px))


def upright(rule: Rule) -> Rule:
    def squares(faces: DetectionBatch) -> FaceSquares:
        made = rule(faces)
        sideways = np.tile([1.0, 0.0], (len(faces), 1))
        return FaceSquares(made.centre_px, along(lengths(made.across_px), sideways))

    return squares


def turned(by: Rule, *, share: float = 1.0, beyond_deg: float = 0.0) -> Rule:
    """Return the box's square, turned by a share of `by`'s turn, or by what exceeds a limit."""

    def squares(faces: DetectionBatch) -> FaceSquares:
        box, across = box_squares(faces), by(faces).across_px
        limit = np.radians(beyond_deg)
        turn = np.arctan2(across[:, 1], across[:, 0])
        turn = share * (turn - np.clip(turn, -limit, limit))
        direction = np.stack([np.cos(turn), np.sin(turn)], axis=1)
        return FaceSquares(box.centre_px, direction * lengths(box.across_px))

    return squares


def larger(rule: Rule, times: float) -> Rule:
    def squares(faces: DetectionBatch) -> FaceSquares:
        made = rule(faces)
        return FaceSquares(made.centre_px, made.across_px * times)

    return squares


def lower(rule: Rule, shift: float) -> Rule:
    """Move upright squares down by a share of their side."""

    def squares(faces: DetectionBatch) -> FaceSquares:
        made = rule(faces)
        down = np.stack([-made.across_px[:, 1], made.across_px[:, 0]], axis=1)
        return FaceSquares(made.centre_px + shift * down, made.across_px)

    return squares


RULES: dict[str, Rule] = {
    "former: box / 1.04": former,
    f"box / {BOX_SIDES_PER_CROP}": box_squares,
    "box, mean side": mean_side,
    "box, 5 % higher": lower(box_squares, -0.05),
    "box, 5 % lower": lower(box_squares, 0.05),
    "box, level by eyes": turned(eyes),
    "box, level by fit": turned(landmark_squares),
    "box, half level": turned(landmark_squares, share=0.5),
    "box, level beyond 10 deg": turned(landmark_squares, beyond_deg=10),
    "eyes, upright": upright(eyes),
    "eyes, level": eyes,
    "fit, upright": upright(landmark_squares),
    "fit, level": landmark_squares,
    "box and fit blended": blend,
    "shipped: fit near the box": face_squares,
    **{f"shipped x {m}": larger(face_squares, m) for m in (0.8, 0.9, 0.95, 1.1, 1.2, 1.4)},
}
