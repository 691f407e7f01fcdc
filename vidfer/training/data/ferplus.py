"""FER+'s votes (Barsoum et al. 2016) as Microsoft published them."""

from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vidfer.errors import DataError
from vidfer.training.data.csv_table import read_texts
from vidfer.training.data.labelled_faces import FERPLUS_CHOICES

FERPLUS_FILE: Final = "fer2013new.csv"

_COUNTS: Final = pa.array([str(count) for count in range(np.iinfo(np.uint8).max + 1)])


def read_votes(path: Path, *, usages: list[str], pictures: Path) -> np.ndarray:
    """Return the votes for every row of fer2013.csv, uint8 (N, 10) like FERPLUS_CHOICES.

    Rows without an image name are pictures that FER+ leaves out; theirs are all zero.
    `usages` are the official splits of the rows of `pictures`, the file with the pixels:
    the only thing in both files that tells whether they belong together.

    Raises:
        DataError: the file cannot be read, or belongs to other pictures.
    """
    votes = [np.empty((0, len(FERPLUS_CHOICES)), dtype=np.uint8)]
    row = 0
    for batch in read_texts(path, ["usage", "image name", *FERPLUS_CHOICES]):
        if batch["usage"].to_pylist() != usages[row : row + batch.num_rows]:
            raise _others(path, pictures)
        counts = [_counts(batch[choice], path, row) for choice in FERPLUS_CHOICES]
        is_named = pc.not_equal(batch["image name"], "").to_numpy(zero_copy_only=False)
        votes.append(np.stack(counts, axis=1) * is_named[:, None])
        row += batch.num_rows
    if row != len(usages):
        raise _others(path, pictures)
    return np.concatenate(votes)


def _others(path: Path, pictures: Path) -> DataError:
    return DataError(
        f"{path} does not fit {pictures}: row by row the column 'Usage' must be the same. Put the "
        "right file there, or take it away to read the pictures without votes."
    )


def _counts(column: pa.Array, path: Path, first_row: int) -> np.ndarray:
    """Return counts, uint8 (N,), that text holds; an empty text is none."""
    filled = pc.if_else(pc.equal(column, ""), "0", column)
    counts = pc.index_in(filled, value_set=_COUNTS)
    wrong = np.flatnonzero(counts.is_null().to_numpy(zero_copy_only=False))
    if len(wrong):
        raise DataError(f"Row {first_row + wrong[0]} of {path} has votes that are no counts.")
    values: np.ndarray = counts.to_numpy(zero_copy_only=False).astype(np.uint8)
    return values
