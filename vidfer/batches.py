"""What passes between stages: small frozen dataclasses of arrays that check themselves."""

from dataclasses import dataclass, fields
from typing import Any, Final, Generic, TypeVar

import numpy as np

from vidfer.emotions import EMOTIONS
from vidfer.planes import PlanarFrames

# FER2013's picture size: every crop is cut to it.
CROP_SIDE_PX: Final = 48

LANDMARKS: Final = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")


Outline = TypeVar("Outline")


def _check(name: str, array: np.ndarray, dtype: type, shape: tuple[int | None, ...]) -> None:
    fits = array.ndim == len(shape) and all(
        want in (None, have) for have, want in zip(array.shape, shape)
    )
    if array.dtype != dtype or not fits:
        wanted = ", ".join("N" if size is None else str(size) for size in shape)
        raise ValueError(
            f"{name} must be {np.dtype(dtype).name} ({wanted}), got {array.dtype} {array.shape}"
        )


class _ShapeRepr:
    """Shows shapes and dtypes instead of pixels."""

    def __repr__(self) -> str:
        parts = (
            f"{field.name}: "
            + (f"{value.dtype} {value.shape}" if isinstance(value, np.ndarray) else repr(value))
            for field in fields(self)  # type: ignore[arg-type]
            for value in [getattr(self, field.name)]
        )
        return f"{type(self).__name__}({', '.join(parts)})"


@dataclass(frozen=True, repr=False)
class FrameBatch(_ShapeRepr):
    """Consecutive analysed frames of one size.

    frames: upright, RGB, uint8 (N, height, width, 3), or the decoder's own planes.
    index: number of each frame in the video, presentation order from 0, int64 (N,).
    time_s: presentation time of each in seconds, container's start = 0, float64 (N,).
    """

    frames: np.ndarray | PlanarFrames
    index: np.ndarray
    time_s: np.ndarray

    def __post_init__(self) -> None:
        if isinstance(self.frames, np.ndarray):
            _check("frames", self.frames, np.uint8, (None, None, None, 3))
        _check("index", self.index, np.int64, (len(self.frames),))
        _check("time_s", self.time_s, np.float64, (len(self.frames),))

    def __len__(self) -> int:
        return len(self.index)

    @property
    def size_px(self) -> tuple[int, int]:
        """Height and width of each frame."""
        planes = self.frames.luma if isinstance(self.frames, PlanarFrames) else self.frames
        height, width = planes.shape[1:3]
        return height, width

    @property
    def frame_bytes(self) -> int:
        """Bytes that one frame takes."""
        height, width = self.size_px
        if isinstance(self.frames, PlanarFrames):
            return height * width + int(np.prod(self.frames.chroma.shape[1:]))
        return 3 * height * width

    def rgb(self) -> np.ndarray:
        """Return the frames in colour, uint8 (N, height, width, 3)."""
        return self.frames.rgb() if isinstance(self.frames, PlanarFrames) else self.frames


@dataclass(frozen=True, repr=False)
class DetectionBatch(_ShapeRepr):
    """Faces found in a FrameBatch, ordered by frame, then by falling score.

    frame_row: row of the face's frame in its FrameBatch, int64 (F,).
    box_px: x, y, width, height in pixels of the upright frame, float32 (F, 4).
    score: the detector's probability, float32 (F,).
    landmarks_px: x, y of the five LANDMARKS, float32 (F, 5, 2); left is the picture's left.
    tracked: found by following from other frames, not by the detector, bool (F,).
    """

    frame_row: np.ndarray
    box_px: np.ndarray
    score: np.ndarray
    landmarks_px: np.ndarray
    tracked: np.ndarray

    def __post_init__(self) -> None:
        _check("frame_row", self.frame_row, np.int64, (None,))
        count = len(self.frame_row)
        _check("box_px", self.box_px, np.float32, (count, 4))
        _check("score", self.score, np.float32, (count,))
        _check("landmarks_px", self.landmarks_px, np.float32, (count, len(LANDMARKS), 2))
        _check("tracked", self.tracked, np.bool_, (count,))

    def __len__(self) -> int:
        return len(self.frame_row)


@dataclass(frozen=True, repr=False)
class QualityBatch(_ShapeRepr):
    """How fit each face is to be read, each (F,).

    sharpness: variance of the crop's Laplacian, grey levels squared, float32.
    brightness: mean grey of the crop, 0 to 1, float32.
    yaw_deg: turn of the head from the landmarks, positive to the picture's right, float32.
    roll_deg: tilt of the eyes' line, positive clockwise, float32.
    usable: passes the quality gate, bool.
    """

    sharpness: np.ndarray
    brightness: np.ndarray
    yaw_deg: np.ndarray
    roll_deg: np.ndarray
    usable: np.ndarray

    def __post_init__(self) -> None:
        _check("sharpness", self.sharpness, np.float32, (None,))
        count = len(self.sharpness)
        for name in ("brightness", "yaw_deg", "roll_deg"):
            _check(name, getattr(self, name), np.float32, (count,))
        _check("usable", self.usable, np.bool_, (count,))


@dataclass(frozen=True, repr=False)
class FaceBatch(_ShapeRepr):
    """Detections with their crop and quality, row for row.

    crops: grey, uint8 (F, 48, 48).
    """

    detections: DetectionBatch
    crops: np.ndarray
    quality: QualityBatch

    def __post_init__(self) -> None:
        count = len(self.detections)
        _check("crops", self.crops, np.uint8, (count, CROP_SIDE_PX, CROP_SIDE_PX))
        _check("sharpness", self.quality.sharpness, np.float32, (count,))

    def __len__(self) -> int:
        return len(self.detections)

    def __repr__(self) -> str:
        return f"FaceBatch({len(self)} faces, crops: {self.crops.dtype} {self.crops.shape})"


@dataclass(frozen=True, repr=False)
class EmotionBatch(_ShapeRepr):
    """Calibrated probabilities of faces, float32 (F, 7), columns as in EMOTIONS."""

    probabilities: np.ndarray

    def __post_init__(self) -> None:
        _check("probabilities", self.probabilities, np.float32, (None, len(EMOTIONS)))

    def __len__(self) -> int:
        return len(self.probabilities)


@dataclass(frozen=True)
class Glanced(Generic[Outline]):
    """A chunk that was glanced at.

    frames: the chunk, wherever its pixels are kept by now.
    outline: what its neighbours and the numbering of its faces need of it; small.
    place: where the one who glanced at it finds the rest.
    """

    frames: FrameBatch
    outline: Outline
    place: Any
