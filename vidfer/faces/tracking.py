"""The same person through time: detections to stable track numbers."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from vidfer.batches import DetectionBatch, FrameBatch

# Overlap above which a box continues a track for certain.
_LEAST_IOU: Final = 0.3

# A face that moved too fast to overlap, or was out of sight: how far its centre may have
# gone, in sides of its box, and how much its size may have changed.
_MOST_SHIFT: Final = 0.75
_MOST_GROWTH: Final = 1.5


@dataclass
class _Track:
    number: int
    box_px: np.ndarray
    last_seen_s: float
    was_in_last_frame: bool = True


class FaceTracker:
    """Numbers faces so that one person keeps one number while in sight.

    Feed it a video's frames in order. Each face continues the track with which it
    overlaps most; what is left, the nearest track of about its size; else it starts a
    new one. A track ends when its face is missing from a frame and out of sight for
    longer than `gap_s`; frames that are far apart, as in sparse sampling, end no track.
    """

    def __init__(self, *, gap_s: float) -> None:
        self._gap_s = gap_s
        self._tracks: list[_Track] = []
        self._next_number = 0

    def update(self, frames: FrameBatch, detections: DetectionBatch) -> np.ndarray:
        """Return the track number of each detection, int32 (F,)."""
        numbers = np.empty(len(detections), dtype=np.int32)
        for row, time_s in enumerate(frames.time_s):
            faces = np.flatnonzero(detections.frame_row == row)
            numbers[faces] = self._follow(detections.box_px[faces], float(time_s))
        return numbers

    def _follow(self, boxes_px: np.ndarray, time_s: float) -> list[int]:
        self._tracks = [
            track
            for track in self._tracks
            if track.was_in_last_frame or time_s - track.last_seen_s <= self._gap_s
        ]
        continued = self._match(boxes_px)
        for track in self._tracks:
            track.was_in_last_frame = False
        numbers = []
        for i, box_px in enumerate(boxes_px):
            track = continued.get(i) or self._start()
            track.box_px, track.last_seen_s, track.was_in_last_frame = box_px, time_s, True
            numbers.append(track.number)
        return numbers

    def _start(self) -> _Track:
        track = _Track(self._next_number, box_px=np.zeros(4), last_seen_s=0.0)
        self._tracks.append(track)
        self._next_number += 1
        return track

    def _match(self, boxes_px: np.ndarray) -> dict[int, _Track]:
        """Pair boxes with tracks, best pairs first."""
        if len(boxes_px) == 0 or not self._tracks:
            return {}
        known_px = np.stack([track.box_px for track in self._tracks])
        affinity = _affinity(boxes_px.astype(np.float64), known_px.astype(np.float64))
        pairs: dict[int, _Track] = {}
        taken: set[int] = set()
        for flat in np.argsort(-affinity, axis=None, kind="stable"):
            i, j = (int(k) for k in np.unravel_index(flat, affinity.shape))
            if affinity[i, j] <= 0:
                break
            if i not in pairs and j not in taken:
                pairs[i] = self._tracks[j]
                taken.add(j)
        return pairs


def _affinity(boxes_px: np.ndarray, known_px: np.ndarray) -> np.ndarray:
    """Return how well each box (N) continues each known one (M), (N, M); 0 is not at all.

    Overlapping pairs score 1 + IoU, near pairs of like size up to 1.
    """
    iou = _iou(boxes_px, known_px)
    side = boxes_px[:, 2:].max(axis=1)[:, None]
    known_side = known_px[:, 2:].max(axis=1)[None, :]
    centres = boxes_px[:, :2] + boxes_px[:, 2:] / 2
    known_centres = known_px[:, :2] + known_px[:, 2:] / 2
    shift = np.linalg.norm(centres[:, None] - known_centres[None], axis=2) / known_side
    growth = np.maximum(side / known_side, known_side / side)
    near = np.where((shift < _MOST_SHIFT) & (growth < _MOST_GROWTH), 1 - shift, 0.0)
    return np.where(iou >= _LEAST_IOU, 1 + iou, near)


def _iou(boxes_px: np.ndarray, known_px: np.ndarray) -> np.ndarray:
    """Return intersection over union of boxes (N) and (M) given as x, y, w, h: (N, M)."""
    low = np.maximum(boxes_px[:, None, :2], known_px[None, :, :2])
    high = np.minimum(
        (boxes_px[:, :2] + boxes_px[:, 2:])[:, None], (known_px[:, :2] + known_px[:, 2:])[None]
    )
    intersection = np.clip(high - low, 0, None).prod(axis=2)
    areas = boxes_px[:, 2:].prod(axis=1)[:, None] + known_px[:, 2:].prod(axis=1)[None]
    overlap: np.ndarray = intersection / np.maximum(areas - intersection, 1e-9)
    return overlap
