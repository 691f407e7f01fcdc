"""From sums to the columns of a summary."""

from typing import Final

import polars as pl

from vidfer.analysis.sums import DWELL_COLUMNS, MOST_COLUMNS, ONSET_COLUMNS, SUM_COLUMNS
from vidfer.emotions import EMOTIONS

MEAN_COLUMNS: Final = tuple(f"mean_{name}" for name in EMOTIONS)
SHARE_COLUMNS: Final = tuple(f"share_{name}" for name in EMOTIONS)

# What has an interval where there are people or videos to resample.
ESTIMATES: Final = (*MEAN_COLUMNS, *SHARE_COLUMNS)
INTERVAL_COLUMNS: Final = tuple(f"{name}_{end}" for name in ESTIMATES for end in ("low", "high"))

COUNT_COLUMNS: Final = ("n_videos", "n_people", "n_tracks")
TIME_COLUMNS: Final = ("analysed_s", "face_s", "usable_s", "usable_share", "weight_s")

SUMMARY_COLUMNS: Final = (
    *COUNT_COLUMNS,
    *TIME_COLUMNS,
    "entropy",
    *MEAN_COLUMNS,
    *SHARE_COLUMNS,
    *DWELL_COLUMNS,
    *ONSET_COLUMNS,
    *INTERVAL_COLUMNS,
)


def summary_of(sums: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """Return `keys` and SUMMARY_COLUMNS.

    `sums` has the columns of `sums.sums_of`, the counts of COUNT_COLUMNS, and the columns
    of INTERVAL_COLUMNS where they are known. Where no face counts, there are nulls.
    """
    weight = pl.col("weight_s")
    some = pl.when(weight > 0)
    missing = [name for name in INTERVAL_COLUMNS if name not in sums.columns]
    return (
        sums.with_columns(
            *(some.then(pl.col(s) / weight).alias(m) for m, s in zip(MEAN_COLUMNS, SUM_COLUMNS)),
            *(some.then(pl.col(s) / weight).alias(m) for m, s in zip(SHARE_COLUMNS, MOST_COLUMNS)),
            *(some.then(pl.col(name)).alias(name) for name in DWELL_COLUMNS),
            *(pl.lit(None, dtype=pl.Float64).alias(name) for name in missing),
            pl.when(pl.col("analysed_s") > 0)
            .then(pl.col("usable_s") / pl.col("analysed_s"))
            .alias("usable_share"),
        )
        .with_columns(entropy=some.then(_entropy()))
        .select(*keys, *(pl.col(name).cast(_type_of(name)) for name in SUMMARY_COLUMNS))
    )


def _type_of(name: str) -> type[pl.DataType]:
    return pl.UInt32 if name in COUNT_COLUMNS else pl.Float64


def _entropy() -> pl.Expr:
    """Return Shannon's entropy of the seven shares in bits, 0 (one only) to 2.81 (all alike)."""
    parts = [
        pl.when(pl.col(name) > 0).then(-pl.col(name) * pl.col(name).log(2)).otherwise(0.0)
        for name in SHARE_COLUMNS
    ]
    return pl.sum_horizontal(parts)
