"""Events: labelled stretches of time, from the files that people have them in."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

import polars as pl

from vidfer.analysis.event_files.elan import read_elan_events
from vidfer.analysis.event_files.event import Event
from vidfer.analysis.event_files.subtitles import read_subtitle_events
from vidfer.analysis.event_files.tables import read_table_events
from vidfer.analysis.video_names import resolve_videos, unknown_videos
from vidfer.errors import UsageError

EVENT_SCHEMA: Final = pl.Schema(
    {
        "video": pl.String(),
        "start_s": pl.Float64(),
        "end_s": pl.Float64(),
        "label": pl.String(),
        "tier": pl.String(),
    }
)

_READERS: Final[dict[str, Callable[[Path], list[Event]]]] = {
    ".csv": read_table_events,
    ".tsv": read_table_events,
    ".txt": read_table_events,
    ".srt": read_subtitle_events,
    ".vtt": read_subtitle_events,
    ".eaf": read_elan_events,
}
EVENT_ENDINGS: Final = tuple(_READERS)


def read_events(path: str | Path) -> pl.DataFrame:
    """Read events from a CSV (`video`, `start`, `end`, `label`), SRT, VTT or ELAN file.

    Or from a folder of such files, below which each file that names no video holds the
    events of the video of its own name. Returns the columns `video` (as the file says it;
    null means every video), `start_s`, `end_s` (seconds, the end not included), `label`,
    and `tier` (null where there are none), in the order of the file. Events may overlap.

    Raises:
        UsageError: a file cannot be read as events, there are none, or one ends before it
            starts.
    """
    path = Path(path)
    events = _of_folder(path) if path.is_dir() else _of_file(path)
    if not events:
        raise UsageError(f"{path} holds no events.")
    rows = [(one.video, one.start_s, one.end_s, one.label, one.tier) for one in events]
    return pl.DataFrame(rows, schema=EVENT_SCHEMA, orient="row")


def check_event_videos(
    events: pl.DataFrame, videos: Iterable[str], *, where: str = "The event file"
) -> pl.DataFrame:
    """Return events whose `video` is the whole name of one of `videos`, or null for all.

    `videos` are the names that exist, as in the column `video` of timelines or manifest
    (take the manifest's: videos that failed have events, too). The events' own may be
    whole names, paths that end in them, unique file names or unique stems.

    Raises:
        UsageError: an event names a video that is not there, or that may mean several.
    """
    known = list(videos)
    names = events["video"].drop_nulls().unique(maintain_order=True).to_list()
    resolved = resolve_videos(names, known)
    if resolved.unknown:
        raise unknown_videos(where, resolved.unknown, known)
    return events.with_columns(pl.col("video").replace(resolved.videos))


def _of_file(path: Path) -> list[Event]:
    if not path.is_file():
        raise UsageError(f"{path} is not there: give a file or folder of events.")
    reader = _READERS.get(path.suffix.casefold())
    if reader is None:
        raise UsageError(
            f"{path} ends in none of {', '.join(_READERS)}: events are read from these."
        )
    events = reader(path)
    for event in events:
        _check(path, event)
    return events


def _of_folder(folder: Path) -> list[Event]:
    files = [
        file
        for file in sorted(folder.rglob("*"))
        if file.suffix.casefold() in _READERS and file.is_file() and file.name[0] != "."
    ]
    if not files:
        raise UsageError(f"{folder} holds no file that ends in {', '.join(_READERS)}.")
    return [
        replace(event, video=event.video or file.relative_to(folder).with_suffix("").as_posix())
        for file in files
        if file.stat().st_size  # a video in which nothing happens has an empty file of subtitles
        for event in _of_file(file)
    ]


def _check(path: Path, event: Event) -> None:
    if event.end_s > event.start_s:
        return
    fault = "ends before it starts" if event.end_s < event.start_s else "has no duration"
    raise UsageError(
        f"{path}, {event.where}: {event.label!r} {fault} ({event.start_s:g} s to "
        f"{event.end_s:g} s); give it an end after its start."
    )
