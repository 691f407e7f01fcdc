"""Labels from a CSV file of paths and emotions."""

import csv
import io
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from vidfer.emotions import EMOTIONS, emotion_of
from vidfer.errors import DataError
from vidfer.field_test.items import LabelledItem, Material, absolute

_REQUIRED: Final = ("path", "emotion")
_SEPARATORS: Final = ",;\t"


def read_label_file(path: Path) -> Material:
    """Read a CSV file with the columns `path` and `emotion`, one item per line.

    Paths are absolute or below the file's folder; an emotion is a name or synonym in any
    case, or its number in FER2013 (0 to 6). Optional columns: `start_s` and `end_s`, the
    part of a video that the label is for, and `source`. Other columns are ignored. Spreadsheet
    programs' semicolons and tabs are read as well.

    Raises:
        DataError: the file cannot be read, or a line is wrong; the message names the line.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            items = list(_items(file.read(), path))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            f"Cannot read {path} as a CSV file with the columns 'path' and 'emotion': {error}"
        ) from error
    if not items:
        raise DataError(f"{path} has no lines below its header: add a path and an emotion.")
    return Material(items=items)


def _items(text: str, path: Path) -> Iterator[LabelledItem]:
    header = text.partition("\n")[0]
    separator = max(_SEPARATORS, key=header.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    names = [name.strip().lower() for name in reader.fieldnames or ()]
    missing = [name for name in _REQUIRED if name not in names]
    if missing:
        raise DataError(
            f"The first line of {path} must name the columns 'path' and 'emotion'; "
            f"'{missing[0]}' is missing."
        )
    reader.fieldnames = names
    for row in reader:
        texts = {name: (row[name] or "").strip() for name in names}
        try:
            yield _item(texts, path.parent)
        except ValueError as error:
            raise DataError(f"Line {reader.line_num} of {path}: {error}.") from error


def _item(texts: dict[str, str], folder: Path) -> LabelledItem:
    if not texts["path"]:
        raise ValueError("the path is empty")
    item = LabelledItem(
        path=absolute(folder / texts["path"]),
        shown=texts["path"],
        label=_label(texts["emotion"]),
        start_s=_seconds(texts, "start_s"),
        end_s=_seconds(texts, "end_s"),
        source=texts.get("source") or None,
    )
    if item.stretch and item.is_picture:
        raise ValueError("start_s and end_s are for videos, and this is a picture")
    if item.end_s is not None and item.end_s <= (item.start_s or 0.0):
        raise ValueError(f"end_s ({item.end_s:g}) must come after start_s ({item.start_s or 0:g})")
    return item


def _label(text: str) -> int:
    label = emotion_of(text)
    if label is None:
        raise ValueError(
            f"'{text}' is no emotion: use {', '.join(EMOTIONS)}, or 0 to {len(EMOTIONS) - 1}"
        )
    return label


def _seconds(texts: dict[str, str], name: str) -> float | None:
    text = texts.get(name)
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise ValueError(f"{name} must be seconds, 0 or more; got '{text}'")
    return value
