"""The same person through time: detections to stable track numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from vidfer.batches import DetectionBatch, FrameBatch
from vidfer.faces.matching import matched_pairs

# How far a face may have moved that overlaps no box of the frame before, or was out of
# sight, in sides of its box.
_MOST_SHIFT: Final = 0.75


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
    A new scene ends all tracks.
    """

    def __init__(self, *, gap_s: float) -> None:
        self._gap_s = gap_s
        self._tracks: list[_Track] = []
        self._next_number = 0

    def update(
        self, frames: FrameBatch, detections: DetectionBatch, *, new_scene: np.ndarray
    ) -> np.ndarray:
        """Return the track number of each detection, int32 (F,).

        `new_scene` says which frames begin a scene, bool (N,).
        """
        numbers = np.empty(len(detections), dtype=np.int32)
        for row, time_s in enumerate(frames.time_s):
            if new_scene[row]:
                self._tracks = []
            faces = np.flatnonzero(detections.frame_row == row)
            numbers[faces] = self._follow(detections.box_px[faces], float(time_s))
        return numbers

    def state(self) -> dict[str, Any]:
        """Return the tracks so far, for JSON."""
        tracks = [
            {
                "number": track.number,
                "box_px": track.box_px.tolist(),
                "last_seen_s": track.last_seen_s,
                "was_in_last_frame": track.was_in_last_frame,
            }
            for track in self._tracks
        ]
        return {"next_number": self._next_number, "tracks": tracks}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` returned."""
        self._next_number = state["next_number"]
        self._tracks = [
            _Track(**{**track, "box_px": np.array(track["box_px"], dtype=np.float32)})
            for track in state["tracks"]
        ]

    def _follow(self, boxes_px: np.ndarray, time_s: float) -> list[int]:
        self._tracks = [
            track
            for track in self._tracks
            if track.was_in_last_frame or time_s - track.last_seen_s <= self._gap_s
        ]
        known_px = np.array([track.box_px for track in self._tracks]).reshape(-1, 4)
        pairs = matched_pairs(boxes_px, known_px, most_shift=_MOST_SHIFT)
        continued = {i: self._tracks[j] for i, j in pairs.items()}
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
