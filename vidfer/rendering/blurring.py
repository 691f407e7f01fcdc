"""Making parts of a picture unrecognisable for good."""

from collections.abc import Iterable
from typing import Final

from PIL import Image

# What is left of a region: so many colours along each side. The face itself takes about half
# of a region, so that two or three colours remain across it.
_REGION_CELLS: Final = 4

# The same for a whole frame, along its longer side: a face may fill it.
_FRAME_CELLS: Final = 6


def blur_regions(
    picture: Image.Image, regions: Iterable[tuple[float, float, float, float]]
) -> None:
    """Cover regions (left, top, right, bottom in pixels) of a picture, in place.

    Each becomes at most 4 x 4 mean colours, smoothed: nothing finer is kept, so that nothing
    can be brought back. Regions may reach beyond the picture.
    """
    for left, top, right, bottom in regions:
        box = (
            max(0, int(left)),
            max(0, int(top)),
            min(picture.width, int(right) + 1),
            min(picture.height, int(bottom) + 1),
        )
        if box[0] < box[2] and box[1] < box[3]:
            picture.paste(_smeared(picture.crop(box), (_REGION_CELLS, _REGION_CELLS)), box)


def blur_whole(picture: Image.Image) -> Image.Image:
    """Return a picture of which only a few mean colours are left."""
    longer = max(picture.size)
    cells = tuple(max(1, round(side * _FRAME_CELLS / longer)) for side in picture.size)
    return _smeared(picture, (cells[0], cells[1]))


def _smeared(part: Image.Image, cells: tuple[int, int]) -> Image.Image:
    cells = (min(cells[0], part.width), min(cells[1], part.height))
    # Tiny faces have few pixels to begin with: never keep as much as one colour for two.
    cells = (max(1, min(cells[0], part.width // 3)), max(1, min(cells[1], part.height // 3)))
    coarse = part.resize(cells, Image.Resampling.BOX)
    # Smooth, because the edges of blocks would look like features to people and networks.
    return coarse.resize(part.size, Image.Resampling.BILINEAR)
