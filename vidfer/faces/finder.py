"""The whole face stage: frames in; faces with crops, quality and track numbers out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from vidfer.batches import FaceBatch, FrameBatch
from vidfer.faces.crops import cut_crops
from vidfer.faces.detection import Faces, detection_batch
from vidfer.faces.following import Cascade, FaceFollower
from vidfer.faces.quality import QualityGate, judge_quality
from vidfer.faces.scenes import new_scenes, thumbnails
from vidfer.faces.settling import settled
from vidfer.faces.surfaces import Surfaces, surfaces_of
from vidfer.faces.tracking import FaceTracker
from vidfer.slots import slot_starts


@dataclass(frozen=True)
class Glance:
    """What is known of a chunk after the detector looked at the frames that begin its slots.

    new_scene: which frames begin a scene after one before them in the chunk, bool (N,).
    """

    surfaces: Surfaces
    known: dict[int, Faces]
    thumbnails: np.ndarray
    time_s: np.ndarray
    new_scene: np.ndarray


class FaceFinder:
    """Finds, follows, cuts out and judges the faces of one video, chunk by chunk.

    `glance` and `find` may run at the same time for different chunks; `number` sees the
    chunks in order.
    """

    def __init__(
        self,
        *,
        cascade: Cascade,
        tracker: FaceTracker,
        gate: QualityGate,
        min_score: float,
        min_face_px: int,
        detect_every: int,
        device: torch.device,
    ) -> None:
        self._cascade = cascade
        self._follower = FaceFollower(cascade, min_score=min_score, min_side_px=min_face_px)
        self._tracker = tracker
        self._gate = gate
        self._min_score = min_score
        self._detect_every = detect_every
        self._device = device
        # Thumbnail and time of the last frame that was numbered.
        self._before: tuple[np.ndarray, float] | None = None

    def glance(self, frames: FrameBatch) -> Glance:
        """Let the detector look at the frames that begin a slot."""
        surfaces = surfaces_of(frames, device=self._device)
        rows = np.flatnonzero(slot_starts(frames, detect_every=self._detect_every))
        faces = self._cascade.find(surfaces, rows)
        small = thumbnails(surfaces)
        return Glance(
            surfaces=surfaces,
            known=dict(zip(rows.tolist(), faces)),
            thumbnails=small,
            time_s=frames.time_s,
            new_scene=new_scenes(small, frames.time_s),
        )

    def find(self, glance: Glance, following: Glance | None) -> FaceBatch:
        """Return the faces of a chunk; `following` is the next chunk's glance, if there is one."""
        known, time_s, scenes = glance.known, glance.time_s, glance.new_scene
        if following is not None and _continues(glance.surfaces, following.surfaces):
            last = (glance.thumbnails[-1], glance.time_s[-1])
            if not _is_cut(*last, following):
                known = known | {len(time_s): following.known[0]}
                time_s = np.append(time_s, following.time_s[0])
                scenes = np.append(scenes, False)
        followed = self._follower.follow(glance.surfaces, known, time_s, scenes=scenes)
        detections = detection_batch(
            followed.faces, tracked=~followed.detected, min_score=self._min_score
        )
        crops = cut_crops(glance.surfaces, settled(self._cascade, glance.surfaces, detections))
        return FaceBatch(
            detections=detections,
            crops=crops,
            quality=judge_quality(detections, crops, gate=self._gate),
        )

    def number(self, frames: FrameBatch, glance: Glance, faces: FaceBatch) -> np.ndarray:
        """Return the track of each face, int32 (F,); the chunks come in order."""
        new_scene = glance.new_scene.copy()
        if self._before is not None:
            new_scene[0] = _is_cut(*self._before, glance)
        self._before = (glance.thumbnails[-1], glance.time_s[-1])
        return self._tracker.update(frames, faces.detections, new_scene=new_scene)

    def state(self) -> dict[str, Any]:
        """Return what `number` knows of the chunks so far, for JSON."""
        before = self._before and (self._before[0].tolist(), float(self._before[1]))
        return {"before": before, "tracks": self._tracker.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` returned after the chunk before the next one."""
        before = state["before"]
        self._before = before and (np.array(before[0], dtype=np.float32), before[1])
        self._tracker.restore(state["tracks"])


def _is_cut(thumbnail: np.ndarray, time_s: float, following: Glance) -> bool:
    """Tell whether a chunk begins another scene than the frame before it showed."""
    pair = np.stack([thumbnail, following.thumbnails[0]])
    return bool(new_scenes(pair, np.array([time_s, following.time_s[0]]))[1])


def _continues(surfaces: Surfaces, following: Surfaces) -> bool:
    """Tell whether the frames are of one size."""
    size, next_size = ((one.height, one.width) for one in (surfaces, following))
    return size == next_size
