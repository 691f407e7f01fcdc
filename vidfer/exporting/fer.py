"""The CSV of fer's Video.to_csv: a row per frame with faces, columns per face.

Source: src/fer/classes.py and fer.py of fer 25.10.3.
"""

from collections.abc import Iterator
from typing import Final

import polars as pl

from vidfer.emotions import EMOTIONS
from vidfer.exporting.format import RowFormat
from vidfer.exporting.recording import Recording

# fer sorts its columns by name, then by the face's number.
_NAMES: Final = tuple(sorted(("box", *EMOTIONS)))


def _tables(recording: Recording) -> Iterator[pl.DataFrame]:
    # Without any face there is still a header, for one.
    faces = range(max(1, recording.most_faces))
    columns = [f"{name}{face}" for name in _NAMES for face in faces]
    for rows in recording.batches_of_frames():
        # fer leaves frames without a face out.
        seen = rows.filter(pl.col("face").is_not_null())
        wide = seen.select("frame").unique(maintain_order=True)
        for face in faces:
            one = seen.filter(pl.col("face") == face).select("frame", *_face_columns(face))
            wide = wide.join(one, on="frame", how="left", maintain_order="left")
        yield wide.select(columns)


def _face_columns(face: int) -> Iterator[pl.Expr]:
    box = [pl.col(f"box_{part}").round(0).cast(pl.Int64) for part in "xywh"]
    yield pl.format("[{}, {}, {}, {}]", *box).alias(f"box{face}")
    for name in EMOTIONS:
        yield pl.col(name).cast(pl.Float64).round(2).alias(f"{name}{face}")


FORMAT: Final = RowFormat(".fer.csv", _tables)
