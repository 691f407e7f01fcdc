"""Labelled face pictures from FER2013's Parquet files."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image, UnidentifiedImageError

from vidfer.batches import CROP_SIDE_PX
from vidfer.emotions import EMOTIONS
from vidfer.errors import DataError

# The official splits, by the file that holds each.
SPLIT_FILES: Final[dict[str, str]] = {
    "training": "training.parquet",
    "public_test": "public_test.parquet",
    "private_test": "private_test.parquet",
}


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
    labels = table["emotion"].to_numpy().astype(np.int64)
    if len(labels) == 0:
        raise DataError(f"{path} holds no pictures.")
    if labels.min() < 0 or labels.max() >= len(EMOTIONS):
        raise DataError(f"{path} has an 'emotion' outside 0 to {len(EMOTIONS) - 1}.")
    encoded = table["image"].to_pylist()
    pictures = np.stack([_decode(data, path, row) for row, data in enumerate(encoded)])
    return LabelledFaces(pictures=pictures, labels=labels)


def read_split(folder: Path, split: str) -> LabelledFaces:
    """Read one of the official splits (`training`, `public_test`, `private_test`).

    Raises:
        DataError: the folder does not hold it.
    """
    return read_faces(folder / SPLIT_FILES[split])


def _decode(data: bytes, path: Path, row: int) -> np.ndarray:
    try:
        with Image.open(io.BytesIO(data)) as image:
            picture = np.asarray(image.convert("L"))
    except (UnidentifiedImageError, OSError, TypeError) as error:
        raise DataError(f"Row {row} of {path} does not hold a picture.") from error
    if picture.shape != (CROP_SIDE_PX, CROP_SIDE_PX):
        raise DataError(
            f"Row {row} of {path} is {picture.shape[1]}x{picture.shape[0]} pixels, not 48x48."
        )
    return picture
