"""Timeline rows to what vidfer says of a labelled stretch."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from vidfer.emotions import EMOTIONS

# What reading needs of a timeline.
COLUMNS = ("frame", "time_s", "box_w", "box_h", "usable", *EMOTIONS)


@dataclass(frozen=True)
class Reading:
    """What was seen in a stretch of frames.

    frames, frames_with_face: how many were analysed, and in how many a face was found.
    frames_usable: in how many the largest face passed the quality gate.
    probabilities: the mean over the frames that count, float64 (7,); None without a face.
    """

    frames: int
    frames_with_face: int
    frames_usable: int
    probabilities: np.ndarray | None

    @property
    def prediction(self) -> int | None:
        """The most probable emotion, an index into EMOTIONS; None without a face."""
        return None if self.probabilities is None else int(self.probabilities.argmax())


def read_stretch(
    rows: pl.DataFrame, *, start_s: float | None = None, end_s: float | None = None
) -> Reading:
    """Sum timeline rows up from `start_s` (included) to `end_s` (excluded).

    Each frame counts with its largest face. The probabilities are the mean over the frames
    in which this face is usable, or over all frames with a face where it never is.
    """
    if start_s is not None:
        rows = rows.filter(pl.col("time_s") >= start_s)
    if end_s is not None:
        rows = rows.filter(pl.col("time_s") < end_s)
    area = pl.col("box_w") * pl.col("box_h")
    largest = pl.all().sort_by(area, descending=True, nulls_last=True).first()
    frames = rows.group_by("frame", maintain_order=True).agg(largest)
    faces = frames.filter(pl.col("usable").is_not_null())
    usable = faces.filter("usable")
    counted = usable if usable.height else faces
    return Reading(
        frames=frames.height,
        frames_with_face=faces.height,
        frames_usable=usable.height,
        probabilities=_mean(counted) if counted.height else None,
    )


def _mean(rows: pl.DataFrame) -> np.ndarray:
    mean: np.ndarray = rows.select(EMOTIONS).to_numpy().astype(np.float64).mean(axis=0)
    return mean
