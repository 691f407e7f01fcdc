"""A picture file to an upright frame of bounded size."""

import warnings
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageOps

from vidfer.errors import DataError

# Larger pictures are made smaller before faces are looked for: about a video's full HD, at
# which a face that fills a twentieth of the picture still has more pixels than its crop.
LONGEST_SIDE_PX: Final = 1920

# Pillow knows more, some of which start other programs.
_FORMATS: Final = ("JPEG", "PNG", "WEBP", "BMP")


def decode_picture(path: Path, *, max_pixels: int) -> np.ndarray:
    """Return a picture upright, as its Exif orientation says: RGB, uint8 (height, width, 3).

    Its longer side is at most LONGEST_SIDE_PX.

    Raises:
        DataError: the file is no picture, damaged, or has more than `max_pixels`.
    """
    try:
        # Pillow warns of sizes, which are held here, and of metadata that nobody needs.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path, formats=_FORMATS) as image:
                _require_size(image, max_pixels)
                return _upright(image)
    except (DataError, MemoryError):
        raise
    except Exception as error:  # whatever damage leads Pillow's readers to
        raise DataError(
            "The file cannot be read as a picture: it is damaged or of another kind."
        ) from error


def _require_size(image: Image.Image, max_pixels: int) -> None:
    if image.width * image.height > max_pixels:
        raise DataError(
            f"The picture has {image.width}x{image.height} pixels, more than max_pixels "
            f"({max_pixels:,}): raise that, or make the picture smaller."
        )


def _upright(image: Image.Image) -> np.ndarray:
    bounds_px = (LONGEST_SIDE_PX, LONGEST_SIDE_PX)
    image.draft(None, bounds_px)  # lets JPEG skip detail that would be thrown away
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):
        # PNG's 16 bits of grey, which Pillow would cut off at 255 instead of scaling.
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    picture = image.convert("RGB")
    picture.thumbnail(bounds_px)
    return np.array(picture)
