"""Labelled face pictures in Parquet files."""

import io
import warnings
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from vidfer.batches import CROP_SIDE_PX
from vidfer.errors import DataError
from vidfer.training.data.face_pictures import PICTURE_FORMATS
from vidfer.training.data.labelled_faces import (
    FERPLUS_CHOICES,
    LAST_LABEL,
    LabelledFaces,
    are_labels,
)

# The official splits, by the file that holds each.
SPLIT_FILES: Final[dict[str, str]] = {
    "training": "training.parquet",
    "public_test": "public_test.parquet",
    "private_test": "private_test.parquet",
}

_NEEDED_COLUMNS: Final = ["emotion", "image"]
_VOTE_COLUMNS: Final = tuple(f"ferplus_{choice}" for choice in FERPLUS_CHOICES)
_SOURCE_COLUMN: Final = "source"


def read_faces(path: Path) -> LabelledFaces:
    """Read a Parquet file with the columns `emotion` (0 to 6) and `image` (48x48 grey).

    FER+'s votes are read from the columns `ferplus_*`, sources from the column `source`,
    where the file has them.

    Raises:
        DataError: the file is missing or is not such a file.
    """
    table = _read_table(path)
    if table.num_rows == 0:
        raise DataError(f"{path} holds no pictures.")
    labels = _labels(table["emotion"], path)
    encoded = table["image"].to_pylist()
    with warnings.catch_warnings():
        # Pillow only warns of pictures that are huge, but not so huge that it refuses them.
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        pictures = np.stack([_decode(data, path, row) for row, data in enumerate(encoded)])
    return LabelledFaces(
        pictures=pictures, labels=labels, votes=_votes(table, path), sources=_sources(table, path)
    )


def read_split(folder: Path, split: str) -> LabelledFaces:
    """Read one of the official splits (`training`, `public_test`, `private_test`).

    Raises:
        DataError: the folder does not hold it.
    """
    return read_faces(folder / SPLIT_FILES[split])


def _read_table(path: Path) -> pa.Table:
    """Read the columns that count, of which `emotion` and `image` must be there."""
    wanted = {*_NEEDED_COLUMNS, *_VOTE_COLUMNS, _SOURCE_COLUMN}
    try:
        with path.open("rb") as file:  # pyarrow opens no path that is not UTF-8
            parquet = pq.ParquetFile(file)
            table = parquet.read(columns=[n for n in parquet.schema_arrow.names if n in wanted])
            table.select(_NEEDED_COLUMNS)
    except (OSError, pa.ArrowException, KeyError) as error:
        raise DataError(
            f"Cannot read {path} as a Parquet file with the columns 'emotion' and 'image': {error}"
        ) from error
    return table


def _labels(column: pa.ChunkedArray, path: Path) -> np.ndarray:
    """Return the labels, int64 (N,), if every row has a whole number in range."""
    kind = column.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        raise DataError(
            f"The column 'emotion' of {path} must hold whole numbers from 0 to {LAST_LABEL}; "
            f"it holds {kind}."
        )
    # Rows without a value become NaN, which is no label either.
    values = column.to_numpy()
    wrong = np.flatnonzero(~are_labels(values))
    if len(wrong):
        row = int(wrong[0])
        raise DataError(
            f"Row {row} of {path} has an 'emotion' outside 0 to {LAST_LABEL} in whole numbers: "
            f"{column[row]}."
        )
    labels: np.ndarray = values.astype(np.int64)
    return labels


def _votes(table: pa.Table, path: Path) -> np.ndarray | None:
    """Return FER+'s votes, uint8 (N, 10), zero where they are missing; None without columns."""
    if not set(_VOTE_COLUMNS) <= set(table.column_names):
        return None
    try:
        columns = [table[name].cast(pa.uint8()).fill_null(0).to_numpy() for name in _VOTE_COLUMNS]
    except pa.ArrowException as error:
        raise DataError(
            f"The columns 'ferplus_*' of {path} must hold counts of votes, 0 to 255: {error}"
        ) from error
    return np.stack(columns, axis=1)


def _sources(table: pa.Table, path: Path) -> np.ndarray | None:
    """Return the texts of the column `source`, (N,), empty for null; None without it."""
    if _SOURCE_COLUMN not in table.column_names:
        return None
    column = table[_SOURCE_COLUMN]
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        raise DataError(f"The column 'source' of {path} must hold texts; it holds {column.type}.")
    return np.array(column.fill_null("").to_pylist(), dtype=object)


def _decode(data: bytes, path: Path, row: int) -> np.ndarray:
    try:
        with Image.open(io.BytesIO(data), formats=PICTURE_FORMATS) as image:
            # A forged size is refused before anything of that size is made.
            _require_size(image.size, path, row)
            picture = np.asarray(image.convert("L"))
    except DataError:
        raise
    except Exception as error:  # whatever damage leads Pillow's readers to
        raise DataError(f"Row {row} of {path} does not hold a picture.") from error
    # Some formats learn their size only from the pixels.
    _require_size(picture.shape[::-1], path, row)
    return picture


def _require_size(size_px: tuple[int, ...], path: Path, row: int) -> None:
    if size_px != (CROP_SIDE_PX, CROP_SIDE_PX):
        raise DataError(f"Row {row} of {path} is {size_px[0]}x{size_px[1]} pixels, not 48x48.")
