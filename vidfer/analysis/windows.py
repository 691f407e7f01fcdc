"""Stretches of time to summarise by: windows of one length, and events."""

from typing import Final

import polars as pl

# Less than this of a frame in a stretch comes from the last digits of its ends.
_ROUNDING_S: Final = 1e-9


def windows_of(frames: pl.DataFrame, *, window_s: float) -> pl.DataFrame:
    """Return `video`, `start_s`, `end_s` of the windows that frames fall into, from time 0.

    `frames` has `video`, `time_s` and `covered_s`, as `coverage.covered_frames` gives them.
    """
    return (
        frames.group_by("video", maintain_order=True)
        .agg((pl.col("time_s") + pl.col("covered_s")).max().alias("last_s"))
        .with_columns(number=pl.int_ranges((pl.col("last_s") / window_s).ceil().cast(pl.Int64)))
        .explode("number")
        .drop_nulls("number")
        .select(
            "video",
            start_s=pl.col("number") * float(window_s),
            end_s=(pl.col("number") + 1) * float(window_s),
        )
    )


def events_of(frames: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """Return the events of the videos of `frames`; one without a video becomes one of each."""
    videos = frames.select("video").unique(maintain_order=True)
    names = videos["video"].cast(pl.String)
    own = events.filter(pl.col("video").is_in(names.implode())).cast(
        {"video": videos.schema["video"]}
    )
    common = events.filter(pl.col("video").is_null()).drop("video")
    everywhere = videos.join(common, how="cross").select(events.columns)
    return pl.concat([own, everywhere]).sort("video", "start_s", "end_s", maintain_order=True)


def frames_within(frames: pl.DataFrame, stretches: pl.DataFrame) -> pl.DataFrame:
    """Return each frame within each stretch: `stretch`, `video`, `frame`, `start_s`, `weight_s`.

    `frames` has `video`, `frame`, `time_s`, `covered_s` in order, without overlap.
    `stretches` has `stretch`, `video`, `start_s`, `end_s`; they may overlap. `weight_s` is
    how long the frame lies within the stretch: a frame at its edge counts in part.
    """
    placed = frames.with_columns(
        end_frame_s=pl.col("time_s") + pl.col("covered_s"),
        place=pl.int_range(pl.len()).over("video"),
    )
    overlap_s = pl.min_horizontal("end_frame_s", "end_s") - pl.max_horizontal("time_s", "start_s")
    return (
        stretches.select("stretch", "video", "start_s", "end_s")
        .join(_bounds(placed, stretches), on="stretch")
        .with_columns(place=pl.int_ranges("first", pl.col("last") + 1))
        .explode("place")
        .join(placed, on=["video", "place"], how="inner")
        .with_columns(weight_s=overlap_s)
        .filter(pl.col("weight_s") > _ROUNDING_S)
        .select("stretch", "video", "frame", "start_s", "weight_s")
    )


def _bounds(placed: pl.DataFrame, stretches: pl.DataFrame) -> pl.DataFrame:
    """Return the places of the `first` and the `last` frame that each stretch touches."""
    by_start, by_end = stretches.sort("start_s"), stretches.sort("end_s")
    first = by_start.join_asof(
        placed.select("video", "end_frame_s", first="place").sort("end_frame_s"),
        left_on="start_s",
        right_on="end_frame_s",
        by="video",
        strategy="forward",
        allow_exact_matches=False,
        check_sortedness=False,
    )
    last = by_end.join_asof(
        placed.select("video", "time_s", last="place").sort("time_s"),
        left_on="end_s",
        right_on="time_s",
        by="video",
        strategy="backward",
        allow_exact_matches=False,
        check_sortedness=False,
    )
    found = first.select("stretch", "first").join(last.select("stretch", "last"), on="stretch")
    return found.filter(pl.col("first") <= pl.col("last"))
