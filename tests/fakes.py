"""Stages and an engine that keep their contracts without networks or processes."""

from dataclasses import dataclass

import numpy as np

from vidfer.atomic import temporary_path
from vidfer.batches import (
    CROP_SIDE_PX,
    DetectionBatch,
    EmotionBatch,
    FaceBatch,
    FrameBatch,
    QualityBatch,
)
from vidfer.emotions import EMOTIONS

SIDE_PX = 8


def frames_with_squares(
    counts: list[int], *, first_index: int = 0, frame_s: float = 0.04
) -> FrameBatch:
    """Return dark frames with as many white squares as `counts` says, one line of them."""
    frames = np.zeros((len(counts), 32, 64, 3), dtype=np.uint8)
    for row, count in enumerate(counts):
        for k in range(count):
            frames[row, :SIDE_PX, k * 2 * SIDE_PX : (2 * k + 1) * SIDE_PX] = 255
    index = np.arange(first_index, first_index + len(counts), dtype=np.int64)
    return FrameBatch(frames=frames, index=index, time_s=index * frame_s)


@dataclass(frozen=True)
class SquareGlance:
    """What SquareFinder learns of a chunk; its outline are the numbers of its frames."""

    frames: FrameBatch
    outline: np.ndarray


class SquareFinder:
    """A face stage: each white square of frames_with_squares is a face."""

    def glance(self, frames: FrameBatch) -> SquareGlance:
        return SquareGlance(frames, frames.index)

    def find(self, glance: SquareGlance, following: np.ndarray | None) -> FaceBatch:
        rows, boxes = [], []
        for row, frame in enumerate(glance.frames.rgb()):
            for k in range(frame.shape[1] // (2 * SIDE_PX)):
                if frame[0, k * 2 * SIDE_PX, 0]:
                    rows.append(row)
                    boxes.append((k * 2 * SIDE_PX, 0, SIDE_PX, SIDE_PX))
        count = len(rows)
        detections = DetectionBatch(
            frame_row=np.array(rows, dtype=np.int64),
            box_px=np.array(boxes, dtype=np.float32).reshape(count, 4),
            score=np.full(count, 0.9, dtype=np.float32),
            landmarks_px=np.zeros((count, 5, 2), dtype=np.float32),
            tracked=np.zeros(count, dtype=np.bool_),
        )
        values = np.full(count, 0.5, dtype=np.float32)
        return FaceBatch(
            detections=detections,
            crops=np.zeros((count, CROP_SIDE_PX, CROP_SIDE_PX), dtype=np.uint8),
            quality=QualityBatch(values, values, values, values, np.arange(count) % 2 == 0),
        )


class SquareNumbering:
    """Numbers the faces of SquareFinder by their place; notes the first frame of each chunk."""

    def __init__(self) -> None:
        self.numbered = []

    def number(self, frames: FrameBatch, outline: np.ndarray, faces: FaceBatch) -> np.ndarray:
        self.numbered.append(int(outline[0]))
        return (faces.detections.box_px[:, 0] // (2 * SIDE_PX)).astype(np.int32)

    def state(self) -> dict:
        return {}


class AlwaysHappy:
    """An emotion stage."""

    def classify(self, crops: np.ndarray) -> EmotionBatch:
        probabilities = np.full((len(crops), len(EMOTIONS)), 0.05, dtype=np.float32)
        probabilities[:, EMOTIONS.index("happy")] = 0.7
        return EmotionBatch(probabilities=probabilities)


class FailingEngine:
    """An engine whose workers are lost on every job.

    leaves_files: the lost workers leave a half-written file each.
    raises: by a video's name, the error that ends the run there.
    """

    def __init__(self, failure, *, leaves_files=False, raises=None):
        self.taken = []
        self.is_closed = False
        self._failure = failure
        self._leaves_files = leaves_files
        self._raises = raises or {}

    def run(self, make_work, jobs, *, on_progress, make_careful_work=None):
        try:
            for job in jobs:
                self.taken.append(job)
                if self._leaves_files:
                    job.timeline_path.parent.mkdir(parents=True, exist_ok=True)
                    temporary_path(job.timeline_path).touch()
                if job.video in self._raises:
                    raise self._raises[job.video]
                yield job, self._failure
        finally:
            self.is_closed = True
