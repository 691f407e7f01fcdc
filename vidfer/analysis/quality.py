"""The quality gate once more, with other limits than when the videos were analysed."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from vidfer.analysis.options import require_number
from vidfer.analysis.source import Source, by_batch, require_columns
from vidfer.config import AnalyzeSettings
from vidfer.emotions import EMOTIONS
from vidfer.errors import SettingsError

_DEFAULTS: Final = AnalyzeSettings()

_COLUMNS: Final = ("box_w", "box_h", "sharpness", "brightness", "yaw_deg", "face_score")


@dataclass(frozen=True, kw_only=True)
class _Limits:
    """The options of `gate`, checked."""

    min_face_px: float
    min_sharpness: float
    min_brightness: float
    max_brightness: float
    max_yaw_deg: float
    min_face_score: float
    min_margin: float

    def __post_init__(self) -> None:
        for name in ("min_face_px", "min_sharpness", "max_yaw_deg"):
            require_number(name, getattr(self, name), least=0)
        for name in ("min_brightness", "max_brightness", "min_face_score", "min_margin"):
            require_number(name, getattr(self, name), least=0, most=1)
        if self.max_brightness < self.min_brightness:
            raise SettingsError(
                f"max_brightness ({self.max_brightness}) must not be below min_brightness "
                f"({self.min_brightness})."
            )


def gate(
    source: Source,
    *,
    min_face_px: float = _DEFAULTS.usable_face_px,
    min_sharpness: float = _DEFAULTS.usable_sharpness,
    min_brightness: float = _DEFAULTS.usable_brightness_min,
    max_brightness: float = _DEFAULTS.usable_brightness_max,
    max_yaw_deg: float = _DEFAULTS.usable_yaw_deg,
    min_face_score: float = 0.0,
    min_margin: float = 0.0,
) -> pl.LazyFrame:
    """Replace `usable`: whether a face passes all of the limits; null without a face.

    The limits are the longer side of the box in pixels, the column `sharpness`, the
    column `brightness` from below and above, the size of `yaw_deg`, `face_score`, and the
    margin by which the most likely emotion is ahead of the next, 0 to 1. Defaults are
    those of `analyze`, where the last two do not count. A limit is passed by reaching it.

    Raises:
        SettingsError: a limit is outside its range.
        UsageError: the source is no timeline.
    """
    limits = _Limits(
        min_face_px=min_face_px,
        min_sharpness=min_sharpness,
        min_brightness=min_brightness,
        max_brightness=max_brightness,
        max_yaw_deg=max_yaw_deg,
        min_face_score=min_face_score,
        min_margin=min_margin,
    )

    def work(timeline: pl.LazyFrame) -> pl.LazyFrame:
        require_columns(timeline, (*_COLUMNS, *EMOTIONS))
        return timeline.with_columns(usable=_passes(limits))

    return by_batch(source, work)


def margin() -> pl.Expr:
    """Return how far the most likely emotion is ahead of the next, float32; null without a face."""
    ranked = pl.concat_list(EMOTIONS).list.sort(descending=True)
    return ranked.list.get(0) - ranked.list.get(1)


def _passes(limits: _Limits) -> pl.Expr:
    """Compare as the timeline keeps its numbers: float32, in which 0.12 is another number."""

    def limit(value: float) -> pl.Expr:
        return pl.lit(value, dtype=pl.Float32)

    return (
        (pl.max_horizontal("box_w", "box_h") >= limit(limits.min_face_px))
        & (pl.col("sharpness") >= limit(limits.min_sharpness))
        & (pl.col("brightness") >= limit(limits.min_brightness))
        & (pl.col("brightness") <= limit(limits.max_brightness))
        & (pl.col("yaw_deg").abs() <= limit(limits.max_yaw_deg))
        & (pl.col("face_score") >= limit(limits.min_face_score))
        & (margin() >= limit(limits.min_margin))
    )
