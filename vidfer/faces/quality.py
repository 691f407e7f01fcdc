"""How fit a face is to be read: sharpness, brightness, pose, and the gate made of them."""

from dataclasses import dataclass

import numpy as np

from vidfer.batches import LANDMARKS, DetectionBatch, QualityBatch


@dataclass(frozen=True, kw_only=True)
class QualityGate:
    """What a face must reach to count as usable; units as in QualityBatch."""

    face_px: float
    sharpness: float
    brightness_min: float
    brightness_max: float
    yaw_deg: float


def judge_quality(
    detections: DetectionBatch, crops: np.ndarray, *, gate: QualityGate
) -> QualityBatch:
    """Measure each face; `crops` are uint8 (F, 48, 48)."""
    sharpness = _sharpness(crops)
    brightness = (crops.mean(axis=(1, 2)) / 255).astype(np.float32)
    yaw_deg, roll_deg = _pose_deg(detections.landmarks_px.astype(np.float64))
    usable = (
        (detections.box_px[:, 2:].max(axis=1) >= gate.face_px)
        & (sharpness >= gate.sharpness)
        & (brightness >= gate.brightness_min)
        & (brightness <= gate.brightness_max)
        & (np.abs(yaw_deg) <= gate.yaw_deg)
    )
    return QualityBatch(
        sharpness=sharpness,
        brightness=brightness,
        yaw_deg=yaw_deg,
        roll_deg=roll_deg,
        usable=usable,
    )


def _sharpness(crops: np.ndarray) -> np.ndarray:
    """Return the variance of the four-neighbour Laplacian (Pech-Pacheco et al. 2000)."""
    grey = crops.astype(np.float32)
    laplacian = (
        grey[:, :-2, 1:-1]
        + grey[:, 2:, 1:-1]
        + grey[:, 1:-1, :-2]
        + grey[:, 1:-1, 2:]
        - 4 * grey[:, 1:-1, 1:-1]
    )
    # One face at a time: a sum over all of them would round with their number.
    return np.array([values.var() for values in laplacian], dtype=np.float32)


def _pose_deg(landmarks_px: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Estimate yaw and roll from the eyes and the nose, float32 (F,) each.

    Roll is the slope of the eyes' line. Yaw follows from how far the nose tip stands off
    the eyes' middle along that line: it protrudes by about half the eyes' distance, so
    the offset in half distances is the tangent of the turn. An estimate, good to about
    ten degrees, and meant for the gate.
    """
    left, right, nose = (
        landmarks_px[:, LANDMARKS.index(name)] for name in ("left_eye", "right_eye", "nose")
    )
    line = right - left
    distance = np.maximum(np.linalg.norm(line, axis=1), 1e-6)
    offset = ((nose - (left + right) / 2) * line).sum(axis=1) / distance
    yaw_deg = np.degrees(np.arctan2(offset, distance / 2))
    roll_deg = np.degrees(np.arctan2(line[:, 1], line[:, 0]))
    return yaw_deg.astype(np.float32), roll_deg.astype(np.float32)
