"""As many points of a video as a page can hold."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from vidfer.emotions import EMOTIONS

# 20 minutes of one face at 25 frames a second as they are; longer ones in stretches.
MOST_POINTS: Final = 30_000
# The longest stay; each may add a point.
MOST_TRACKS: Final = 2000

# Keeps a frame at the border of two stretches out of the earlier one.
_ROUNDING: Final = 1e-9

SMOOTH: Final = tuple(f"{name}_smooth" for name in EMOTIONS)
LOW: Final = tuple(f"{name}_low" for name in EMOTIONS)
HIGH: Final = tuple(f"{name}_high" for name in EMOTIONS)
BOX: Final = ("box_x", "box_y", "box_w", "box_h")

# What `thin` needs of a timeline.
POINT_COLUMNS: Final = (
    *("track", "time_s", "covered_s", "face_score", "usable"),
    *BOX,
    *EMOTIONS,
    *SMOOTH,
)


@dataclass(frozen=True, kw_only=True)
class Points:
    """What a page draws of a video.

    Attributes:
        table: one row per face and frame, or per track and stretch, sorted by track and
            time: `track`, `start_s` and `hold_s` (from when and how long it holds), the
            probabilities, `*_smooth`, the box, `face_score`, `usable`; with stretches
            also `*_low` and `*_high`, the least and the largest probability in each.
        stretch_s: the length of a stretch; 0 where every row of the timeline is there.
        tracks_left_out: short tracks that are not in the table.
    """

    table: pl.DataFrame
    stretch_s: float
    tracks_left_out: int


def thin(
    faces: pl.LazyFrame, *, most_points: int = MOST_POINTS, most_tracks: int = MOST_TRACKS
) -> Points:
    """Return the faces of one video, thinned only if they are too many.

    A stretch holds the means of its probabilities, their least and largest values, and the
    box of its middle row: boxes are not averaged, so that each stood there once.

    Args:
        faces: rows with a face of one video, with `covered_s` and `*_smooth`.
        most_points: rows that a page can hold; each track may add one.
        most_tracks: tracks that a page can hold.
    """
    sizes = (
        faces.group_by("track")
        .agg(pl.len().alias("rows"), pl.col("covered_s").sum())
        .sort("rows", "track", descending=[True, False])
        .collect(engine="streaming")
    )
    kept = sizes.head(most_tracks)
    if kept.height < sizes.height:
        faces = faces.filter(pl.col("track").is_in(kept["track"].implode()))
    left_out = sizes.height - kept.height
    rows = int(kept["rows"].sum())
    if rows <= most_points:
        return Points(table=_every_row(faces), stretch_s=0.0, tracks_left_out=left_out)
    stretch_s = max(float(kept["covered_s"].sum()) / most_points, 1e-3)
    return Points(table=_stretches(faces, stretch_s), stretch_s=stretch_s, tracks_left_out=left_out)


def _every_row(faces: pl.LazyFrame) -> pl.DataFrame:
    return (
        faces.select(
            "track",
            pl.col("time_s").alias("start_s"),
            pl.col("covered_s").alias("hold_s"),
            *EMOTIONS,
            *SMOOTH,
            *BOX,
            "face_score",
            "usable",
        )
        .sort("track", "start_s")
        .collect()
    )


def _stretches(faces: pl.LazyFrame, stretch_s: float) -> pl.DataFrame:
    middle = pl.len() // 2
    return (
        faces.sort("track", "time_s")
        .group_by("track", (pl.col("time_s") / stretch_s + _ROUNDING).floor().alias("stretch"))
        .agg(
            *(pl.col(name).mean() for name in (*EMOTIONS, *SMOOTH)),
            *(pl.col(name).min().alias(low) for name, low in zip(EMOTIONS, LOW)),
            *(pl.col(name).max().alias(high) for name, high in zip(EMOTIONS, HIGH)),
            *(pl.col(name).get(middle) for name in (*BOX, "face_score")),
            pl.col("usable").mean() >= 0.5,  # noqa: PLR2004  (the greater part)
        )
        .with_columns(start_s=pl.col("stretch") * stretch_s, hold_s=pl.lit(stretch_s, pl.Float64))
        .drop("stretch")
        .sort("track", "start_s")
        .collect(engine="streaming")
    )
