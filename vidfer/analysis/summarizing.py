"""Summaries of timelines: by video, track, window, event or group."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import polars as pl

from vidfer.analysis.attributes import match_attributes, read_attributes
from vidfer.analysis.episodes import DEFAULT_SMOOTH_S, EpisodeRule
from vidfer.analysis.event_spans import video_names_of
from vidfer.analysis.events import EVENT_SCHEMA, check_event_videos, read_events
from vidfer.analysis.pooling import Resampling, pooled
from vidfer.analysis.source import (
    Source,
    batches_of,
    readable,
    require_columns,
)
from vidfer.analysis.summary_columns import SUMMARY_COLUMNS, summary_of
from vidfer.analysis.summary_options import By, SummaryOptions
from vidfer.analysis.sums import Division, sums_of
from vidfer.errors import UsageError

# The column of attributes that says who is in a video, unless another is named.
_PERSON: Final = "participant"


def summarize(
    source: Source,
    *,
    by: By = "video",
    window_s: float | None = None,
    events: pl.DataFrame | str | Path | None = None,
    attributes: pl.DataFrame | str | Path | None = None,
    group_by: str | Sequence[str] | None = None,
    person: str | None = None,
    smooth_s: float = DEFAULT_SMOOTH_S,
    usable_only: bool = True,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> pl.DataFrame:
    """Return a row per video, track, window, event or group: what docs/analysis.md lists.

    `window_s` is the length of windows, from time 0. `events` is what `read_events` returns, or the
    file; `attributes` what `read_attributes` returns, or the file. With `group_by`, columns
    of the attributes, windows and events are pooled over the videos of a group, event by
    label; `by="group"` pools all of a group's videos, or their windows or events if these
    are given; without `group_by`, all videos are one group. Attributes stand beside what is
    not pooled.

    All means weigh by time; `usable_only` leaves faces out that do not pass the quality
    gate. Shares, dwell and onsets are taken after smoothing over `smooth_s` seconds, 0 for
    not at all. Intervals of pooled rows resample people, told apart by the column `person`
    of the attributes (`participant` unless given), or videos where there is none.

    A folder is read a few videos at a time, so memory does not grow with it.

    Raises:
        SettingsError: an option is outside its range, or contradicts another.
        UsageError: the source is no timeline, or events or attributes do not fit it.
    """
    groups = [group_by] if isinstance(group_by, str) else list(group_by or [])
    options = SummaryOptions(
        by=by,
        window_s=window_s,
        has_events=events is not None,
        has_attributes=attributes is not None,
        group_by=groups,
        person=person,
        confidence=confidence,
        resamples=resamples,
        seed=seed,
    )
    rule = EpisodeRule(smooth_s=smooth_s, usable_only=usable_only)
    videos = video_names_of(source) if events is not None or attributes is not None else []
    division = Division(
        unit=options.unit, rule=rule, window_s=options.window_s, events=_events(events, videos)
    )
    table = _attributes(attributes, videos)
    person = _check_columns(table, division, groups, person)
    with readable(source):
        sums = pl.concat([sums_of(batch, division) for batch in batches_of(source)])
    if table is not None:
        sums = sums.join(table, on="video", how="left", maintain_order="left")
    if options.is_pooled:
        resampling = Resampling(
            person=person, confidence=confidence, resamples=resamples, seed=seed
        )
        return pooled(sums, [*groups, *division.pooled_keys], resampling)
    beside = [] if table is None else [name for name in table.columns if name != "video"]
    counted = sums.with_columns(n_videos=pl.lit(1), n_people=pl.lit(None))
    return summary_of(counted, [*division.keys, *beside])


def _events(events: pl.DataFrame | str | Path | None, videos: list[str]) -> pl.DataFrame | None:
    if events is None:
        return None
    if not isinstance(events, pl.DataFrame):
        return check_event_videos(read_events(events), videos, where=str(events))
    require_columns(events.lazy(), ("video", "start_s", "end_s", "label"), what="The events")
    table = events if "tier" in events.columns else events.with_columns(tier=pl.lit(None))
    return check_event_videos(table.select(EVENT_SCHEMA.names()).cast(EVENT_SCHEMA), videos)


def _attributes(
    attributes: pl.DataFrame | str | Path | None, videos: list[str]
) -> pl.DataFrame | None:
    if attributes is None:
        return None
    if not isinstance(attributes, pl.DataFrame):
        return match_attributes(read_attributes(attributes), videos, where=str(attributes))
    require_columns(attributes.lazy(), ("video",), what="The table of attributes")
    return match_attributes(attributes, videos)


def _check_columns(
    table: pl.DataFrame | None, division: Division, groups: Sequence[str], person: str | None
) -> str | None:
    """Hold the attributes to what is asked of them; return the column that tells people apart."""
    if table is None:
        return None
    own = [name for name in table.columns if name != "video"]
    clashing = [name for name in own if name in (*division.keys, *SUMMARY_COLUMNS)]
    if clashing:
        raise UsageError(
            f"The attributes have a column {clashing[0]}, as has the summary: rename theirs."
        )
    for name in (*groups, *([person] if person else [])):
        if name not in own:
            raise UsageError(
                f"The attributes have no column {name}: their columns are {', '.join(own)}."
            )
    return person or (_PERSON if _PERSON in own else None)
