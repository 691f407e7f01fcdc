"""Labelled face pictures from FER2013's Parquet files."""

import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from vidfer.batches import CROP_SIDE_PX
from vidfer.emotions import EMOTIONS
from vidfer.errors import DataError

# The official splits, by the file that holds each.
SPLIT_FILES: Final[dict[str, str]] = {
    "training": "training.parquet",
    "public_test": "public_test.parquet",
    "private_test": "private_test.parquet",
}

_LAST_LABEL: Final = len(EMOTIONS) - 1


@dataclass(frozen=True)
class LabelledFaces:
    """Grey face pictures with their labels.

    `pictures` is uint8 (N, 48, 48); `labels` is int64 (N,), an index into EMOTIONS.
    """

    pictures: np.ndarray
    labels: np.ndarray

    def __post_init__(self) -> None:
        if self.pictures.dtype != np.uint8 or self.pictures.shape[1:] != (
            CROP_SIDE_PX,
            CROP_SIDE_PX,
        ):
            raise ValueError(
                f"pictures must be uint8 (N, 48, 48), got {self.pictures.dtype} "
                f"{self.pictures.shape}"
            )
        if self.labels.shape != (len(self.pictures),):
            raise ValueError(
                f"labels must be ({len(self.pictures)},) like pictures, got {self.labels.shape}"
            )
        if self.labels.dtype != np.int64:
            raise ValueError(f"labels must be int64, got {self.labels.dtype}")
        wrong = self.labels[~_are_labels(self.labels)]
        if len(wrong):
            raise ValueError(f"labels must lie in 0 to {_LAST_LABEL}, got {wrong[0]}")

    def __len__(self) -> int:
        return len(self.labels)

    def without_copies_of(self, others: "LabelledFaces") -> "LabelledFaces":
        """Return the pictures that are not, pixel for pixel, among `others`."""
        known = {picture.tobytes() for picture in others.pictures}
        keep = np.array([picture.tobytes() not in known for picture in self.pictures], dtype=bool)
        return LabelledFaces(pictures=self.pictures[keep], labels=self.labels[keep])


def read_faces(path: Path) -> LabelledFaces:
    """Read a Parquet file with the columns `emotion` (0 to 6) and `image` (48x48 grey).

    Raises:
        DataError: the file is missing or is not such a file.
    """
    try:
        table = pq.read_table(path, columns=["emotion", "image"])
    except (OSError, pa.ArrowException) as error:
        raise DataError(
            f"Cannot read {path} as a Parquet file with the columns 'emotion' and 'image': {error}"
        ) from error
    if table.num_rows == 0:
        raise DataError(f"{path} holds no pictures.")
    labels = _labels(table["emotion"], path)
    encoded = table["image"].to_pylist()
    with warnings.catch_warnings():
        # Pillow only warns of pictures that are huge, but not so huge that it refuses them.
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        pictures = np.stack([_decode(data, path, row) for row, data in enumerate(encoded)])
    return LabelledFaces(pictures=pictures, labels=labels)


def read_split(folder: Path, split: str) -> LabelledFaces:
    """Read one of the official splits (`training`, `public_test`, `private_test`).

    Raises:
        DataError: the folder does not hold it.
    """
    return read_faces(folder / SPLIT_FILES[split])


def _are_labels(values: np.ndarray) -> np.ndarray:
    """Tell of each number whether it is an index into EMOTIONS, bool like `values`."""
    return np.isin(values, np.arange(len(EMOTIONS)))


def _labels(column: pa.ChunkedArray, path: Path) -> np.ndarray:
    """Return the labels, int64 (N,), if every row has a whole number in range."""
    kind = column.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        raise DataError(
            f"The column 'emotion' of {path} must hold whole numbers from 0 to {_LAST_LABEL}; "
            f"it holds {kind}."
        )
    # Rows without a value become NaN, which is no label either.
    values = column.to_numpy()
    wrong = np.flatnonzero(~_are_labels(values))
    if len(wrong):
        row = int(wrong[0])
        raise DataError(
            f"Row {row} of {path} has an 'emotion' outside 0 to {_LAST_LABEL} in whole numbers: "
            f"{column[row]}."
        )
    labels: np.ndarray = values.astype(np.int64)
    return labels


def _decode(data: bytes, path: Path, row: int) -> np.ndarray:
    try:
        with Image.open(io.BytesIO(data)) as image:
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
