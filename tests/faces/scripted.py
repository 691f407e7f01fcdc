"""A cascade that sees what a script says, for tests of what is built on the detector."""

from dataclasses import dataclass, replace

import numpy as np
import torch

from vidfer.batches import FrameBatch
from vidfer.faces.detection import Faces, joined, no_faces
from vidfer.faces.matching import overlaps
from vidfer.faces.surfaces import Surfaces, surfaces_of

SIDE_PX = 20.0
HEIGHT_PX, WIDTH_PX = 72, 128
FPS = 25

SURE = 0.99
DOUBTFUL = 0.85

# How much of a face a square must show for the network to see it.
_LEAST_SHOWN = 0.4


@dataclass(frozen=True)
class ScriptedFace:
    """A face in one frame: its upper left corner, the side of its box, the network's score."""

    x: float
    y: float = 20.0
    side: float = SIDE_PX
    score: float = SURE


# One entry per frame.
Film = list[list[ScriptedFace]]


def still(**face: float) -> ScriptedFace:
    """Return a face at its usual place."""
    return replace(ScriptedFace(40.0), **face)


def faces_of(scripted: list[ScriptedFace]) -> Faces:
    """Return one frame's faces as a cascade does; the squares are their boxes."""
    count = len(scripted)
    low = np.array([(face.x, face.y) for face in scripted], dtype=np.float32).reshape(count, 2)
    side = np.array([face.side for face in scripted], dtype=np.float32)[:, None]
    corners = np.concatenate([low, low + side], axis=1)
    landmarks = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]])
    return Faces(
        corners,
        np.array([face.score for face in scripted], dtype=np.float32),
        (low[:, None] + landmarks * side[:, None]).astype(np.float32),
        corners,
    )


class ScriptedCascade:
    """Sees the faces of a film, whose frames carry their number in their first pixel.

    found: numbers of the frames that were searched, in the order of searching.
    searches: how often `find` was called.
    """

    least_score = 0.7

    def __init__(self, film: Film) -> None:
        self._film = film
        self.found: list[int] = []
        self.searches = 0

    def find(self, surfaces: Surfaces, rows: np.ndarray) -> list[Faces]:
        numbers = [_number(surfaces, row) for row in rows]
        self.found += numbers
        self.searches += 1
        return [faces_of(self._film[number]) for number in numbers]

    def look(self, surfaces: Surfaces, rows: np.ndarray, squares_px: np.ndarray) -> Faces:
        seen = [self._seen(_number(surfaces, r), s) for r, s in zip(rows, squares_px)]
        return joined(no_faces(), *seen)

    def _seen(self, number: int, square_px: np.ndarray) -> Faces:
        faces = faces_of(self._film[number])
        square = np.concatenate([square_px[:2], square_px[2:] - square_px[:2]])
        shown = overlaps(square[None].astype(np.float32), faces.boxes_px)[0]
        if shown.max(initial=0) < _LEAST_SHOWN:
            nothing = faces_of([ScriptedFace(*square_px[:2].tolist(), score=0.0)])
            return replace(nothing, squares_px=square_px[None])
        return replace(faces.take(shown.argmax()[None]), squares_px=square_px[None])


def frames_of(
    count: int, *, first: int = 0, time_s: np.ndarray | None = None, scene: list[int] | None = None
) -> FrameBatch:
    """Return numbered frames; `scene` says which of two pictures each shows."""
    index = np.arange(first, first + count, dtype=np.int64)
    random = np.random.default_rng(0)
    pictures = random.integers(20, 236, (2, HEIGHT_PX // 8, WIDTH_PX // 8, 3), dtype=np.uint8)
    pictures = pictures.repeat(8, axis=1).repeat(8, axis=2)
    frames = pictures[scene if scene is not None else [0] * count]
    frames[:, 0, 0] = index[:, None]
    return FrameBatch(frames=frames, index=index, time_s=index / FPS if time_s is None else time_s)


def surfaces_from(frames: FrameBatch) -> Surfaces:
    return surfaces_of(frames, device=torch.device("cpu"))


def _number(surfaces: Surfaces, row: int) -> int:
    return int(surfaces.full[int(row), 0, 0, 0])
