"""Stretches of an emotion: when it began, how long it lasted, how strong it was."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from vidfer.analysis.coverage import with_covered_s
from vidfer.analysis.options import require_number
from vidfer.analysis.smoothing import SMOOTH_COLUMNS, smooth
from vidfer.analysis.source import Source, by_batch, require_columns
from vidfer.emotions import EMOTIONS
from vidfer.errors import SettingsError

# Wide enough to calm single frames down, narrow enough to leave a smile of a second.
DEFAULT_SMOOTH_S: Final = 1.0

RAW_COLUMNS: Final = tuple(f"{name}_raw" for name in EMOTIONS)

# Sums of floating-point times differ in their last digits.
_ROUNDING_S: Final = 1e-6

EPISODE_SCHEMA: Final = pl.Schema(
    {
        "video": pl.String(),
        "track": pl.Int32(),
        "emotion": pl.String(),
        "onset_s": pl.Float64(),
        "offset_s": pl.Float64(),
        "duration_s": pl.Float64(),
        "peak_s": pl.Float64(),
        "peak": pl.Float64(),
        "mean": pl.Float64(),
        "frames": pl.UInt32(),
    }
)


@dataclass(frozen=True, kw_only=True)
class EpisodeRule:
    """What makes an episode; the fields are the options of `episodes`.

    Raises:
        SettingsError: a value is outside its range, or `leave` is above `enter`.
    """

    enter: float = 0.5
    leave: float = 0.35
    min_duration_s: float = 0.3
    merge_gap_s: float = 0.3
    smooth_s: float = DEFAULT_SMOOTH_S
    usable_only: bool = True

    def __post_init__(self) -> None:
        for name in ("enter", "leave"):
            require_number(name, getattr(self, name), least=0, most=1)
        for name in ("min_duration_s", "merge_gap_s", "smooth_s"):
            require_number(name, getattr(self, name), least=0)
        if self.leave > self.enter:
            raise SettingsError(f"leave ({self.leave}) must not be above enter ({self.enter}).")


def episodes(
    source: Source,
    *,
    enter: float = 0.5,
    leave: float = 0.35,
    min_duration_s: float = 0.3,
    merge_gap_s: float = 0.3,
    smooth_s: float = DEFAULT_SMOOTH_S,
    usable_only: bool = True,
) -> pl.LazyFrame:
    """Return a row per stretch of an emotion of a track, by video, track, onset.

    An emotion is on from the first frame where its probability, smoothed over `smooth_s`
    (0: as it is), reaches `enter`, until it falls below `leave`. Stretches of the same
    emotion no further apart than `merge_gap_s` become one, then those shorter than
    `min_duration_s` are left out. A face that is out of sight, or not usable unless
    `usable_only` is off, for longer than `merge_gap_s` ends its episodes. Two emotions of
    a face may overlap if `leave` is below 0.5.

    Columns: `video`, `track`, `emotion`; `onset_s`, `offset_s` (the end of its last
    frame), `duration_s`; `peak_s` and `peak`, when the smoothed probability was largest and
    how large; `mean`, over the time it lasted; `frames`, in which the face was seen.

    Raises:
        SettingsError: an option is outside its range.
        UsageError: the source is no timeline.
    """
    rule = EpisodeRule(
        enter=enter,
        leave=leave,
        min_duration_s=min_duration_s,
        merge_gap_s=merge_gap_s,
        smooth_s=smooth_s,
        usable_only=usable_only,
    )

    def work(timeline: pl.LazyFrame) -> pl.LazyFrame:
        found = episode_rows(seen_faces(timeline, rule), rule)
        return found.select(EPISODE_SCHEMA.names()).cast(EPISODE_SCHEMA)

    return by_batch(source, work)


def seen_faces(timeline: pl.LazyFrame, rule: EpisodeRule) -> pl.LazyFrame:
    """Return the rows that episodes are made of, by video, track, time, numbered by `row`.

    Columns: `row` u32, `video`, `frame`, `track`, `time_s`, `covered_s`, the probabilities,
    smoothed as the rule says, as they were in `angry_raw` to `neutral_raw`, and `stretch`
    u32, which rises where the track changes or was out of sight for longer than the rule's
    `merge_gap_s`.
    """
    require_columns(timeline, ("video", "frame", "time_s", "track", "usable", *EMOTIONS))
    covered = with_covered_s(timeline).with_columns(pl.col(EMOTIONS).name.suffix("_raw"))
    if rule.smooth_s > 0:
        covered = smooth(covered, window_s=rule.smooth_s, usable_only=rule.usable_only)
        covered = covered.with_columns(pl.col(s).alias(e) for e, s in zip(EMOTIONS, SMOOTH_COLUMNS))
    end_before_s = (pl.col("time_s") + pl.col("covered_s")).shift(1)
    is_new = (
        (pl.col("video") != pl.col("video").shift(1))
        | (pl.col("track") != pl.col("track").shift(1))
        | (pl.col("time_s") - end_before_s > rule.merge_gap_s + _ROUNDING_S)
    )
    return (
        covered.filter(pl.col("track").is_not_null() & (pl.col("usable") | (not rule.usable_only)))
        .select("video", "frame", "track", "time_s", "covered_s", *EMOTIONS, *RAW_COLUMNS)
        .sort("video", "track", "time_s")
        .with_columns(stretch=is_new.fill_null(True).cum_sum().cast(pl.UInt32))
        .with_row_index("row")
    )


def episode_rows(faces: pl.LazyFrame, rule: EpisodeRule) -> pl.LazyFrame:
    """Return EPISODE_SCHEMA's columns, and `first_row`, `last_row`: numbers of `seen_faces`."""
    found = [_episodes_of(emotion, faces, rule) for emotion in EMOTIONS]
    return pl.concat(found).sort("video", "track", "onset_s", "emotion")


def _episodes_of(emotion: str, faces: pl.LazyFrame, rule: EpisodeRule) -> pl.LazyFrame:
    """Return one emotion's episodes: runs of rows, then runs of runs."""
    starts = _rises(pl.col("stretch"))
    switch = (
        pl.when(pl.col(emotion) >= rule.enter)
        .then(True)
        .when(starts | (pl.col(emotion) < rule.leave))
        .then(False)
    )
    runs = (
        faces.with_columns(on=switch.forward_fill())
        .with_columns(run=(starts | _rises(pl.col("on"))).cum_sum())
        .group_by("run")
        .agg(*_sums_of(emotion))
        .sort("run")
    )
    return _merged(runs, rule).select(
        *("video", "track", "onset_s", "offset_s", "peak_s", "peak", "frames"),
        *("first_row", "last_row"),
        emotion=pl.lit(emotion),
        duration_s=pl.col("offset_s") - pl.col("onset_s"),
        mean=pl.when(pl.col("weight_s") > 0)
        .then(pl.col("weighed") / pl.col("weight_s"))
        .otherwise("peak"),
    )


def _rises(column: pl.Expr) -> pl.Expr:
    """Tell where a column differs from the row before; true for the first row."""
    return (column != column.shift(1)).fill_null(True)


def _sums_of(emotion: str) -> list[pl.Expr]:
    value = pl.col(emotion).cast(pl.Float64)
    return [
        pl.col("video", "track", "stretch", "on").first(),
        pl.col("time_s").first().alias("onset_s"),
        (pl.col("time_s") + pl.col("covered_s")).last().alias("offset_s"),
        (value * pl.col("covered_s")).sum().alias("weighed"),
        pl.col("covered_s").sum().alias("weight_s"),
        value.max().alias("peak"),
        pl.col("time_s").get(value.arg_max()).alias("peak_s"),
        pl.len().alias("frames"),
        pl.col("row").first().alias("first_row"),
        pl.col("row").last().alias("last_row"),
    ]


def _merged(runs: pl.LazyFrame, rule: EpisodeRule) -> pl.LazyFrame:
    """Join runs that are on with short ones between them, and leave out what stays short."""
    before, after = pl.col("stretch").shift(1), pl.col("stretch").shift(-1)
    gap_s = pl.col("onset_s").shift(-1) - pl.col("offset_s").shift(1)
    # Within a stretch, the runs beside one that is off are on.
    is_gap = (before == pl.col("stretch")) & (after == pl.col("stretch"))
    bridges = is_gap & (gap_s <= rule.merge_gap_s + _ROUNDING_S)
    follows = (pl.col("run") == pl.col("run").shift(1) + 1) & ~_rises(pl.col("stretch"))
    return (
        runs.filter(pl.col("on") | bridges.fill_null(False))
        .with_columns(episode=(~follows.fill_null(False)).cum_sum())
        .group_by("episode")
        .agg(
            pl.col("video", "track", "onset_s", "first_row").first(),
            pl.col("offset_s", "last_row").last(),
            pl.col("weighed", "weight_s", "frames").sum(),
            pl.col("peak").max(),
            pl.col("peak_s").get(pl.col("peak").arg_max()),
        )
        .filter(pl.col("offset_s") - pl.col("onset_s") >= rule.min_duration_s - _ROUNDING_S)
        .sort("episode")
    )
