"""Fonts and colours that labels are drawn with."""

import math
from functools import lru_cache
from typing import Final

from PIL import ImageColor, ImageFont

from vidfer.emotion_colours import EMOTION_COLOURS

# The smallest type that can be read.
LEAST_TYPE_PX: Final = 9

# Type for a whole picture: so many of it fill the side of a square with as many pixels.
_TYPES_PER_SIDE: Final = 40

# Type beside a face: so many of it are as wide as the face.
_TYPES_PER_FACE: Final = 8

Colour = tuple[int, int, int]

BLACK: Final[Colour] = (0, 0, 0)
WHITE: Final[Colour] = (255, 255, 255)

# Behind bars and time: black, so that white type is legible on any picture.
SHADE: Final = (0, 0, 0, 175)

# From the end of a bar to where probability 1 would be.
REST: Final = (255, 255, 255, 45)

COLOURS: Final[dict[str, Colour]] = {
    emotion: ImageColor.getcolor(colour, "RGB")  # type: ignore[misc]
    for emotion, colour in EMOTION_COLOURS.items()
}


@lru_cache(maxsize=64)
def font(type_px: int) -> ImageFont.FreeTypeFont:
    """Return Pillow's own typeface in a size, so that no machine lacks it."""
    found = ImageFont.load_default(size=type_px)
    assert isinstance(found, ImageFont.FreeTypeFont)
    return found


@lru_cache(maxsize=4096)
def width_px(text: str, type_px: int) -> int:
    """Return how wide a text is, rounded up."""
    return math.ceil(font(type_px).getlength(text))


def line_px(type_px: int) -> int:
    """Return the height of a line of text."""
    return round(1.25 * type_px)


def page_type_px(size_px: tuple[int, int]) -> int:
    """Return the size of type for a picture."""
    return max(LEAST_TYPE_PX, round(math.sqrt(size_px[0] * size_px[1]) / _TYPES_PER_SIDE))


def face_type_px(size_px: tuple[int, int], face_width_px: float) -> int:
    """Return the size of type beside a face: smaller beside a small one, but legible."""
    largest = page_type_px(size_px)
    least = max(LEAST_TYPE_PX, largest // 2)
    return min(largest, max(least, round(face_width_px / _TYPES_PER_FACE)))


def ink_on(colour: Colour) -> Colour:
    """Return black or white, whichever stands out more (relative luminance of WCAG 2)."""
    linear = [(value / 255) ** 2.2 for value in colour]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return BLACK if (luminance + 0.05) ** 2 > 0.05 * 1.05 else WHITE
