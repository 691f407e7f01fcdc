"""facenet-pytorch's own detector, and how ours compares with it."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from facenet_pytorch import MTCNN

from vidfer.batches import DetectionBatch

MIN_FACE_PX = 40

# What both report: facenet-pytorch's last threshold.
LEAST_SCORE = 0.7
# A face that nobody would call doubtful.
SURE_SCORE = 0.95
SAME_FACE_IOU = 0.8
# Less, and a box shows something that they do not report at all.
ANY_FACE_IOU = 0.5


@dataclass(frozen=True)
class FrameFaces:
    """One frame's faces: corners (N, 4), scores (N,), landmarks (N, 5, 2)."""

    corners: np.ndarray
    scores: np.ndarray
    landmarks: np.ndarray


@dataclass
class Comparison:
    """How our faces compare with facenet-pytorch's over many frames."""

    sure: int = 0
    sure_found: int = 0
    ours: int = 0
    invented: int = 0
    furthest_px: float = 0.0

    def add(self, ours: FrameFaces, theirs: FrameFaces) -> None:
        overlap = iou(ours.corners, theirs.corners)
        same = overlap >= SAME_FACE_IOU
        sure = theirs.scores >= SURE_SCORE
        self.sure += int(sure.sum())
        self.sure_found += int(same[:, sure].any(axis=0).sum())
        self.ours += len(ours.scores)
        self.invented += int((overlap.max(axis=1, initial=0) < ANY_FACE_IOU).sum())
        for i in np.flatnonzero(same.any(axis=1)):
            j = overlap[i].argmax()
            for mine, other in (
                (ours.corners[i], theirs.corners[j]),
                (ours.landmarks[i], theirs.landmarks[j]),
            ):
                self.furthest_px = max(self.furthest_px, float(np.abs(mine - other).max()))

    def check(self, *, least_sure: int, furthest_px: float = np.inf) -> None:
        assert self.sure >= least_sure, "too few faces to say anything"
        assert self.sure_found >= 0.99 * self.sure, self
        assert self.invented <= 0.01 * self.ours, self
        assert self.furthest_px <= furthest_px, self


class Reference:
    """facenet-pytorch's own detector."""

    def __init__(self) -> None:
        self._mtcnn = MTCNN(keep_all=True, min_face_size=MIN_FACE_PX)

    def faces(self, frame: np.ndarray) -> FrameFaces:
        boxes, scores, points = self._mtcnn.detect(frame, landmarks=True)
        if boxes is None:
            return FrameFaces(np.empty((0, 4)), np.empty(0), np.empty((0, 5, 2)))
        parts = (np.asarray(part, dtype=np.float64) for part in (boxes, scores, points))
        return FrameFaces(*parts)


def faces_of_row(found: DetectionBatch, row: int) -> FrameFaces:
    mine = found.frame_row == row
    box = found.box_px[mine]
    corners = np.concatenate([box[:, :2], box[:, :2] + box[:, 2:]], axis=1)
    return FrameFaces(corners, found.score[mine], found.landmarks_px[mine])


def compared(pairs: Iterable[tuple[FrameFaces, FrameFaces]]) -> Comparison:
    """Compare our faces with theirs, frame by frame."""
    comparison = Comparison()
    for ours, theirs in pairs:
        comparison.add(ours, theirs)
    return comparison


def iou(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    low = np.maximum(one[:, None, :2], other[None, :, :2])
    high = np.minimum(one[:, None, 2:], other[None, :, 2:])
    both = np.clip(high - low, 0, None).prod(axis=2)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(axis=1) for boxes in (one, other)]
    return both / (areas[0][:, None] + areas[1][None] - both)
