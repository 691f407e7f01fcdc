"""Faces of one chunk: frames in; faces with crops and quality out."""

from dataclasses import dataclass

import numpy as np
import torch

from vidfer.batches import FaceBatch, FrameBatch
from vidfer.faces.alignment import face_squares
from vidfer.faces.crops import cut_squares
from vidfer.faces.detection import Faces, detection_batch
from vidfer.faces.following import Cascade, FaceFollower
from vidfer.faces.outline import Outline, is_cut
from vidfer.faces.quality import QualityGate, judge_quality
from vidfer.faces.scenes import new_scenes, thumbnails
from vidfer.faces.settling import Settler
from vidfer.faces.surfaces import Surfaces, surfaces_of
from vidfer.slots import slot_starts


@dataclass(frozen=True)
class Glance:
    """What is known of a chunk after the detector looked at the frames that begin its slots.

    surfaces, known: its frames, and the faces of those that were looked at, by row; they stay
        where they were made. outline: what others need of it.
    """

    surfaces: Surfaces
    known: dict[int, Faces]
    outline: Outline


class FaceFinder:
    """Finds, follows, cuts out and judges the faces of chunks of any video, in any order.

    It keeps nothing of a chunk: both methods may run at the same time for different chunks.
    """

    def __init__(
        self,
        *,
        cascade: Cascade,
        settler: Settler,
        gate: QualityGate,
        min_score: float,
        min_face_px: int,
        detect_every: int,
        device: torch.device,
    ) -> None:
        self._cascade = cascade
        self._follower = FaceFollower(cascade, min_score=min_score, min_side_px=min_face_px)
        self._settler = settler
        self._gate = gate
        self._min_score = min_score
        self._detect_every = detect_every
        self._device = device

    def glance(self, frames: FrameBatch) -> Glance:
        """Let the detector look at the frames that begin a slot."""
        surfaces = surfaces_of(frames, device=self._device)
        rows = np.flatnonzero(slot_starts(frames, detect_every=self._detect_every))
        faces = self._cascade.find(surfaces, rows)
        small = thumbnails(surfaces)
        outline = Outline(
            size_px=(surfaces.height, surfaces.width),
            thumbnails=small,
            time_s=frames.time_s,
            new_scene=new_scenes(small, frames.time_s),
            first=faces[0],
        )
        return Glance(surfaces, dict(zip(rows.tolist(), faces)), outline)

    def find(self, glance: Glance, following: Outline | None) -> FaceBatch:
        """Return the faces of a chunk; `following` is the next chunk's outline, if there is one."""
        surfaces, known, outline = glance.surfaces, glance.known, glance.outline
        time_s, scenes = outline.time_s, outline.new_scene
        if following is not None and following.size_px == outline.size_px:
            last = (outline.thumbnails[-1], outline.time_s[-1])
            if not is_cut(*last, following):
                known = known | {len(time_s): following.first}
                time_s = np.append(time_s, following.time_s[0])
                scenes = np.append(scenes, False)
        followed = self._follower.follow(surfaces, known, time_s, scenes=scenes)
        detections = detection_batch(
            followed.faces, tracked=~followed.detected, min_score=self._min_score
        )
        squares = self._settler.settled(surfaces, detections.frame_row, face_squares(detections))
        crops = cut_squares(surfaces, detections.frame_row, squares)
        return FaceBatch(
            detections=detections,
            crops=crops,
            quality=judge_quality(detections, crops, gate=self._gate),
        )
