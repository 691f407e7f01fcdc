"""A summary as text: what is most asked for, no wider than a terminal."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl

from vidfer.analysis.summary_columns import SUMMARY_COLUMNS
from vidfer.analysis.table_text import Line, laid_out, least_width, plain
from vidfer.emotions import EMOTIONS

_MOST_ROWS: Final = 40
_MINUTE_S: Final = 60


def as_text(summary: pl.DataFrame, *, width: int) -> str:
    """Return a table of keys, time analysed, share of it usable, and shares of emotions.

    `summary` is what `vidfer.summarize` returned, `width` the most characters of a line.
    Intervals stand below their shares. Of many rows the first are shown; where there is
    no room for seven emotions, the most frequent one.
    """
    if summary.is_empty():
        return "There is nothing to summarise: no frame was analysed."
    rows = summary.head(_MOST_ROWS).to_dicts()
    keys = [name for name in summary.columns if name not in SUMMARY_COLUMNS]
    table = _wide(rows, keys)
    if least_width(table, len(keys)) > width:
        table = _narrow(rows, keys)
    lines = laid_out(table, len(keys), width)
    notes = _notes(summary, has_intervals=_has_intervals(rows))
    return "\n".join([*lines, "", *textwrap.wrap(notes, width)])


def _wide(rows: Sequence[Mapping[str, Any]], keys: list[str]) -> list[Line]:
    """Return a head and a line per row, and one more below it where there are intervals."""
    lines = [[*keys, "time", "usable", *EMOTIONS]]
    for row in rows:
        shares = [_percent(row[f"share_{name}"]) for name in EMOTIONS]
        lines.append([*_key_cells(row, keys), *_time_cells(row), *shares])
        if _has_intervals([row]):
            ends = [_interval(row, name) for name in EMOTIONS]
            lines.append([*[""] * len(keys), "", "", *ends])
    return lines


def _narrow(rows: Sequence[Mapping[str, Any]], keys: list[str]) -> list[Line]:
    lines = [[*keys, "time", "usable", "most"]]
    for row in rows:
        shares = {name: row[f"share_{name}"] or 0.0 for name in EMOTIONS}
        best = max(shares, key=lambda name: shares[name])
        most = f"{best} {_percent(shares[best])} {_interval(row, best)}" if shares[best] else "-"
        lines.append([*_key_cells(row, keys), *_time_cells(row), most.rstrip()])
    return lines


def _key_cells(row: Mapping[str, Any], keys: list[str]) -> Line:
    return [plain(row[name]) for name in keys]


def _time_cells(row: Mapping[str, Any]) -> Line:
    return [_duration(row["analysed_s"]), _percent(row["usable_share"])]


def _duration(seconds: float) -> str:
    if seconds < _MINUTE_S:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), _MINUTE_S)
    hours, minutes = divmod(minutes, _MINUTE_S)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.0f}"


def _interval(row: Mapping[str, Any], name: str) -> str:
    low, high = row[f"share_{name}_low"], row[f"share_{name}_high"]
    return "" if low is None else f"{100 * low:.0f}-{100 * high:.0f}"


def _has_intervals(rows: Sequence[Mapping[str, Any]]) -> bool:
    return any(row[f"share_{EMOTIONS[0]}_low"] is not None for row in rows)


def _notes(summary: pl.DataFrame, *, has_intervals: bool) -> str:
    notes = [
        "In percent: usable, of the time analysed; each emotion where it is the most likely, of "
        "the time of the faces that count."
    ]
    if has_intervals:
        notes.append("Ranges are intervals, from resampling people or videos.")
    if summary.height > _MOST_ROWS:
        notes.append(f"There are {summary.height - _MOST_ROWS:,} more rows.")
    notes.append("All columns and rows: -o FILE.parquet, .csv or .json.")
    return " ".join(notes)
