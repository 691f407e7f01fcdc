"""Squares about faces moved to where they come to rest, however the faces were found."""

from collections.abc import Callable
from typing import Final

import numpy as np
import torch

from vidfer.compute import in_blocks
from vidfer.faces.aligner import VIEW_SIDE_PX
from vidfer.faces.alignment import FaceSquares
from vidfer.faces.patches import patches_of
from vidfer.faces.surfaces import Surfaces

# Each look leaves about a third of the distance between two squares that were begun with; after
# four, 95 % of a crowd's faces show the same emotion however they were found (docs/faces.md).
_LOOKS: Final = 4

# The middle part of a square is looked at: FER2013's pictures end at its edges, so that a
# network trained on more would learn to look for those.
VIEW_SIDES: Final = 0.8

# The most that one look may move or change a square, and all of them together where a detector
# found the face, in its sides.
_MOST_MOVE: Final = 0.25
_MOST_IN_ALL: Final = 0.3

# Twice the usual block: a quarter less time a look, and a chunk of one face fills it.
_BLOCK_ITEMS: Final = 32

# Squares begin and come to rest on multiples of 1/8 pixel. Last digits, which depend on how
# many items a network was given at once, then neither lead to other moves (half precision makes
# them large) nor move a pixel of a crop from one grey level to the next.
_STEPS_PER_PX: Final = 8


class Settler:
    """Moves squares until they lie about their faces as FER2013's pictures do.

    Emotion networks notice where exactly a face lies in its crop, and MTCNN answers a slightly
    other square with a slightly other box and landmarks. `network` says how squares must move,
    as AlignerNetwork does. A square that would move or change by more than `most_sides` stays
    where it is: what it shows is no face, or one that the network does not read.
    """

    def __init__(
        self,
        network: Callable[[torch.Tensor], torch.Tensor],
        *,
        most_sides: float = _MOST_IN_ALL,
    ) -> None:
        self._network = network
        self._most_sides = most_sides

    @torch.inference_mode()
    def settled(
        self, surfaces: Surfaces, frame_row: np.ndarray, squares: FaceSquares
    ) -> FaceSquares:
        """Return where `squares` in the frames `frame_row`, int64 (F,), come to rest."""
        if len(frame_row) == 0:
            return squares
        moved = begun = _at_rest(squares)
        patches = patches_of(surfaces, frame_row, begun)
        for _ in range(_LOOKS):
            views = patches.views(moved, side_px=VIEW_SIDE_PX, sides=VIEW_SIDES)
            moves = in_blocks(self._network, views, block_items=_BLOCK_ITEMS).clamp(
                -_MOST_MOVE, _MOST_MOVE
            )
            moved = move(moved, moves.cpu().double().numpy())
        near = _is_near(moved, begun, most_sides=self._most_sides)
        rested = _at_rest(moved)
        return FaceSquares(
            centre_px=np.where(near, rested.centre_px, begun.centre_px),
            across_px=np.where(near, rested.across_px, begun.across_px),
        )


def move(squares: FaceSquares, moves: np.ndarray) -> FaceSquares:
    """Return squares moved as AlignerNetwork says, `moves` float64 (F, 4)."""
    return FaceSquares(
        centre_px=squares.centre_px + _along(squares.across_px, moves[:, :2]),
        across_px=squares.across_px + _along(squares.across_px, moves[:, 2:]),
    )


def _along(across_px: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Return steps (F, 2) along each square's edges, in sides, as pixels to the right and down."""
    right = across_px[:, 0] * steps[:, 0] - across_px[:, 1] * steps[:, 1]
    down = across_px[:, 1] * steps[:, 0] + across_px[:, 0] * steps[:, 1]
    return np.stack([right, down], axis=1)


def _is_near(moved: FaceSquares, squares: FaceSquares, *, most_sides: float) -> np.ndarray:
    """Tell which squares neither moved far nor changed much, bool (F, 1)."""
    most_px = most_sides * np.abs(squares.across_px).max(axis=1)
    changes = (moved.centre_px - squares.centre_px, moved.across_px - squares.across_px)
    near: np.ndarray = np.all([np.abs(c).max(axis=1) <= most_px for c in changes], axis=0)
    return near[:, None]


def _at_rest(squares: FaceSquares) -> FaceSquares:
    places = (squares.centre_px, squares.across_px)
    return FaceSquares(*(np.round(place * _STEPS_PER_PX) / _STEPS_PER_PX for place in places))
