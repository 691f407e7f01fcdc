"""Faces that were out of sight for a moment, filled in from before and after."""

from typing import Final

import polars as pl

from vidfer.analysis.options import require_number
from vidfer.analysis.smoothing import most_likely
from vidfer.analysis.source import Source, by_batch, require_columns
from vidfer.emotions import EMOTIONS

# Numbers that belong to the frame, or are made new for a filled row.
_NOT_INTERPOLATED: Final = ("time_s", "covered_s", "confidence")

_NEXT: Final = "_next"


def fill_gaps(source: Source, *, gap_s: float = 0.5) -> pl.LazyFrame:
    """Add a row for each analysed frame in which a track was out of sight for a moment.

    Gaps are filled from the last sight of the track to the next one if these are no further
    apart than `gap_s`: numbers (probabilities, box, landmarks, quality) by linear
    interpolation over time, `emotion` and `confidence` from the probabilities, `usable` if
    both sights are, `face` and `box_source` null, for no detector saw it. The boolean
    column `filled` tells these rows; one replaces the row of a frame without a face. All
    others stay as they are. Rows stand by video, frame, face, filled ones last.

    Raises:
        SettingsError: `gap_s` is negative.
        UsageError: the source is no timeline.
    """
    require_number("gap_s", gap_s, least=0)
    return by_batch(source, lambda timeline: _fill_gaps(timeline, gap_s=gap_s))


def _fill_gaps(timeline: pl.LazyFrame, *, gap_s: float) -> pl.LazyFrame:
    require_columns(timeline, ("video", "frame", "time_s", "status", "track", "usable", *EMOTIONS))
    # Filling once more keeps the flags of before.
    flag = pl.col("filled") if "filled" in timeline.collect_schema() else pl.lit(False)
    schema = timeline.drop("filled", strict=False).collect_schema()
    filled = _filled_rows(timeline, schema, gap_s=gap_s)
    touched = filled.select("video", "frame", _touched=pl.lit(True)).unique()
    is_replaced = pl.col("track").is_null() & pl.col("_touched").fill_null(False)
    kept = (
        timeline.join(touched, on=["video", "frame"], how="left")
        .filter(~is_replaced)
        .select(*schema, filled=flag)
    )
    rows = pl.concat([kept, filled.with_columns(filled=pl.lit(True))])
    return rows.sort("video", "frame", "face", "track", nulls_last=True)


def _filled_rows(timeline: pl.LazyFrame, schema: pl.Schema, *, gap_s: float) -> pl.LazyFrame:
    """Return the new rows, with the columns of `schema`."""
    numbers = [n for n, t in schema.items() if t.is_float() and n not in _NOT_INTERPOLATED]
    per_frame = [n for n in ("frame", "time_s", "covered_s") if n in schema]
    frames = (
        timeline.select("video", *per_frame)
        .unique(["video", "frame"])
        .sort("video", "frame")
        .with_columns(place=pl.int_range(pl.len()).over("video"))
    )
    part = (pl.col("time_s") - pl.col("from_s")) / (pl.col("to_s") - pl.col("from_s"))
    between = _gaps(timeline, frames, numbers, gap_s=gap_s).join(frames, on=["video", "place"])
    made = between.with_columns(
        pl.lit("ok").alias("status"),
        *(pl.col(n) + part * (pl.col(n + _NEXT) - pl.col(n)) for n in numbers),
    ).with_columns(most_likely(EMOTIONS, ""))
    known = {"video", *per_frame, *numbers, "status", "track", "usable", "emotion", "confidence"}
    values = [pl.col(n) if n in known else pl.lit(None).alias(n) for n in schema]
    return made.select(values).cast(schema)


def _gaps(
    timeline: pl.LazyFrame, frames: pl.LazyFrame, numbers: list[str], *, gap_s: float
) -> pl.LazyFrame:
    """Return a row per track and frame to be filled, with what was seen before and after it.

    `place` is the frame's place in its video; `from_s` and `to_s` are the times of the
    sights around it, whose numbers stand in the columns and in those named `_next`.
    """
    after = pl.col("place", "time_s", "usable", *numbers).shift(-1).over("video", "track")
    places = pl.int_ranges(pl.col("place") + 1, "place" + _NEXT)
    return (
        timeline.filter(pl.col("track").is_not_null())
        .select("video", "frame", "time_s", "track", "usable", *numbers)
        .join(frames.select("video", "frame", "place"), on=["video", "frame"])
        .sort("video", "track", "frame")
        .with_columns(after.name.suffix(_NEXT))
        .filter(
            pl.col("place" + _NEXT) - pl.col("place") > 1,
            pl.col("time_s" + _NEXT) - pl.col("time_s") <= gap_s,
        )
        .with_columns(place=places, usable=pl.col("usable") & pl.col("usable" + _NEXT))
        .rename({"time_s": "from_s", "time_s" + _NEXT: "to_s"})
        .drop("frame")
        .explode("place")
    )
