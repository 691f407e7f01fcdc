"""Means over time of a face's probabilities."""

from typing import Final

import numpy as np
import polars as pl

from vidfer.analysis.coverage import with_covered_s
from vidfer.analysis.options import require_number
from vidfer.analysis.source import Source, by_batch, require_columns
from vidfer.emotions import EMOTIONS

# The best width on Aff-Wild2's validation set, 101 frames at 30 a second: 0.542 of the
# frames right instead of 0.495; 51 frames gave 0.535 (EmotiEffLib's ABAW notebook).
BEST_WINDOW_S: Final = 3.4

SMOOTH_COLUMNS: Final = tuple(f"{name}_smooth" for name in EMOTIONS)

# Keeps frames that share a time stamp, and so stand for no time, from weighing nothing.
_LEAST_S: Final = 1e-9
_US_PER_S: Final = 1e6


def smooth(
    source: Source, *, window_s: float = BEST_WINDOW_S, usable_only: bool = False
) -> pl.LazyFrame:
    """Add smoothed probabilities: `angry_smooth` to `neutral_smooth`, float32.

    Each is the mean over the rows of the same track whose time lies within half of
    `window_s` to either side, both ends included, weighted by the time that their frames
    stand for. `emotion_smooth` is the most likely one and `confidence_smooth` its value.
    Raw columns stay. With `usable_only` the mean is taken over usable rows, and is null
    where there are none. Rows without a face keep nulls.

    Raises:
        SettingsError: `window_s` is not above 0.
        UsageError: the source is no timeline.
    """
    require_number("window_s", window_s, above=0)

    def work(timeline: pl.LazyFrame) -> pl.LazyFrame:
        return _smooth(timeline, window_s=window_s, usable_only=usable_only)

    return by_batch(source, work)


def _smooth(timeline: pl.LazyFrame, *, window_s: float, usable_only: bool) -> pl.LazyFrame:
    require_columns(timeline, ("video", "frame", "time_s", "track", "usable", *EMOTIONS))
    made = (*SMOOTH_COLUMNS, "emotion_smooth", "confidence_smooth")
    kept = [name for name in timeline.collect_schema() if name not in made]
    weight = pl.max_horizontal("covered_s", pl.lit(_LEAST_S))
    counts = pl.col("usable") if usable_only else pl.lit(True)
    weighed = with_covered_s(timeline.select(kept)).with_columns(
        _weight=pl.when(counts).then(weight).otherwise(0.0)
    )
    means = weighed.map_batches(
        lambda frame: frame.with_columns(_box_means(frame, window_s)),
        # Rows or columns that are not asked for still count in the means of others.
        predicate_pushdown=False,
        projection_pushdown=False,
        slice_pushdown=False,
        schema={**weighed.collect_schema(), **dict.fromkeys(SMOOTH_COLUMNS, pl.Float32())},
    )
    return means.select(*kept, *SMOOTH_COLUMNS).with_columns(most_likely(SMOOTH_COLUMNS, "_smooth"))


def most_likely(columns: tuple[str, ...], suffix: str) -> list[pl.Expr]:
    """Return `emotion` and `confidence`, with a suffix: the largest of seven probabilities.

    `columns` hold the probabilities in the order of EMOTIONS; the first of equals wins.
    """
    best = pl.concat_list(columns).list.arg_max()
    names = dict(enumerate(EMOTIONS))
    return [
        best.replace_strict(names, return_dtype=pl.String).alias(f"emotion{suffix}"),
        pl.max_horizontal(columns).alias(f"confidence{suffix}"),
    ]


def _box_means(frame: pl.DataFrame, window_s: float) -> list[pl.Series]:
    """Return the smoothed columns; nulls where there is no face or nothing to average."""
    faces = frame.select("video", "track", "time_s", "_weight", *EMOTIONS).with_row_index("_row")
    faces = faces.filter(pl.col("track").is_not_null()).sort("video", "track", "time_s")
    totals, weights = _window_sums(faces, window_s)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.where(weights > 0, totals / weights, np.nan).astype(np.float32)
    spread = np.full((len(EMOTIONS), frame.height), np.nan, dtype=np.float32)
    spread[:, faces["_row"].to_numpy()] = means
    return [
        pl.Series(name, values, nan_to_null=True) for name, values in zip(SMOOTH_COLUMNS, spread)
    ]


def _window_sums(faces: pl.DataFrame, window_s: float) -> tuple[np.ndarray, np.ndarray]:
    """Return weighted sums of the probabilities (7, n) and of the weights (n,), float64.

    `faces` stand by video, track and time. Times are compared in whole microseconds: in
    floating point, a frame at the very end of a window would be in or out by chance.
    """
    weight = faces["_weight"].to_numpy()
    values = faces.select(EMOTIONS).to_numpy().T.astype(np.float64) * weight
    time_us = np.round(faces["time_s"].to_numpy() * _US_PER_S).astype(np.int64)
    if not len(time_us):
        return values, weight
    time_us -= time_us.min()
    half_us = min(round(window_s / 2 * _US_PER_S), int(time_us.max()))
    # One after the other on a single time axis, tracks stand further apart than a window.
    track = faces.select(pl.struct("video", "track").rle_id()).to_series().to_numpy()
    place = time_us + track.astype(np.int64) * (int(time_us.max()) + half_us + 1)
    first = np.searchsorted(place, place - half_us, side="left")
    end = np.searchsorted(place, place + half_us, side="right")
    sums = np.zeros((len(EMOTIONS) + 1, len(place) + 1))
    np.cumsum(np.vstack([values, weight]), axis=1, out=sums[:, 1:])
    within = sums[:, end] - sums[:, first]
    return within[:-1], within[-1]
