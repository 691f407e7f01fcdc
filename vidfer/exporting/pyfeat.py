"""The CSV of py-feat's Detector (v1), which its `read_feat` reads.

Source: feat/detector.py and feat/utils/__init__.py of py-feat 2.1.5.
"""

from collections.abc import Iterator
from typing import Final

import polars as pl

from vidfer.analysis.cell_text import cell_text
from vidfer.emotions import EMOTIONS
from vidfer.exporting.format import RowFormat
from vidfer.exporting.landmarks_68 import landmark_columns
from vidfer.exporting.recording import Recording

_BOX: Final = {
    "FaceRectX": "box_x",
    "FaceRectY": "box_y",
    "FaceRectWidth": "box_w",
    "FaceRectHeight": "box_h",
    "FaceScore": "face_score",
}
_POSE: Final = ("Pitch", "Roll", "Yaw", "X", "Y", "Z")
_ACTION_UNITS: Final = (1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15, 17, 20, 23, 24, 25, 26, 28, 43)
_GAZE: Final = ("gaze_pitch", "gaze_yaw", "gaze_angle")

# py-feat's names in the order of EMOTIONS, which is its own as well.
_NAMES: Final = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")


def _tables(recording: Recording) -> Iterator[pl.DataFrame]:
    for rows in recording.batches():
        yield rows.select(
            *(pl.col(ours).alias(theirs) for theirs, ours in _BOX.items()),
            *landmark_columns(),
            *_empty(_POSE),
            *_empty(f"AU{number:02d}" for number in _ACTION_UNITS),
            *(pl.col(ours).alias(theirs) for theirs, ours in zip(_NAMES, EMOTIONS)),
            *_empty(_GAZE),
            pl.lit(recording.height, dtype=pl.Float64).alias("FrameHeight"),
            pl.lit(recording.width, dtype=pl.Float64).alias("FrameWidth"),
            _input(recording),
            "frame",
            _minutes_and_seconds().alias("approx_time"),
            (pl.lit("Person_") + pl.col("track").cast(pl.String)).alias("Identity"),
        )


def _empty(names: "Iterator[str] | tuple[str, ...]") -> Iterator[pl.Expr]:
    return (pl.lit(None, dtype=pl.Float64).alias(name) for name in names)


def _input(recording: Recording) -> pl.Expr:
    """Return where the video is, which py-feat opens to draw on it."""
    if recording.path is None:
        return cell_text(pl.col("video")).alias("input")
    # It is absolute, so no spreadsheet takes it for a formula.
    return pl.lit(recording.path).alias("input")


def _minutes_and_seconds() -> pl.Expr:
    """Return `mm:ss`, whole seconds below the time, as py-feat writes it."""
    seconds = pl.col("time_s").floor().clip(lower_bound=0).cast(pl.Int64)
    minute, second = seconds // 60, seconds % 60
    return pl.format("{}:{}", *(part.cast(pl.String).str.zfill(2) for part in (minute, second)))


FORMAT: Final = RowFormat(".pyfeat.csv", _tables, quotes_text=True)
