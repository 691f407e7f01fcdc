"""What is usual for a person, and how far each moment is from it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import polars as pl

from vidfer.analysis.attributes import match_attributes, read_attributes
from vidfer.analysis.coverage import with_covered_s
from vidfer.analysis.event_spans import (
    Events,
    events_by_video,
    events_of,
    inside,
    labelled,
    merged,
    video_names_of,
)
from vidfer.analysis.source import Source, by_batch, require_columns, timeline_of
from vidfer.checks import is_number
from vidfer.emotions import EMOTIONS
from vidfer.errors import SettingsError, UsageError

DEFAULT_STRETCH_S: Final = (0.0, 10.0)

_PER_CENT: Final = 100.0
_SUFFIX: Final = "_change"
_PERSON: Final = "_person"

# Rounding must not push a sum of weights that equals the percentile's below it.
_SLACK: Final = 1e-12


def subtract_baseline(
    source: Source,
    *,
    stretch_s: tuple[float, float] | None = None,
    events: Events | None = None,
    label: str | None = None,
    percentile: float | None = None,
    by: str = "track",
    attributes: pl.DataFrame | str | Path | None = None,
    usable_only: bool = True,
) -> pl.LazyFrame:
    """Add `angry_change`, ... `neutral_change`: probabilities minus the person's baseline.

    The baseline is one of three. `stretch_s`: the mean from one second of each video up to
    another, the first ten by default. `events` and `label`: the mean during the events of
    that label. `percentile`: the value below which the person's probability stays for that
    share of the time. Means and percentiles weigh rows by the time they cover, and take
    usable ones only, unless `usable_only` is false.

    `by` says who a person is: each `track` of a video, whoever is in a `video`, or a column
    of `attributes` (a table or file with a row per video), such as participant, or of the
    timeline itself, whose videos then share one baseline. Changes are null where there is
    no face, or no baseline: nothing usable in its time.

    Raises:
        UsageError: there is no timeline, or no such column, event or video.
        SettingsError: more than one baseline is asked for, or a value is out of range.
    """
    choice = _Choice(stretch_s=stretch_s, percentile=percentile, label=label)
    if (events is None) != (label is None):
        raise SettingsError("A baseline from events needs both events and label.")
    require_columns(timeline_of(source), ("video", "time_s", "track", "usable", *EMOTIONS))
    spans = None if events is None or label is None else _spans(source, events, label)
    find = partial(_baselines, choice=choice, spans=spans, usable_only=usable_only)
    if by in ("track", "video"):
        keys = ["video", "track"] if by == "track" else ["video"]
        return by_batch(source, lambda rows: _changes(rows, find(with_covered_s(rows), keys), keys))
    return _by_attribute(source, by, attributes, find)


@dataclass(frozen=True, kw_only=True)
class _Choice:
    """Which baseline: at most one of these, the first ten seconds if none."""

    stretch_s: tuple[float, float] | None
    percentile: float | None
    label: str | None

    def __post_init__(self) -> None:
        chosen = [self.stretch_s, self.percentile, self.label]
        if sum(one is not None for one in chosen) > 1:
            raise SettingsError("Choose one baseline: stretch_s, events with label, or percentile.")
        if self.percentile is not None and not (
            is_number(self.percentile) and 0 <= self.percentile <= _PER_CENT
        ):
            raise SettingsError(f"percentile must be from 0 to 100; got {self.percentile!r}.")
        if self.stretch_s is not None and not _is_stretch(self.stretch_s):
            raise SettingsError(
                f"stretch_s must be two times in seconds, the second later; got {self.stretch_s!r}."
            )

    @property
    def stretch(self) -> tuple[float, float]:
        return self.stretch_s or DEFAULT_STRETCH_S


def _is_stretch(value: object) -> bool:
    pair = value if isinstance(value, (tuple, list)) else ()
    return len(pair) == 2 and all(map(is_number, pair)) and pair[0] < pair[1]  # noqa: PLR2004


def _spans(source: Source, events: Events, label: str) -> pl.DataFrame:
    chosen = labelled(events_of(events), label)
    return merged(events_by_video(chosen, video_names_of(source)))


def _baselines(
    covered: pl.LazyFrame,
    keys: list[str],
    *,
    choice: _Choice,
    spans: pl.DataFrame | None,
    usable_only: bool,
) -> pl.LazyFrame:
    """Return the keys and each emotion's baseline, in columns of the emotions' names."""
    faces = (
        covered.filter("usable") if usable_only else covered.filter(pl.col("angry").is_not_null())
    )
    if choice.percentile is not None:
        share = choice.percentile / _PER_CENT
        return faces.group_by(keys).agg(_percentile(name, share) for name in EMOTIONS)
    if spans is not None:
        faces = inside(faces, spans)
    else:
        start_s, end_s = choice.stretch
        faces = faces.filter(pl.col("time_s") >= start_s, pl.col("time_s") < end_s)
    return faces.group_by(keys).agg(_mean(name) for name in EMOTIONS)


def _mean(name: str) -> pl.Expr:
    weights = pl.col("covered_s")
    return ((pl.col(name) * weights).sum() / weights.sum()).alias(name)


def _percentile(name: str, share: float) -> pl.Expr:
    """The least value that with all below it covers that share of the time."""
    weights = pl.col("covered_s").sort_by(name)
    enough = weights.cum_sum() >= weights.sum() * (share - _SLACK)
    return pl.col(name).sort().filter(enough).first().alias(name)


def _changes(rows: pl.LazyFrame, baselines: pl.LazyFrame, keys: list[str]) -> pl.LazyFrame:
    usual = {name: f"_usual_{name}" for name in EMOTIONS}
    return (
        rows.join(baselines.rename(usual), on=keys, how="left", maintain_order="left")
        .with_columns(
            (pl.col(name) - pl.col(usual[name])).cast(pl.Float32).alias(name + _SUFFIX)
            for name in EMOTIONS
        )
        .drop(usual.values())
    )


def _by_attribute(
    source: Source,
    by: str,
    attributes: pl.DataFrame | str | Path | None,
    find: Callable[[pl.LazyFrame, list[str]], pl.LazyFrame],
) -> pl.LazyFrame:
    timeline = timeline_of(source)
    if attributes is None:
        if by not in timeline.collect_schema():
            raise UsageError(
                f"The timeline has no column {by}: give attributes that have it, or by='track'."
            )
        return _changes(timeline, find(with_covered_s(source), [by]), [by])
    table = attributes if isinstance(attributes, pl.DataFrame) else read_attributes(attributes)
    if by not in table.columns:
        raise UsageError(
            f"The attributes have no column {by}: there are {', '.join(table.columns)}."
        )
    people = (
        match_attributes(table, video_names_of(source)).select("video", pl.col(by).alias(_PERSON))
    ).lazy()

    def known(rows: pl.LazyFrame) -> pl.LazyFrame:
        return rows.join(people, on="video", how="left", maintain_order="left")

    baselines = find(known(with_covered_s(source)), [_PERSON])
    return _changes(known(timeline), baselines, [_PERSON]).drop(_PERSON)
