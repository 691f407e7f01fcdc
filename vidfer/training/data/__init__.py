"""Labelled faces in every form that `vidfer train` and `vidfer evaluate` read.

docs/data.md lists the forms and how each is recognised.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from os.path import isdir, isfile
from pathlib import Path
from typing import Final

from vidfer.emotions import EMOTIONS
from vidfer.errors import DataError
from vidfer.training.data.csv_faces import SPLIT_USAGES, read_csv_faces, splits_of_csv
from vidfer.training.data.holding_out import hold_out_tenth, is_held_out
from vidfer.training.data.labelled_faces import FERPLUS_CHOICES, LabelledFaces
from vidfer.training.data.parquet_faces import SPLIT_FILES, read_faces, read_split
from vidfer.training.data.picture_folders import (
    folders_in,
    holds_classes,
    read_picture_folder,
    split_folders,
)

__all__ = [
    "FERPLUS_CHOICES",
    "HELD_OUT",
    "SPLIT_FILES",
    "LabelledFaces",
    "held_out_name",
    "read_faces",
    "read_split",
    "read_splits",
    "read_training_data",
]

# The name, among splits, of the tenth that training holds out where the data names nothing.
HELD_OUT: Final = "held_out"

_WHOLE_CSV_FILES: Final = ("fer2013.csv", "icml_face_data.csv")
_TRAINING_CSV_FILE: Final = "train.csv"


@dataclass(frozen=True)
class _Split:
    """One of the official splits: what people call it, and how to read it."""

    title: str
    read: Callable[[], LabelledFaces]


def read_training_data(data: Path) -> tuple[LabelledFaces, LabelledFaces]:
    """Return (training, held out).

    Held out is PublicTest, or a validation folder, where the data has one; else a fixed
    tenth of the training pictures. Test pictures (PrivateTest) are not looked into.

    Raises:
        DataError: the data cannot be read, has no training pictures, or too few.
    """
    splits = _find_splits(data)
    if splits and "training" not in splits:
        raise DataError(
            f"{data} holds no training pictures ({SPLIT_FILES['training']}, Usage "
            f"'{SPLIT_USAGES['training']}', or a folder 'train'), only {', '.join(splits)}."
        )
    if not splits and data.name in set(SPLIT_FILES.values()) - {SPLIT_FILES["training"]}:
        raise DataError(
            f"{data} holds test pictures, which are not for training: "
            f"name {SPLIT_FILES['training']} or its folder."
        )
    training = splits["training"].read() if splits else _read_whole(data)
    if "public_test" in splits:
        return training, splits["public_test"].read()
    return hold_out_tenth(training, place=str(data))


def held_out_name(data: Path) -> str:
    """Return what people call the pictures that `read_training_data` holds out.

    Raises:
        DataError: the data cannot be read.
    """
    splits = _find_splits(data)
    return splits["public_test"].title if "public_test" in splits else "held-out tenth of training"


def read_splits(data: Path) -> dict[str, LabelledFaces]:
    """Return what is to be evaluated, by split: `training`, `public_test`, `private_test`.

    What has no splits stands under the file's or folder's own name. Training pictures of
    which `read_training_data` holds out a tenth are parted the same way; the tenth is
    called HELD_OUT.

    Raises:
        DataError: the data cannot be read, or has no labels.
    """
    splits = _find_splits(data)
    if not splits:
        name = data.resolve().name if isdir(data) else data.stem
        return {name: _read_whole(data)}
    read: dict[str, LabelledFaces] = {}
    for name, split in splits.items():
        read[name] = split.read()
        if name == "training" and "public_test" not in splits:
            held_out = is_held_out(read[name])
            if held_out.any():
                read |= {name: read[name].rows(~held_out), HELD_OUT: read[name].rows(held_out)}
    return read


def _find_splits(data: Path) -> dict[str, _Split]:
    """Return the official splits that the data holds; none where it is one set of faces."""
    if not isdir(data):
        return _splits_of_csv_file(data) if _is_csv(data) else {}
    if splits := _splits_of_parquet_folder(data):
        return splits
    if csv_file := _csv_file_in(data):
        whole = _Split(SPLIT_USAGES["training"], partial(read_csv_faces, csv_file))
        return _splits_of_csv_file(csv_file) or {"training": whole}
    return _splits_of_picture_folder(data)


def _read_whole(data: Path) -> LabelledFaces:
    if isdir(data):
        return read_picture_folder(data)
    return read_csv_faces(data) if _is_csv(data) else read_faces(data)


def _splits_of_parquet_folder(folder: Path) -> dict[str, _Split]:
    return {
        name: _Split(SPLIT_USAGES[name], partial(read_faces, folder / file))
        for name, file in SPLIT_FILES.items()
        if isfile(folder / file)
    }


def _splits_of_csv_file(path: Path) -> dict[str, _Split]:
    return {
        name: _Split(SPLIT_USAGES[name], partial(read_csv_faces, path, split=name))
        for name in splits_of_csv(path)
    }


def _splits_of_picture_folder(folder: Path) -> dict[str, _Split]:
    splits = {
        name: _Split(inner.name, partial(read_picture_folder, inner))
        for name, inner in split_folders(folder).items()
    }
    if not splits and not holds_classes(folder):
        raise _unknown(folder)
    return splits


def _is_csv(path: Path) -> bool:
    return path.suffix.lower() == ".csv"


def _csv_file_in(folder: Path) -> Path | None:
    names = (*_WHOLE_CSV_FILES, _TRAINING_CSV_FILE)
    return next((folder / name for name in names if isfile(folder / name)), None)


def _unknown(folder: Path) -> DataError:
    files = [*SPLIT_FILES.values(), *_WHOLE_CSV_FILES, _TRAINING_CSV_FILE]
    inner = ", ".join(f"'{one.name}'" for one in folders_in(folder)[:10])
    return DataError(
        f"{folder} holds none of {', '.join(files)}, and no folders called like the emotions "
        f"({', '.join(EMOTIONS)}){f' but {inner}' if inner else ''}: name a file or folder of "
        "labelled faces."
    )
