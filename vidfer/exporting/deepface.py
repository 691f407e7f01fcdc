"""What pandas' json_normalize makes of deepface's answers to actions=["emotion"].

deepface writes no file of its own. The keys of its answers become columns like
`emotion.happy`; `frame` and `time_s` come before them, as an answer does not say of which
frame it is.

Source: deepface/modules/demography.py and detection.py of deepface 0.0.103.
"""

from collections.abc import Iterator
from typing import Final

import polars as pl

from vidfer.emotions import EMOTIONS
from vidfer.exporting.format import RowFormat
from vidfer.exporting.recording import Recording

# Left and right are the person's in deepface, the picture's in vidfer.
_EYES: Final = {"left_eye": "right_eye", "right_eye": "left_eye"}


def _tables(recording: Recording) -> Iterator[pl.DataFrame]:
    for rows in recording.batches():
        yield rows.select(
            "frame",
            "time_s",
            pl.col("emotion").alias("dominant_emotion"),
            pl.col("face_score").cast(pl.Float64).round(2).alias("face_confidence"),
            *(_percent(name).alias(f"emotion.{name}") for name in EMOTIONS),
            *(_pixels(f"box_{part}").alias(f"region.{part}") for part in "xywh"),
            *(_point(ours).alias(f"region.{theirs}") for theirs, ours in _EYES.items()),
        )


def _percent(name: str) -> pl.Expr:
    return (pl.col(name).cast(pl.Float64) * 100).round(4)


def _pixels(name: str) -> pl.Expr:
    return pl.col(name).round(0).cast(pl.Int64)


def _point(name: str) -> pl.Expr:
    """Return a point as Python shows a pair: (x, y)."""
    return pl.format("({}, {})", _pixels(f"{name}_x"), _pixels(f"{name}_y"))


FORMAT: Final = RowFormat(".deepface.csv", _tables)
