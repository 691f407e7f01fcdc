"""How much time a frame stands for."""

from typing import Final

import polars as pl

from vidfer.analysis.source import Source, by_batch, require_columns

# A frame stands for no more than this many median spacings: what follows a longer one is
# a hole (a damaged stretch, a paused recording), of which the frame knows nothing.
LONGEST_SPACINGS: Final = 3.0

# What the only frame of a video stands for, as nothing tells its rate: one of 25 a second.
LONE_FRAME_S: Final = 0.04


def with_covered_s(source: Source) -> pl.LazyFrame:
    """Add `covered_s`, float64: the seconds that the row's frame stands for.

    That is the time until the video's next frame in the timeline, but at most three times
    the video's median spacing; the last frame stands for the median, and the only frame of
    a video for 0.04 s. All rows of a frame have the same value. A timeline that has the
    column keeps it, so that it can be added before rows are left out.

    Raises:
        UsageError: the source is no timeline.
    """
    return by_batch(source, _with_covered_s)


def _with_covered_s(timeline: pl.LazyFrame) -> pl.LazyFrame:
    require_columns(timeline, ("video", "frame", "time_s"))
    if "covered_s" in timeline.collect_schema():
        return timeline
    covered = covered_frames(timeline).select("video", "frame", "covered_s")
    return timeline.join(covered, on=["video", "frame"], how="left", maintain_order="left")


def covered_frames(timeline: pl.LazyFrame) -> pl.LazyFrame:
    """Return `video`, `frame`, `time_s`, `covered_s` of each frame, in order, one row each."""
    spacing = pl.col("time_s").shift(-1).over("video") - pl.col("time_s")
    # Frames with the same time stamp say nothing about the rate.
    median = pl.col("covered_s").filter(pl.col("covered_s") > 0).median().over("video")
    usual = median.fill_null(LONE_FRAME_S)
    return (
        timeline.select("video", "frame", "time_s")
        .unique(["video", "frame"], keep="any")
        .sort("video", "frame")
        .with_columns(covered_s=spacing)
        .with_columns(
            covered_s=pl.min_horizontal(
                pl.col("covered_s").fill_null(usual), usual * LONGEST_SPACINGS
            )
        )
    )
