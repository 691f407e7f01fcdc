"""A timeline's rows, frame by frame."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from vidfer.emotions import EMOTIONS
from vidfer.errors import UsageError
from vidfer.timeline.reader import scan_timelines

_BOX: Final = ["box_x", "box_y", "box_w", "box_h"]

# Frames without rows show faces if the analysed frames around them are no further apart.
_MOST_GAP_S: Final = 1.0

# A face without a track is nobody's neighbour.
NO_TRACK: Final = -1


@dataclass(frozen=True)
class FaceMark:
    """A face on a frame, as it is drawn.

    box_px: left, top, width, height in pixels of the upright frame.
    probabilities: as EMOTIONS, float32 (7,).
    """

    track: int
    box_px: tuple[float, float, float, float]
    probabilities: np.ndarray
    usable: bool

    @property
    def emotion(self) -> str:
        """The most likely emotion."""
        return EMOTIONS[int(self.probabilities.argmax())]

    @property
    def confidence(self) -> float:
        """Its probability."""
        return float(self.probabilities.max())


@dataclass(frozen=True)
class FaceRows:
    """All rows of one video as arrays, by rising frame; about 60 bytes per row.

    frame: int32 (R,). time_s: float64 (R,). has_face: bool (R,). track: int32 (R,),
    NO_TRACK without a face. box_px: float32 (R, 4). probabilities: float32 (R, 7).
    usable: bool (R,).
    """

    frame: np.ndarray
    time_s: np.ndarray
    has_face: np.ndarray
    track: np.ndarray
    box_px: np.ndarray
    probabilities: np.ndarray
    usable: np.ndarray

    def rows_of(self, frame: int) -> slice:
        """Return where a frame's rows are; an empty slice, where they would be, without any."""
        first, end = np.searchsorted(self.frame, [frame, frame + 1])
        return slice(int(first), int(end))

    def marks(self, rows: slice) -> list[FaceMark]:
        """Return the faces of some rows."""
        return [
            FaceMark(
                track=int(self.track[row]),
                box_px=tuple(self.box_px[row].tolist()),
                probabilities=self.probabilities[row],
                usable=bool(self.usable[row]),
            )
            for row in range(rows.start, rows.stop)
            if self.has_face[row]
        ]

    def marks_between(self, rows: slice, time_s: float) -> list[FaceMark]:
        """Return the faces at a time between two analysed frames, on either side of `rows`.

        Boxes of tracks that are on both frames are interpolated; probabilities are those
        of the frame before. None where the two are more than a second apart.
        """
        before, after = rows.start - 1, rows.start
        if before < 0 or after >= len(self.frame):
            return []
        gap_s = self.time_s[after] - self.time_s[before]
        if not 0 < gap_s <= _MOST_GAP_S:
            return []
        share = float((time_s - self.time_s[before]) / gap_s)
        coming = {m.track: m for m in self.marks(self.rows_of(self.frame[after]))}
        return [
            _moved(mark, coming[mark.track], share)
            for mark in self.marks(self.rows_of(self.frame[before]))
            if mark.track in coming and mark.track != NO_TRACK
        ]


def _moved(mark: FaceMark, to: FaceMark, share: float) -> FaceMark:
    x, y, width, height = (
        (1 - share) * ours + share * theirs for ours, theirs in zip(mark.box_px, to.box_px)
    )
    return replace(mark, box_px=(x, y, width, height))


def read_face_rows(timeline: Path) -> FaceRows:
    """Read the columns of one video's timeline that are drawn.

    Raises:
        UsageError: the file holds several videos, or lacks columns.
    """
    columns = ["video", "frame", "time_s", "track", *_BOX, *EMOTIONS, "usable"]
    try:
        rows = scan_timelines(timeline).select(columns).collect().sort("frame", maintain_order=True)
    except pl.exceptions.PolarsError as error:
        raise UsageError(f"{timeline} is no timeline that can be drawn: {error}.") from error
    if rows["video"].n_unique() > 1:
        raise UsageError(f"{timeline} holds several videos: give the timeline of one.")
    return FaceRows(
        frame=rows["frame"].to_numpy(),
        time_s=rows["time_s"].to_numpy(),
        has_face=rows["box_x"].is_not_null().to_numpy(),
        track=rows["track"].fill_null(NO_TRACK).to_numpy(),
        box_px=_matrix(rows, _BOX),
        probabilities=_matrix(rows, list(EMOTIONS)),
        usable=rows["usable"].fill_null(value=False).to_numpy(),
    )


def _matrix(rows: pl.DataFrame, columns: list[str]) -> np.ndarray:
    filled = rows.select(pl.col(columns).fill_null(0.0).cast(pl.Float32))
    return np.stack([filled[name].to_numpy() for name in columns], axis=1)
