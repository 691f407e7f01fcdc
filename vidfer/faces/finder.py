"""The whole face stage: frames in, tracked and judged crops out."""

import torch

from vidfer.batches import FaceBatch, FrameBatch
from vidfer.faces.crops import cut_crops
from vidfer.faces.mtcnn import MtcnnDetector
from vidfer.faces.quality import QualityGate, judge_quality
from vidfer.faces.tracking import FaceTracker


class FaceFinder:
    """Finds, follows, cuts out and judges the faces of one video, chunk by chunk."""

    def __init__(
        self,
        *,
        detector: MtcnnDetector,
        tracker: FaceTracker,
        gate: QualityGate,
        device: torch.device,
    ) -> None:
        self._detector = detector
        self._tracker = tracker
        self._gate = gate
        self._device = device

    def find(self, frames: FrameBatch) -> FaceBatch:
        """Return the faces of the video's next frames."""
        detections = self._detector.detect(frames)
        crops = cut_crops(frames, detections, device=self._device)
        return FaceBatch(
            detections=detections,
            track=self._tracker.update(frames, detections),
            crops=crops,
            quality=judge_quality(detections, crops, gate=self._gate),
        )
