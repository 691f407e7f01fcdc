"""Labelled face pictures in folders, one folder for each emotion."""

from collections.abc import Iterator
from os.path import isdir, isfile
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from vidfer.emotions import EMOTIONS, emotion_of
from vidfer.errors import DataError
from vidfer.training.data.face_pictures import read_face_picture
from vidfer.training.data.labelled_faces import LabelledFaces

# What people call the folders that hold one split each, by the split that they are.
_SPLIT_FOLDERS: Final[dict[str, str]] = {
    **dict.fromkeys(["train", "training"], "training"),
    **dict.fromkeys(["val", "valid", "validation", "publictest", "public_test"], "public_test"),
    **dict.fromkeys(["test", "testing", "privatetest", "private_test"], "private_test"),
}
_NUMBERS: Final = [str(label) for label in range(len(EMOTIONS))]
_KNOWN: Final = (
    f"({', '.join(EMOTIONS)}, their synonyms, or FER2013's numbers {_NUMBERS[0]} to {_NUMBERS[-1]})"
)

# What systems and archives leave beside the pictures.
_PASSED_OVER: Final = {"thumbs.db", "desktop.ini", "__macosx"}


class _Labelled(NamedTuple):
    path: Path
    label: int
    source: str


def split_folders(folder: Path) -> dict[str, Path]:
    """Return the sub-folders that hold one split each, by split; none where there is none.

    Raises:
        DataError: two sub-folders are the same split, some are none, or the folder cannot
            be read.
    """
    found: dict[str, Path] = {}
    others = []
    for inner in folders_in(folder):
        split = _SPLIT_FOLDERS.get(inner.name.lower())
        if split is None:
            others.append(inner)
        elif split in found:
            raise DataError(
                f"{folder} holds both '{found[split].name}' and '{inner.name}', which name "
                "the same split: join them or move one away."
            )
        else:
            found[split] = inner
    if found and others:
        raise DataError(
            f"{others[0]} lies beside folders of splits, but is called like none of them "
            f"({', '.join(_SPLIT_FOLDERS)}): rename it or move it away."
        )
    return {split: found[split] for split in _SPLIT_FOLDERS.values() if split in found}


def holds_classes(folder: Path) -> bool:
    """Tell whether a folder holds class folders, itself or a level below, one per source.

    Raises:
        DataError: the folder cannot be read.
    """
    inner = folders_in(folder)
    return any(_label_of(one.name) is not None for one in [*inner, *_inside(inner)])


def read_picture_folder(folder: Path) -> LabelledFaces:
    """Read FOLDER/emotion/picture, or FOLDER/source/emotion/picture, in order of names.

    Class folders are called like the emotions, a synonym, or FER2013's numbers.

    Raises:
        DataError: a folder has another name, a picture is damaged, or there are none.
    """
    found = list(_pictures(folder))
    if not found:
        raise DataError(f"{folder} holds no pictures.")
    sources = [one.source for one in found]
    files = np.empty(len(found), dtype=object)
    files[:] = [one.path for one in found]
    return LabelledFaces(
        pictures=np.stack([read_face_picture(one.path) for one in found]),
        labels=np.array([one.label for one in found], dtype=np.int64),
        sources=np.array(sources, dtype=object) if any(sources) else None,
        files=files,
    )


def _pictures(folder: Path) -> Iterator[_Labelled]:
    inner = folders_in(folder)
    if any(_label_of(one.name) is not None for one in inner):
        yield from _in_classes(folder, source="")
        return
    for source in inner:
        yield from _in_classes(source, source=source.name)


def _in_classes(folder: Path, *, source: str) -> Iterator[_Labelled]:
    class_folders = folders_in(folder)
    if not class_folders:
        raise DataError(f"{folder} holds no folders called like the emotions, {_KNOWN}.")
    for class_folder in class_folders:
        label = _label_of(class_folder.name)
        if label is None:
            raise DataError(
                f"{class_folder} is not called like an emotion, {_KNOWN}: rename it or move it "
                "away."
            )
        for path in _entries(class_folder):
            if not isfile(path):
                raise DataError(f"{path} is no picture file: a class folder holds pictures only.")
            yield _Labelled(path, label, source)


def _label_of(name: str) -> int | None:
    return _NUMBERS.index(name) if name in _NUMBERS else emotion_of(name)


def _inside(folders: list[Path]) -> Iterator[Path]:
    for folder in folders:
        yield from folders_in(folder)


def folders_in(folder: Path) -> list[Path]:
    """Return the folders in a folder, by name, without hidden ones.

    Raises:
        DataError: the folder cannot be read.
    """
    return [entry for entry in _entries(folder) if isdir(entry)]


def _entries(folder: Path) -> list[Path]:
    """Return what lies in a folder, by name, without what systems and editors leave there."""
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise DataError(f"Cannot read the folder {folder}: {error.strerror}.") from error
    return [
        entry
        for entry in entries
        if not entry.name.startswith(".") and entry.name.lower() not in _PASSED_OVER
    ]
