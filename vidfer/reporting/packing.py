"""Columns of numbers as text that a browser unpacks into typed arrays."""

import base64
import zlib
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

# What stands for "no value" among probabilities, which are whole numbers per mille.
NO_VALUE: Final = 65535
_PER_MILLE: Final = 1000

_NAMES: Final = {
    "<f8": "Float64",
    "<f4": "Float32",
    "<u2": "Uint16",
    "<i2": "Int16",
    "|u1": "Uint8",
}


def per_mille(probabilities: npt.NDArray[Any]) -> npt.NDArray[np.uint16]:
    """Return probabilities as whole numbers per mille, uint16; NaN becomes NO_VALUE."""
    scaled = np.rint(np.asarray(probabilities, np.float64) * _PER_MILLE)
    return np.where(np.isnan(scaled), NO_VALUE, np.clip(scaled, 0, _PER_MILLE)).astype("<u2")


def pixels(values: npt.NDArray[Any]) -> npt.NDArray[np.int16]:
    """Return coordinates in pixels as int16, as a box may reach beyond the frame."""
    whole: npt.NDArray[np.int16] = np.clip(np.rint(values), -32768, 32767).astype("<i2")
    return whole


def pack(columns: Mapping[str, npt.NDArray[Any]]) -> dict[str, Any]:
    """Return columns as JSON: each one's name, kind and length, and all bytes.

    The bytes stand column after column, compressed by zlib, in base64.

    Raises:
        KeyError: a column's kind is none that a browser has an array for.
    """
    described = [[name, _NAMES[values.dtype.str], values.size] for name, values in columns.items()]
    content = b"".join(np.ascontiguousarray(values).tobytes() for values in columns.values())
    return {
        "columns": described,
        "bytes": base64.b64encode(zlib.compress(content, 6)).decode("ascii"),
    }
