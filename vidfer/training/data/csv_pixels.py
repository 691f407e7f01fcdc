"""Pixels written as decimal numbers in text."""

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vidfer.batches import CROP_SIDE_PX
from vidfer.errors import DataError

_PIXELS: Final = CROP_SIDE_PX * CROP_SIDE_PX
_BRIGHTEST: Final = 255
_MOST_DIGITS: Final = 3
_SPACE: Final = ord(" ")


def parse_pixels(texts: pa.Array, *, rows: np.ndarray, place: str) -> np.ndarray:
    """Return the pictures that texts of 2304 numbers hold, uint8 (N, 48, 48).

    The numbers, 0 to 255 with spaces between them, go row by row through a picture.
    `rows`, the number of each text, and `place` are for the messages.

    Raises:
        DataError: a text has another number of pixels, or one that is no such number.
    """
    characters, ends = _joined(texts)
    digits = characters - ord("0")  # what lies below wraps to above 9
    is_digit = digits <= 9  # noqa: PLR2004
    foreign = np.flatnonzero(~is_digit & (characters != _SPACE))
    if len(foreign):
        raise _no_pixels(rows[np.searchsorted(ends, foreign[0], side="right")], place)
    last = np.flatnonzero(is_digit[:-1] & ~is_digit[1:])
    found = np.diff(np.searchsorted(last, ends), prepend=0)
    if (found != _PIXELS).any():
        text = int(np.flatnonzero(found != _PIXELS)[0])
        raise DataError(
            f"Row {rows[text]} of {place} has {found[text]} pixels, "
            f"not {CROP_SIDE_PX}x{CROP_SIDE_PX} = {_PIXELS}."
        )
    values, short = _numbers(digits, is_digit, last)
    beyond = np.flatnonzero(~short | (values > _BRIGHTEST))
    if len(beyond):
        raise _no_pixels(rows[beyond[0] // _PIXELS], place)
    return values.astype(np.uint8).reshape(-1, CROP_SIDE_PX, CROP_SIDE_PX)


def _no_pixels(row: int, place: str) -> DataError:
    return DataError(
        f"Row {row} of {place} has pixels that are no whole numbers from 0 to {_BRIGHTEST}."
    )


def _joined(texts: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Return all characters, uint8, a space after each text, and where each text ends."""
    text = "".join(f"{text} " for text in texts.to_pylist()).encode()
    lengths = pc.binary_length(texts).to_numpy(zero_copy_only=False)
    return np.frombuffer(text, dtype=np.uint8), np.cumsum(lengths + 1)


def _numbers(
    digits: np.ndarray, is_digit: np.ndarray, last: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers whose last digits stand at `last`, and whether each is short enough."""
    margin = np.zeros(_MOST_DIGITS, dtype=np.uint8)
    digits = np.concatenate([margin, digits])
    is_digit = np.concatenate([margin.astype(bool), is_digit])
    values = np.zeros(len(last), dtype=np.int16)
    goes_on = np.ones(len(last), dtype=bool)
    for power in range(_MOST_DIGITS):
        places = last + (_MOST_DIGITS - power)
        goes_on &= is_digit[places]
        values += digits[places].astype(np.int16) * goes_on * np.int16(10**power)
    return values, ~(goes_on & is_digit[last])
