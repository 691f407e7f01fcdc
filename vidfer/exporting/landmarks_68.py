"""The 68 points that OpenFace and py-feat fit to a face: three of them are vidfer's."""

from typing import Final

import polars as pl

_POINTS: Final = 68

# Tip of the nose and corners of the mouth. The eyes have corners and lids there, but no
# centre.
_KNOWN: Final = {30: "nose", 48: "mouth_left", 54: "mouth_right"}


def landmark_columns(*, decimals: int | None = None) -> list[pl.Expr]:
    """Return columns x_0 to x_67, y_0 to y_67, pixels; null but for the three."""
    return [_column(axis, point, decimals) for axis in "xy" for point in range(_POINTS)]


def _column(axis: str, point: int, decimals: int | None) -> pl.Expr:
    if point not in _KNOWN:
        return pl.lit(None, dtype=pl.Float64).alias(f"{axis}_{point}")
    value = pl.col(f"{_KNOWN[point]}_{axis}")
    rounded = value if decimals is None else value.cast(pl.Float64).round(decimals)
    return rounded.alias(f"{axis}_{point}")
