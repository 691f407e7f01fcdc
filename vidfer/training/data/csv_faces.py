"""Labelled face pictures in CSV files: FER2013 as it was published, and Kaggle's."""

from collections.abc import Iterator
from os.path import isfile
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vidfer.emotions import EMOTIONS
from vidfer.errors import DataError
from vidfer.training.data.csv_pixels import parse_pixels
from vidfer.training.data.csv_table import csv_columns, read_texts
from vidfer.training.data.ferplus import FERPLUS_FILE, read_votes
from vidfer.training.data.labelled_faces import LAST_LABEL, LabelledFaces

# The official splits, by what the column `Usage` says.
SPLIT_USAGES: Final[dict[str, str]] = {
    "training": "Training",
    "public_test": "PublicTest",
    "private_test": "PrivateTest",
}

_USAGE: Final = "usage"
_LABELS: Final = pa.array([str(label) for label in range(len(EMOTIONS))])


def splits_of_csv(path: Path) -> list[str]:
    """Return which official splits a CSV file holds; none without a column `Usage`.

    Raises:
        DataError: the file cannot be read, has no labels, or another usage.
    """
    columns = csv_columns(path)
    if "emotion" not in columns and "pixels" in columns:
        raise DataError(
            f"{path} has no labels (no column 'emotion'), so there is nothing to learn from it "
            "or to compare with: name a file or folder with labels."
        )
    if _USAGE not in columns:
        return []
    found: set[str] = set()
    for batch in read_texts(path, [_USAGE]):
        found.update(pc.unique(batch[_USAGE]).to_pylist())
    unknown = sorted(found - set(SPLIT_USAGES.values()))
    if unknown:
        raise DataError(
            f"{path} has '{unknown[0][:40]}' in the column 'Usage'; "
            f"known are {', '.join(SPLIT_USAGES.values())}."
        )
    return [split for split, usage in SPLIT_USAGES.items() if usage in found]


def read_csv_faces(path: Path, *, split: str | None = None) -> LabelledFaces:
    """Read a CSV file with the columns `emotion` (0 to 6) and `pixels` (2304 numbers).

    With `split`, one of SPLIT_USAGES, only labels and pixels of that `Usage` are looked
    into, and FER+'s votes are read where fer2013new.csv lies beside the file.

    Raises:
        DataError: the file is missing or is not such a file, or the votes are another's.
    """
    labels, pictures, rows = [], [], []
    usages: list[str] = []
    for batch, numbers in _numbered(path, split, usages):
        labels.append(_labels(batch["emotion"], rows=numbers, path=path))
        pictures.append(parse_pixels(batch["pixels"], rows=numbers, place=str(path)))
        rows.append(numbers)
    if not sum(map(len, rows)):
        raise DataError(f"{path} holds no pictures.")
    votes_path = path.parent / FERPLUS_FILE
    votes = None
    if split is not None and isfile(votes_path):
        votes = read_votes(votes_path, usages=usages, pictures=path)[np.concatenate(rows)]
    return LabelledFaces(
        pictures=np.concatenate(pictures), labels=np.concatenate(labels), votes=votes
    )


def _numbered(
    path: Path, split: str | None, usages: list[str]
) -> Iterator[tuple[pa.RecordBatch, np.ndarray]]:
    """Yield the rows of a split, or all, with their numbers; note the usage of every row."""
    columns = ["emotion", "pixels"]
    first = 0
    for batch in read_texts(path, columns if split is None else [*columns, _USAGE]):
        numbers = np.arange(first, first + batch.num_rows)
        first += batch.num_rows
        if split is None:
            yield batch, numbers
            continue
        usages.extend(batch[_USAGE].to_pylist())
        wanted = pc.equal(batch[_USAGE], SPLIT_USAGES[split])
        yield batch.filter(wanted), numbers[wanted.to_numpy(zero_copy_only=False)]


def _labels(column: pa.Array, *, rows: np.ndarray, path: Path) -> np.ndarray:
    """Return the labels, int64 (N,), if every row has a whole number in range."""
    labels = pc.index_in(column, value_set=_LABELS)
    wrong = np.flatnonzero(labels.is_null().to_numpy(zero_copy_only=False))
    if len(wrong):
        raise DataError(
            f"Row {rows[wrong[0]]} of {path} has an 'emotion' outside 0 to {LAST_LABEL} in whole "
            f"numbers: '{column[int(wrong[0])].as_py()[:40]}'."
        )
    values: np.ndarray = labels.to_numpy(zero_copy_only=False).astype(np.int64)
    return values
