"""Frames with one FER2013 picture each at a known place, and what the detector finds there.

The picture is enlarged and turned; around it go on its blurred edge pixels or mirror
image. True pixels exist inside the picture only.
"""

from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image, ImageFilter

from vidfer.batches import CROP_SIDE_PX, DetectionBatch, FrameBatch
from vidfer.faces.alignment import FaceSquares
from vidfer.faces.mtcnn import MtcnnDetector
from vidfer.training.data import LabelledFaces

FRAME_SIDES = 2.2
SIDES_PX = (60.0, 160.0)
MOST_OFFSET = 0.15
SURROUNDINGS = ("edge", "symmetric")
BLUR_PX = 4
MOST_MISS = 0.7


@dataclass(frozen=True)
class FoundFaces:
    """Pictures in which the detector found the face; all row for row.

    frames: grey, uint8 (height, width), one per face. picture: row in the split.
    turn_deg: by how much the frame was turned. truth: the picture's own square.
    """

    frames: list[np.ndarray]
    picture: np.ndarray
    turn_deg: np.ndarray
    truth: FaceSquares
    detections: DetectionBatch
    tried: int

    def batch(self, row: int) -> FrameBatch:
        return frame_batch(self.frames[row])


def frame_batch(grey: np.ndarray) -> FrameBatch:
    colour = np.repeat(grey[None, :, :, None], 3, axis=3)
    return FrameBatch(frames=colour, index=np.zeros(1, np.int64), time_s=np.zeros(1))


def surrounded(picture: np.ndarray, kind: str) -> np.ndarray:
    """Return a picture (48, 48) in the middle of blurred surroundings (144, 144)."""
    whole = np.pad(picture, CROP_SIDE_PX, mode=kind)  # type: ignore[call-overload]
    blurred = np.array(Image.fromarray(whole).filter(ImageFilter.GaussianBlur(BLUR_PX)))
    middle = slice(CROP_SIDE_PX, 2 * CROP_SIDE_PX)
    blurred[middle, middle] = picture
    return blurred


def framed(
    picture: np.ndarray, *, turn_deg: float, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a frame, and the picture's centre (2,) and across vector (2,) in it."""
    side = float(np.exp(random.uniform(*np.log(SIDES_PX))))
    frame_px = round(FRAME_SIDES * side)
    centre = frame_px / 2 + random.uniform(-MOST_OFFSET, MOST_OFFSET, 2) * side
    turn = np.radians(turn_deg)
    across = side * np.array([np.cos(turn), np.sin(turn)])
    wide = surrounded(picture, str(random.choice(SURROUNDINGS)))
    # From a place in the frame to the place in `wide` whose pixel is shown there.
    inverse = np.array([across, [-across[1], across[0]]]) * CROP_SIDE_PX / side**2
    offset = 1.5 * CROP_SIDE_PX - inverse @ centre
    frame = Image.fromarray(wide).transform(
        (frame_px, frame_px),
        Image.Transform.AFFINE,
        tuple(np.column_stack([inverse, offset]).ravel()),
        resample=Image.Resampling.BICUBIC,
    )
    return np.asarray(frame), centre, across


def best_row(found: DetectionBatch, centre: np.ndarray, side: float) -> int | None:
    """Return which detection is the picture's face, if any."""
    if len(found) == 0:
        return None
    middles = found.box_px[:, :2] + found.box_px[:, 2:] / 2
    miss = np.linalg.norm(middles - centre, axis=1) / side
    miss += np.abs(np.log(found.box_px[:, 2:].max(axis=1) / side))
    return int(miss.argmin()) if miss.min() < MOST_MISS else None


def find_faces(
    faces: LabelledFaces, chosen: np.ndarray, *, turns_deg: tuple[float, ...]
) -> FoundFaces:
    """Show each of the pictures `chosen` once per turn to vidfer's detector."""
    random = np.random.default_rng(0)
    detector = MtcnnDetector(min_face_px=40, device=torch.device("cpu"))
    frames, rows, parts = [], [], []
    for picture in chosen:
        for turn_deg in turns_deg:
            frame, centre, across = framed(
                faces.pictures[picture], turn_deg=turn_deg, random=random
            )
            found = detector.detect(frame_batch(frame), min_score=0.8)
            row = best_row(found, centre, float(np.linalg.norm(across)))
            if row is not None:
                frames.append(frame)
                rows.append((picture, turn_deg, centre, across))
                parts.append((found.box_px[row], found.score[row], found.landmarks_px[row]))
    picture, turn, centres, acrosses = (np.array(column) for column in zip(*rows))
    box, score, landmarks = (np.array(column) for column in zip(*parts))
    frame_row = np.arange(len(frames), dtype=np.int64)
    detections = DetectionBatch(frame_row, box, score, landmarks, np.zeros(len(frames), np.bool_))
    truth = FaceSquares(centres, acrosses)
    return FoundFaces(frames, picture, turn, truth, detections, len(chosen) * len(turns_deg))
