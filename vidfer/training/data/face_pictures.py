"""One face picture in a file, of any size and common format."""

import warnings
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageOps

from vidfer.batches import CROP_SIDE_PX
from vidfer.errors import DataError

# Pillow's names of the formats that are read; it knows more, some of which start other programs.
PICTURE_FORMATS: Final = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM")

_MOST_PIXELS: Final = 64_000_000

# A face that fills a third of a picture still has the pixels of a crop.
_MOST_TIMES: Final = 3


def read_face_picture(path: Path) -> np.ndarray:
    """Return a picture in grey, upright by its EXIF orientation, uint8 (48, 48).

    One of 48x48 pixels keeps its pixels; others are resized, each new pixel a weighted
    mean of the whole area that it covers.

    Raises:
        DataError: the file is no picture of a known format, is damaged, or is too large.
    """
    return np.array(_resized(_read_grey(path), CROP_SIDE_PX))


def read_middle_square(path: Path) -> np.ndarray:
    """Return the largest square in a picture's middle likewise, uint8 (S, S).

    S is the largest of 48, 96 and 144 that the square has in pixels, 48 where it has fewer.

    Raises:
        DataError: as `read_face_picture`.
    """
    grey = _read_grey(path)
    side = min(grey.size)
    left, top = ((length - side) // 2 for length in grey.size)
    times = min(max(side // CROP_SIDE_PX, 1), _MOST_TIMES)
    square = grey.crop((left, top, left + side, top + side))
    return np.array(_resized(square, times * CROP_SIDE_PX))


def _read_grey(path: Path) -> Image.Image:
    try:
        with warnings.catch_warnings():
            # Pillow's own limit lies above ours.
            warnings.simplefilter("ignore")
            with Image.open(path, formats=PICTURE_FORMATS) as image:
                _require_reasonable_size(image, path)
                return _grey(ImageOps.exif_transpose(image))
    except DataError:
        raise
    except Image.DecompressionBombError as error:
        raise _too_large(path) from error
    except Exception as error:  # whatever damage leads Pillow's readers to
        raise DataError(
            f"{path} is damaged or no picture in a format that vidfer reads "
            f"({', '.join(PICTURE_FORMATS)}): repair it or move it away."
        ) from error


def _require_reasonable_size(image: Image.Image, path: Path) -> None:
    # Before a pixel is decoded, so that a forged size costs nothing.
    if image.width * image.height > _MOST_PIXELS:
        raise _too_large(path)


def _too_large(path: Path) -> DataError:
    return DataError(
        f"{path} has more than {_MOST_PIXELS:,} pixels: make it smaller or move it away."
    )


def _resized(grey: Image.Image, side_px: int) -> Image.Image:
    if grey.size == (side_px, side_px):
        return grey
    # Of the same kind at all sizes: a mean where pixels are lost, smooth where they are made.
    return grey.resize((side_px, side_px), Image.Resampling.BILINEAR)


def _grey(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):
        # Pillow cuts 16 bits off at 255 instead of scaling them.
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in ("I", "F"):
        raise ValueError(f"the range of a picture in Pillow's mode {image.mode} is not known")
    return image.convert("L")
