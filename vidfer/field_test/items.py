"""What is labelled: whole videos, parts of videos, pictures."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# A file with one of these endings is a picture, any other one that is named a video.
PICTURE_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp"})


@dataclass(frozen=True, kw_only=True)
class LabelledItem:
    """One label on one file.

    path: where the file is, absolute. shown: the path as the data names it.
    label: index into EMOTIONS.
    start_s, end_s: the part of a video that the label is for, end excluded; None is open.
    source: where the item comes from, for figures by source.
    """

    path: Path
    shown: str
    label: int
    start_s: float | None = None
    end_s: float | None = None
    source: str | None = None

    @property
    def is_picture(self) -> bool:
        """Whether the file is a picture, going by its name."""
        return self.path.suffix.lower() in PICTURE_SUFFIXES

    @property
    def stretch(self) -> str:
        """The labelled part in words for a sentence, empty where it is the whole."""
        if self.start_s is None and self.end_s is None:
            return ""
        start_s = 0.0 if self.start_s is None else self.start_s
        return f" from {start_s:g} s" + ("" if self.end_s is None else f" to {self.end_s:g} s")


@dataclass(frozen=True, kw_only=True)
class Material:
    """All labelled items, and how many other files lay beside them.

    passed_over: files in class folders that are neither videos nor pictures.
    """

    items: list[LabelledItem]
    passed_over: int = 0


def absolute(path: Path) -> Path:
    """Return a path from the root, without following links."""
    return Path(os.path.abspath(path))
