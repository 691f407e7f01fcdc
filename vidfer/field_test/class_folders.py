"""Labels from folders that are named after emotions."""

import os
from collections.abc import Iterator
from pathlib import Path

from vidfer.emotions import EMOTIONS, emotion_of
from vidfer.errors import DataError
from vidfer.field_test.items import PICTURE_SUFFIXES, LabelledItem, Material, absolute
from vidfer.training.data.picture_folders import folders_in
from vidfer.video.files import VIDEO_SUFFIXES
from vidfer.video.inputs import printable


def read_class_folders(folder: Path, *, exclude: Path | None) -> Material:
    """Return the videos and pictures below FOLDER/emotion or FOLDER/source/emotion, by name.

    Hidden files and everything below `exclude` are passed over without being counted.

    Raises:
        DataError: a class folder is named after no emotion, or there is nothing in them.
    """
    items: list[LabelledItem] = []
    passed_over = 0
    for class_folder, label, source in _class_folders(folder, exclude):
        for path in _files(class_folder, exclude):
            if path.suffix.lower() not in PICTURE_SUFFIXES | VIDEO_SUFFIXES:
                passed_over += 1
                continue
            shown = path.relative_to(folder).as_posix()
            items.append(LabelledItem(path=absolute(path), shown=shown, label=label, source=source))
    if not items:
        raise DataError(
            f"{folder} holds no videos or pictures in folders named after emotions "
            f"({', '.join(EMOTIONS)}): name such a folder, or a CSV file with the columns "
            "'path' and 'emotion'."
        )
    return Material(items=items, passed_over=passed_over)


def _class_folders(folder: Path, exclude: Path | None) -> Iterator[tuple[Path, int, str | None]]:
    """Yield class folders with label and source, below `folder` or a level of sources."""
    inner = _folders(folder, exclude)
    if any(emotion_of(one.name) is not None for one in inner):
        yield from ((one, _label(one), None) for one in inner)
        return
    for source in inner:
        classes = _folders(source, exclude)
        yield from ((one, _label(one), printable(source.name)) for one in classes)


def _folders(folder: Path, exclude: Path | None) -> list[Path]:
    return [one for one in folders_in(folder) if absolute(one) != exclude]


def _label(folder: Path) -> int:
    label = emotion_of(folder.name)
    if label is None:
        raise DataError(
            f"{folder} is not named after an emotion ({', '.join(EMOTIONS)}, a synonym, or 0 to "
            f"{len(EMOTIONS) - 1}): rename it or move it away."
        )
    return label


def _files(folder: Path, exclude: Path | None) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        below = Path(place)
        folders[:] = sorted(
            name for name in folders if name[0] != "." and absolute(below / name) != exclude
        )
        yield from (below / name for name in sorted(names) if not name.startswith("."))
