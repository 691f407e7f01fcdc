"""Faces as they are compared: the same columns, whoever saw them."""

from typing import Final

import polars as pl

from vidfer.analysis.source import require_columns
from vidfer.emotions import EMOTIONS

BOX: Final = ("box_x", "box_y", "box_w", "box_h")

# One row per face and frame; a frame without a face is one row whose `is_face` is false.
# `moment` tells the frames of a video apart and orders them: in timelines it is `frame`.
# `box_is_part`: the box is that of landmarks, and lies within the face's. `emotion` is an
# index into EMOTIONS. What is not known is null.
FACE_SCHEMA: Final = pl.Schema(
    {
        "video": pl.String(),
        "moment": pl.Int64(),
        "frame": pl.Int64(),
        "time_s": pl.Float64(),
        "face": pl.Int64(),
        "is_face": pl.Boolean(),
        "usable": pl.Boolean(),
        **dict.fromkeys(BOX, pl.Float64()),
        "box_is_part": pl.Boolean(),
        **dict.fromkeys(EMOTIONS, pl.Float64()),
        "emotion": pl.Int64(),
    }
)


def faces_of_timeline(timeline: pl.LazyFrame) -> pl.LazyFrame:
    """Return a timeline's rows with the columns of FACE_SCHEMA.

    Raises:
        UsageError: a column is missing.
    """
    require_columns(timeline, ("video", "frame", "time_s", "face", "usable", *BOX, *EMOTIONS))
    is_face = pl.col("face").is_not_null()
    likely = pl.concat_list(EMOTIONS).list.arg_max().cast(pl.Int64)
    return timeline.select(
        pl.all().exclude("emotion", "moment", "is_face", "box_is_part"),
        moment=pl.col("frame"),
        is_face=is_face,
        box_is_part=pl.lit(value=False),
        emotion=pl.when(is_face).then(likely),
    ).select(pl.col(name).cast(kind) for name, kind in FACE_SCHEMA.items())


def largest_faces(rows: pl.DataFrame) -> pl.DataFrame:
    """Keep the largest face of each frame; without boxes, the first."""
    area = pl.col("box_w") * pl.col("box_h")
    return rows.sort(
        area, "face", descending=[True, False], nulls_last=True, maintain_order=True
    ).unique(["video", "moment"], keep="first", maintain_order=True)
