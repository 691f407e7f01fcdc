"""One video through all stages.

The stages are passed in and know nothing of each other; only this module knows the order.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import pyarrow as pa

from vidfer.batches import EmotionBatch, FaceBatch, FrameBatch
from vidfer.timeline.rows import timeline_rows
from vidfer.video.read_ahead import read_ahead

# Chunks decoded while the networks work on one: enough to smooth uneven frames out, and
# with the chunk's own bound at most 256 MiB of pixels in flight.
_CHUNKS_AHEAD: Final = 2


class FaceStage(Protocol):
    """Finds the faces of a video's next frames."""

    def find(self, frames: FrameBatch) -> FaceBatch:
        """Return tracked faces with their crops, in frame order."""
        ...


class EmotionStage(Protocol):
    """Classifies crops."""

    def classify(self, crops: np.ndarray) -> EmotionBatch:
        """Return probabilities of `crops`, uint8 (F, 48, 48), row for row."""
        ...


@dataclass
class Tally:
    """What has gone through the pipeline so far; `position` counts unselected frames, too."""

    position: int = 0
    frames: int = 0
    frames_with_face: int = 0
    frames_usable: int = 0
    faces: int = 0
    tracks: int = 0

    def add(self, frames: FrameBatch, faces: FaceBatch) -> None:
        """Count one chunk."""
        rows = faces.detections.frame_row
        self.position = int(frames.index[-1]) + 1
        self.frames += len(frames)
        self.frames_with_face += len(np.unique(rows))
        self.frames_usable += len(np.unique(rows[faces.quality.usable]))
        self.faces += len(faces)
        self.tracks = max(self.tracks, int(faces.track.max(initial=-1)) + 1)


def run_pipeline(
    chunks: Iterable[FrameBatch],
    *,
    video: str,
    faces: FaceStage,
    emotions: EmotionStage,
    write: Callable[[pa.Table], None],
    on_chunk: Callable[[Tally], None] = lambda tally: None,
) -> Tally:
    """Take a video's frames through all stages and `write` their rows in order.

    The chunks are made ahead, in a thread. How frames are cut into chunks changes no row.

    Raises:
        VideoError: the source of the chunks gave up.
        OutputError: the rows could not be written.
    """
    tally = Tally()
    with read_ahead(chunks, depth=_CHUNKS_AHEAD) as decoded:
        for frames in decoded:
            found = faces.find(frames)
            read = emotions.classify(found.crops)
            write(timeline_rows(video, frames, found, read))
            tally.add(frames, found)
            on_chunk(tally)
    return tally
