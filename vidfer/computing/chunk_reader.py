"""Faces and emotions of chunks, read where one is."""

from typing import Any, Final, Protocol, TypeVar

import numpy as np

from vidfer.batches import EmotionBatch, FaceBatch, FrameBatch, Glanced, Outline
from vidfer.profiling import Watch

# Chunks that may wait to be written: threads of one process share what they need of memory.
_BEHIND: Final = 2

Outline_contra = TypeVar("Outline_contra", contravariant=True)


class FaceStage(Protocol[Outline_contra]):
    """Finds the faces of chunks; several threads may ask for different ones."""

    def glance(self, frames: FrameBatch) -> Any:
        """Return what is learned of a chunk at first; its `outline` is what neighbours need."""
        ...

    def find(self, glance: Any, following: Outline_contra | None) -> FaceBatch:
        """Return a chunk's faces with their crops, in frame order.

        `following` is the outline of the chunk after it, if there is one.
        """
        ...


class EmotionStage(Protocol):
    """Classifies crops; several threads may do so at the same time."""

    def classify(self, crops: np.ndarray) -> EmotionBatch:
        """Return probabilities of `crops`, uint8 (F, 48, 48), row for row."""
        ...


class ChunkReader:
    """Reads chunks in the threads that ask; see pipeline.Reader.

    askers: how many threads are to ask. behind: how many chunks may wait to be written.
    """

    behind: int = _BEHIND

    def __init__(
        self, faces: FaceStage[Outline], emotions: EmotionStage, *, threads: int = 1
    ) -> None:
        self.askers = threads
        self._faces = faces
        self._emotions = emotions

    def glance(self, frames: FrameBatch, watch: Watch) -> Glanced[Any]:
        """Let the face stage glance at a chunk; the frames stay where they are."""
        with watch.measure("detection"):
            glance = self._faces.glance(frames)
        return Glanced(frames, glance.outline, glance)

    def read(
        self, chunk: Glanced[Any], following: Any, watch: Watch
    ) -> tuple[FaceBatch, EmotionBatch]:
        """Return a chunk's faces and what they express."""
        with watch.measure("following and crops"):
            found = self._faces.find(chunk.place, following)
        with watch.measure("classification"):
            return found, self._emotions.classify(found.crops)

    def let_go(self, chunk: Glanced[Any]) -> None:
        """Do nothing: a chunk goes when nobody holds it."""

    def let_go_of_all(self) -> None:
        """Do nothing."""
