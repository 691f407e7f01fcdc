"""What became of each labelled item."""

from dataclasses import dataclass
from typing import Literal

import polars as pl

from vidfer.field_test.items import LabelledItem
from vidfer.field_test.reading import Reading, read_stretch

Status = Literal["ok", "no_face", "failed"]


@dataclass(frozen=True)
class FileRows:
    """A file's timeline rows, or what is wrong with it; both for a video that is partial."""

    rows: pl.DataFrame | None
    error: str | None = None


@dataclass(frozen=True)
class ItemResult:
    """What vidfer says of one item.

    `error` says why there is no reading, or which part of a video could not be decoded.
    """

    item: LabelledItem
    reading: Reading | None
    error: str | None = None

    @property
    def status(self) -> Status:
        """Whether the item was read (`ok`), showed no face, or could not be read at all."""
        if self.reading is None:
            return "failed"
        return "no_face" if self.reading.probabilities is None else "ok"


def result_of(item: LabelledItem, file: FileRows) -> ItemResult:
    """Return what an item's file shows in the item's stretch."""
    if file.rows is None:
        return ItemResult(item, None, file.error)
    reading = read_stretch(file.rows, start_s=item.start_s, end_s=item.end_s)
    if reading.frames == 0:
        return ItemResult(item, None, file.error or _nothing_there(item, file.rows))
    return ItemResult(item, reading, file.error)


def _nothing_there(item: LabelledItem, rows: pl.DataFrame) -> str:
    if rows.height == 0:
        return "No frame was analysed: check the settings' start and end."
    first_s, last_s = rows["time_s"][0], rows["time_s"][-1]
    return (
        f"No frame was analysed{item.stretch}; the video's were from {first_s:.2f} s to "
        f"{last_s:.2f} s: check start_s and end_s."
    )
