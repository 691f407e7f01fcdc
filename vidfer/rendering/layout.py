"""Where labels go: within the picture, and away from faces and from each other."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

# How much worse it is to lie on another label than on a face.
_LABEL_COST: Final = 4

# What it costs to change sides from one frame to the next, as a part of the label's area:
# labels that jump cannot be read.
_JUMP_COST: Final = 0.3


class Rectangle(NamedTuple):
    """Pixels from left and top up to right and bottom, which are outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def area(self) -> int:
        """Number of pixels."""
        return max(0, self.right - self.left) * max(0, self.bottom - self.top)

    def common_area(self, other: "Rectangle") -> int:
        """Return how many pixels both have."""
        return Rectangle(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        ).area

    def within(self, size_px: tuple[int, int]) -> "Rectangle":
        """Return the rectangle moved into a picture that is large enough for it."""
        x = min(max(0, self.left), size_px[0] - (self.right - self.left)) - self.left
        y = min(max(0, self.top), size_px[1] - (self.bottom - self.top)) - self.top
        return Rectangle(self.left + x, self.top + y, self.right + x, self.bottom + y)


def sides_of(
    box: Rectangle, width: int, height: int, *, gap: int, order: Sequence[str]
) -> dict[str, Rectangle]:
    """Return places for a label of a size: `right`, `left`, `above`, `below`, `inside` a box."""
    corners = {
        "right": (box.right + gap, box.top),
        "left": (box.left - gap - width, box.top),
        "above": (box.left, box.top - gap - height),
        "below": (box.left, box.bottom + gap),
        "inside": (box.left + gap, box.bottom - gap - height),
    }
    return {
        side: Rectangle(x, y, x + width, y + height) for side in order for x, y in [corners[side]]
    }


class Page:
    """A picture on which labels are placed one after the other."""

    def __init__(self, size_px: tuple[int, int], faces: Iterable[Rectangle]) -> None:
        self.size_px = size_px
        self._faces = list(faces)
        self._labels: list[Rectangle] = []

    def has_room_for(self, width: int, height: int) -> bool:
        """Tell whether a label fits into the picture at all."""
        return width <= self.size_px[0] and height <= self.size_px[1]

    def best(
        self, places: dict[str, Rectangle], *, last: str | None = None
    ) -> tuple[str, Rectangle, float]:
        """Return the side and place that hide least, and what part of the label lies on others.

        The side taken on the frame before, `last`, is kept unless another is much better;
        among equals the first one wins.
        """
        found = {side: place.within(self.size_px) for side, place in places.items()}
        costs = {side: self._cost(place) for side, place in found.items()}
        for side, place in found.items():
            costs[side] += 0 if last in (None, side) else _JUMP_COST * place.area
        side = min(costs, key=lambda side: costs[side])
        place = found[side]
        return side, place, self._cost(place) / max(1, place.area)

    def take(self, place: Rectangle) -> None:
        """Note that there is a label now."""
        self._labels.append(place)

    def _cost(self, place: Rectangle) -> float:
        on_faces = sum(place.common_area(face) for face in self._faces)
        on_labels = sum(place.common_area(label) for label in self._labels)
        return on_faces + _LABEL_COST * on_labels
