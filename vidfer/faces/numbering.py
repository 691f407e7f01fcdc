"""The faces of a video's chunks, one chunk after the other, to track numbers."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from vidfer.batches import FaceBatch, FrameBatch
from vidfer.faces.outline import Outline, is_cut
from vidfer.faces.tracking import FaceTracker


class FaceNumbering:
    """Numbers the faces of one video; `number` sees its chunks in order."""

    def __init__(self, tracker: FaceTracker) -> None:
        self._tracker = tracker
        # Thumbnail and time of the last frame that was numbered.
        self._before: tuple[np.ndarray, float] | None = None

    def number(self, frames: FrameBatch, outline: Outline, faces: FaceBatch) -> np.ndarray:
        """Return the track of each face, int32 (F,)."""
        new_scene = outline.new_scene.copy()
        if self._before is not None:
            new_scene[0] = is_cut(*self._before, outline)
        self._before = (outline.thumbnails[-1], outline.time_s[-1])
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
