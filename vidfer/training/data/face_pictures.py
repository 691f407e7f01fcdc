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
_SIZE: Final = (CROP_SIDE_PX, CROP_SIDE_PX)


def read_face_picture(path: Path) -> np.ndarray:
    """Return a picture in grey, upright by its EXIF orientation, uint8 (48, 48).

    One of 48x48 pixels keeps its pixels; others are resized, each new pixel a weighted
    mean of the whole area that it covers.

    Raises:
        DataError: the file is no picture of a known format, is damaged, or is too large.
    """
    try:
        with warnings.catch_warnings():
            # Pillow's own limit lies above ours.
            warnings.simplefilter("ignore")
            with Image.open(path, formats=PICTURE_FORMATS) as image:
                _require_reasonable_size(image, path)
                return _grey_face(image)
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


def _grey_face(image: Image.Image) -> np.ndarray:
    upright = ImageOps.exif_transpose(image)
    grey = _grey(upright)
    if grey.size != _SIZE:
        # Of the same kind at all sizes: a mean where pixels are lost, smooth where they are made.
        grey = grey.resize(_SIZE, Image.Resampling.BILINEAR)
    return np.array(grey)


def _grey(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):
        # Pillow cuts 16 bits off at 255 instead of scaling them.
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in ("I", "F"):
        raise ValueError(f"the range of a picture in Pillow's mode {image.mode} is not known")
    return image.convert("L")
