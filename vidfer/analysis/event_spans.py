"""Events laid over the videos of a timeline."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import polars as pl

from vidfer.analysis.events import check_event_videos, read_events
from vidfer.analysis.source import Source, readable, timeline_of
from vidfer.analysis.video_names import listed
from vidfer.errors import UsageError
from vidfer.timeline.manifest import MANIFEST_NAME
from vidfer.timeline.reader import load_manifest

Events = pl.DataFrame | str | Path

_NEEDED: Final = ("video", "start_s", "end_s", "label")


def video_names_of(source: Source) -> list[str]:
    """Return the names of a source's videos, sorted; of a folder, also those that failed.

    Raises:
        UsageError: there is no timeline there.
    """
    with readable(source):
        if isinstance(source, (str, Path)) and (Path(source) / MANIFEST_NAME).is_file():
            names = load_manifest(Path(source))
        else:
            named = timeline_of(source).select(pl.col("video").unique())
            names = named.collect(engine="streaming")
    videos: list[str] = names["video"].sort().to_list()
    return videos


def events_of(events: Events) -> pl.DataFrame:
    """Return events from a file, or given ones that `read_events` might have returned.

    Raises:
        UsageError: the file cannot be read, or a column is missing.
    """
    if not isinstance(events, pl.DataFrame):
        return read_events(events)
    missing = [name for name in _NEEDED if name not in events.columns]
    if missing:
        raise UsageError(f"Events lack the column {missing[0]}: give what read_events returns.")
    return events


def events_by_video(events: pl.DataFrame, videos: Sequence[str]) -> pl.DataFrame:
    """Return events with whole names of videos; those of all videos once for each.

    Raises:
        UsageError: an event names a video that is not there.
    """
    checked = check_event_videos(events, videos)
    names = pl.DataFrame({"video": videos}, schema={"video": pl.String})
    everywhere = checked.filter(pl.col("video").is_null()).drop("video").join(names, how="cross")
    named = checked.filter(pl.col("video").is_not_null())
    return pl.concat([named, everywhere.select(named.columns)])


def labelled(events: pl.DataFrame, label: str) -> pl.DataFrame:
    """Return the events of one label.

    Raises:
        UsageError: there are none.
    """
    found = events.filter(pl.col("label") == label)
    if found.height == 0:
        labels = events["label"].unique(maintain_order=True).to_list()
        raise UsageError(f"No event is labelled {label!r}; labels are {listed(labels)}.")
    return found


def merged(events: pl.DataFrame) -> pl.DataFrame:
    """Return `video`, `start_s`, `end_s` of the time that events cover, without overlaps."""
    reached = pl.col("end_s").cum_max().shift(1).over("video")
    apart = (pl.col("start_s") > reached).fill_null(value=True)
    return (
        events.sort("video", "start_s")
        .with_columns(span=apart.cum_sum().over("video"))
        .group_by("video", "span", maintain_order=True)
        .agg(pl.col("start_s").min(), pl.col("end_s").max())
        .drop("span")
    )


def inside(timeline: pl.LazyFrame, spans: pl.DataFrame) -> pl.LazyFrame:
    """Return the rows whose time lies in one of `merged` spans of their video."""
    # Nothing can tell whether times are sorted within each video; they are, here.
    return (
        timeline.sort("video", "time_s")
        .join_asof(
            spans.lazy().sort("video", "start_s"),
            left_on="time_s",
            right_on="start_s",
            by="video",
            strategy="backward",
            check_sortedness=False,
        )
        .filter(pl.col("time_s") < pl.col("end_s"))
        .drop("start_s", "end_s")
    )
