"""The CSV of OpenFace 2's FeatureExtraction with -2Dfp, and the emotions after it.

Source: RecorderCSV.cpp, SequenceCapture.cpp and the page "Output Format" of OpenFace 2.2.
"""

from collections.abc import Iterator
from typing import Final

import polars as pl

from vidfer.emotions import EMOTIONS
from vidfer.exporting.format import RowFormat
from vidfer.exporting.landmarks_68 import landmark_columns
from vidfer.exporting.recording import Recording


def _tables(recording: Recording) -> Iterator[pl.DataFrame]:
    for rows in recording.batches():
        yield rows.select(
            # OpenFace counts a frame when it has read it, so from 1; its time starts at 0.
            pl.col("frame") + 1,
            pl.col("track").fill_null(0).alias("face_id"),
            pl.col("time_s").round(3).alias("timestamp"),
            pl.col("face_score").cast(pl.Float64).round(2).fill_null(0).alias("confidence"),
            pl.col("face").is_not_null().cast(pl.Int8).alias("success"),
            *landmark_columns(decimals=1),
            *EMOTIONS,
        )


FORMAT: Final = RowFormat(".openface.csv", _tables)
