"""What a comparison came to."""

import json
import math
from dataclasses import dataclass, fields
from functools import cached_property, reduce
from operator import add
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from vidfer.analysis.agreement import NO_TALLY, Tally, accuracy, closeness, kappa
from vidfer.analysis.agreement_intervals import Intervals, intervals_of
from vidfer.analysis.comparison_text import text_of
from vidfer.analysis.other_reading import Kind
from vidfer.analysis.table_files import check_table_path, write_table
from vidfer.atomic import replacing
from vidfer.emotions import EMOTIONS

_COUNTS = [field.name for field in fields(Tally) if field.name not in ("confusion", "moments")]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """How two readings of the same videos agree.

    kind: what the other one is. tallies: the counts of each video that both have, by its
    name. only_source, only_other: videos that only one has. ignored_labels: how many codes
    each label has that is no emotion. notes: sentences on what could not be compared.
    events: of codes, for each emotion, how many stretches were found again. confidence,
    resamples, seed: of the intervals.
    """

    kind: Kind
    tallies: dict[str, Tally]
    only_source: list[str]
    only_other: list[str]
    ignored_labels: dict[str, int]
    notes: list[str]
    events: dict[str, dict[str, Any]]
    confidence: float
    resamples: int
    seed: int

    @cached_property
    def total(self) -> Tally:
        """The counts of all videos."""
        return reduce(add, self.tallies.values(), NO_TALLY)

    @cached_property
    def intervals(self) -> Intervals | None:
        """Bootstrap intervals over videos; None with fewer than two that have pairs."""
        return intervals_of(
            list(self.tallies.values()),
            confidence=self.confidence,
            resamples=self.resamples,
            seed=self.seed,
        )

    def as_dict(self) -> dict[str, Any]:
        """Return everything for JSON; None where a figure is undefined."""
        total = figures_of(self.total) | {"confusion": self.total.confusion.tolist()}
        _add_intervals(total, self.intervals)
        return {
            "kind": self.kind,
            "videos": len(self.tallies),
            "confidence": self.confidence,
            "total": total,
            "events": self.events,
            "by_video": [
                {"video": video} | figures_of(tally) for video, tally in self.tallies.items()
            ],
            "only_source": self.only_source,
            "only_other": self.only_other,
            "ignored_labels": self.ignored_labels,
            "notes": self.notes,
        }

    def as_text(self) -> str:
        """Return tables to read."""
        return text_of(self.as_dict())

    def table(self) -> pl.DataFrame:
        """Return one row per video: counts, agreement, and each emotion's `icc_absolute_...`."""
        rows = [
            {"video": video, **_flat(figures_of(tally))} for video, tally in self.tallies.items()
        ]
        return pl.DataFrame(rows, infer_schema_length=None)

    def save(self, path: str | Path) -> None:
        """Write `table()` to .csv or .parquet, or everything to .json.

        Raises:
            UsageError: the path ends in something else, or its folder is not there.
            OutputError: it cannot be written.
        """
        path = Path(path)
        check_table_path(path)
        if path.suffix.casefold() != ".json":
            write_table(self.table(), path)
            return
        with replacing(path) as (temporary,):
            text = json.dumps(self.as_dict(), indent=2, ensure_ascii=False)
            temporary.write_text(text + "\n", encoding="utf-8")


def figures_of(tally: Tally) -> dict[str, Any]:
    """Return a tally's counts and figures; None where one is undefined."""
    close = closeness(tally.moments)
    presence = np.array([[tally.both, tally.only_other], [tally.only_source, tally.neither]])
    return {
        **{name: getattr(tally, name) for name in _COUNTS},
        "face_kappa": _number(kappa(presence)),
        "agreement": _number(accuracy(tally.confusion)),
        "kappa": _number(kappa(tally.confusion)),
        "emotions": {
            emotion: {
                field.name: _number(getattr(close, field.name)[index]) for field in fields(close)
            }
            for index, emotion in enumerate(EMOTIONS)
        },
    }


def _add_intervals(total: dict[str, Any], intervals: Intervals | None) -> None:
    ends = (None, None) if intervals is None else (0, 1)
    for name, attribute in (("agreement", "accuracy"), ("kappa", "kappa")):
        total[f"{name}_interval"] = [
            None if end is None else _number(getattr(intervals, attribute)[end]) for end in ends
        ]
    for index, emotion in enumerate(EMOTIONS):
        total["emotions"][emotion]["icc_absolute_interval"] = [
            None
            if intervals is None or end is None
            else _number(intervals.icc_absolute[end, index])
            for end in ends
        ]


def _flat(figures: dict[str, Any]) -> dict[str, Any]:
    emotions = figures.pop("emotions")
    return figures | {
        f"{figure}_{emotion}": value
        for emotion, values in emotions.items()
        for figure, value in values.items()
    }


def _number(value: Any) -> float | None:
    number = float(value)
    return number if math.isfinite(number) else None
