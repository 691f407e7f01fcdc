"""Events in CSV: one line each, under headers that say what is what."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from vidfer.analysis.event_files.event import Event
from vidfer.analysis.text_file import Line, read_lines
from vidfer.analysis.time_text import seconds_of
from vidfer.errors import UsageError

# What people and programs (BORIS, ELAN, Praat, BIDS) call the columns; first come, first taken.
_ALIASES: Final[dict[str, tuple[str, ...]]] = {
    "video": ("video", "media_file_name", "media_file", "file", "file_name", "filename", "path"),
    "start": ("start", "start_time", "begin", "begin_time", "onset", "from", "tmin"),
    "end": ("end", "end_time", "stop", "stop_time", "offset", "to", "tmax"),
    "duration": ("duration",),
    "label": (
        *("label", "event", "code", "behavior", "behaviour", "annotation", "stimulus"),
        *("trial_type", "emotion", "condition", "text", "value", "name"),
    ),
    "tier": ("tier", "coder", "annotator", "rater"),
}
# ELAN's export says "Begin Time - ss.msec" for seconds and "Begin Time - msec" for milliseconds.
_ELAN_SECONDS: Final = re.compile(r"_(hh_mm_ss_ms|ss_msec)$")
_MILLISECONDS: Final = re.compile(r"_(ms|msec|milliseconds?)$")
_UNIT: Final = re.compile(r"_(s|sec|secs|seconds?|ms|msec|milliseconds?)$")


def is_event_table(columns: Sequence[str]) -> bool:
    """Tell whether columns of these names hold events."""
    found = _columns(columns)
    return "start" in found and "label" in found and bool({"end", "duration"} & set(found))


def read_table_events(path: Path) -> list[Event]:
    """Return the events of a delimited text file.

    Raises:
        UsageError: it cannot be read, lacks a column, or a cell is no time or no label.
    """
    names, lines = read_lines(path)
    columns = _columns(names)
    missing = [one for one in ("start", "label") if one not in columns]
    missing += [] if {"end", "duration"} & set(columns) else ["end (or duration)"]
    if missing:
        raise UsageError(
            f"{path} has no column {', no column '.join(missing)}: its columns are "
            f"{', '.join(names)}; give it video (or none, for all videos), start, end, label."
        )
    return [_event(path, line, columns) for line in lines]


def _columns(names: Sequence[str]) -> dict[str, str]:
    """Return the file's name of each column that is there, by what it means."""
    plain = {_plain(name): name for name in reversed(names)}
    bare = {_UNIT.sub("", key): name for key, name in reversed(plain.items())}
    found: dict[str, str] = {}
    for meaning, aliases in _ALIASES.items():
        for alias in aliases:
            name = plain.get(alias) or bare.get(alias)
            if name is not None and meaning not in found:
                found[meaning] = name
    return found


def _plain(name: str) -> str:
    """Return a header in small letters with words joined by underscores: "Start (s)", start_s."""
    words = re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")
    return _ELAN_SECONDS.sub("_s", words)


def _event(path: Path, line: Line, columns: dict[str, str]) -> Event:
    where = f"line {line.number}"
    start_s = _time(path, line, columns["start"])
    if "end" in columns:
        end_s = _time(path, line, columns["end"])
    else:
        end_s = start_s + _time(path, line, columns["duration"])
    label = line.cells[columns["label"]]
    if not label:
        raise UsageError(f"{path}, {where}, has no {columns['label']}: give the event a name.")
    video, tier = (line.cells[columns[key]] if key in columns else "" for key in ("video", "tier"))
    return Event(video or None, start_s, end_s, label, tier or None, where)


def _time(path: Path, line: Line, column: str) -> float:
    cell = line.cells[column]
    value = seconds_of(cell)
    if value is None:
        raise UsageError(
            f"{path}, line {line.number}: {column} is {cell!r}, which is no time; write seconds "
            "(12.5) or hh:mm:ss (00:00:12.5)."
        )
    return value / 1000 if _MILLISECONDS.search(_plain(column)) else value
