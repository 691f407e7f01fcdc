"""Groups of videos as one: sums added up, with intervals over people or videos."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from vidfer.analysis.resampling import interval_of_means
from vidfer.analysis.summary_columns import INTERVAL_COLUMNS, summary_of
from vidfer.analysis.sums import ADDITIVE, MOST_COLUMNS, ONSET_COLUMNS, SUM_COLUMNS


@dataclass(frozen=True, kw_only=True)
class Resampling:
    """How intervals are made: `person` is the column that tells people apart, if any does."""

    person: str | None
    confidence: float
    resamples: int
    seed: int


def pooled(sums: pl.DataFrame, keys: list[str], resampling: Resampling) -> pl.DataFrame:
    """Return a summary with a row per combination of `keys`, or one row if there are none.

    `sums` has `video`, the keys, the person's column, and the columns of `sums.sums_of`.
    First onsets are means over the rows of `sums` in which there is one.
    """
    person = resampling.person
    # A video of which nobody said who is in it stands for a person of its own.
    someone = pl.col("video") if person is None else pl.coalesce(pl.col(person), "video")
    n_people = pl.lit(None) if person is None else pl.col("_person").filter(_seen()).n_unique()
    named = sums.with_columns(_person=someone, _all=pl.lit(0))
    columns = ["_all", *keys]
    totals = (
        named.group_by(columns)
        .agg(
            pl.col(*ADDITIVE, "n_tracks").sum(),
            pl.col(ONSET_COLUMNS).mean(),
            pl.col("video").filter(_seen()).n_unique().alias("n_videos"),
            n_people.alias("n_people"),
        )
        .sort(columns)
        .with_row_index("_row")
    )
    people = (
        named.join(totals.select("_row", *columns), on=columns, nulls_equal=True)
        .group_by("_row", "_person")
        .agg(pl.col("weight_s", *SUM_COLUMNS, *MOST_COLUMNS).sum())
        .sort("_row", "_person")
    )
    return summary_of(pl.concat([totals, _intervals(people, resampling)], how="horizontal"), keys)


def _seen() -> pl.Expr:
    return pl.col("analysed_s") > 0


def _intervals(people: pl.DataFrame, resampling: Resampling) -> pl.DataFrame:
    """Return INTERVAL_COLUMNS, a row per `_row` of `people`, in their order."""
    weights = people["weight_s"].to_numpy()
    sums = people.select(*SUM_COLUMNS, *MOST_COLUMNS).to_numpy()
    starts = np.flatnonzero(np.diff(people["_row"].to_numpy(), prepend=-1))
    rows = [
        _interval(sums[one], weights[one], resampling)
        for one in map(slice, starts, [*starts[1:], len(weights)])
    ]
    return pl.DataFrame(rows, schema=dict.fromkeys(INTERVAL_COLUMNS, pl.Float64), orient="row")


def _interval(sums: np.ndarray, weights: np.ndarray, resampling: Resampling) -> list[float | None]:
    found = interval_of_means(
        sums,
        weights,
        confidence=resampling.confidence,
        resamples=resampling.resamples,
        seed=resampling.seed,
    )
    if found is None:
        return [None] * len(INTERVAL_COLUMNS)
    return [float(value) for value in np.column_stack(found).ravel()]
