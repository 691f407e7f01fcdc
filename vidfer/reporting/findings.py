"""The figures of some videos at a time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from vidfer.analysis.coverage import with_covered_s
from vidfer.analysis.episodes import EPISODE_SCHEMA, episodes
from vidfer.analysis.smoothing import smooth
from vidfer.analysis.summarizing import summarize
from vidfer.reporting.cautions import Caution, cautions_of
from vidfer.reporting.thinning import POINT_COLUMNS, Points, thin
from vidfer.timeline.manifest import VideoResult, read_timeline_metadata


@dataclass(frozen=True, kw_only=True)
class VideoFindings:
    """A video's figures, for its page and for its row of the index.

    Attributes:
        result: its row of the manifest.
        points: what is drawn.
        summary: its row of `summarize` by video; empty where no frame was analysed.
        tracks: its rows of `summarize` by track.
        episodes: of all its tracks, by onset.
        cautions: what to know before trusting the figures.
        metadata: of its timeline file.
    """

    result: VideoResult
    points: Points
    summary: dict[str, Any]
    tracks: list[dict[str, Any]]
    episodes: pl.DataFrame
    cautions: list[Caution]
    metadata: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class _Tables:
    """What is computed of several videos in one go, by video."""

    summaries: dict[str, dict[str, Any]]
    confidences: dict[str, float]
    tracks: dict[str, pl.DataFrame]
    episodes: dict[str, pl.DataFrame]
    faces: dict[str, pl.DataFrame]


def find(
    results: Sequence[VideoResult], files: Sequence[Path], *, smooth_s: float, episodes_too: bool
) -> Iterator[VideoFindings]:
    """Yield the figures of some videos, in their order.

    All are in memory together: one by one, thousands of short videos would cost more in calls
    than in work.

    Args:
        results: their rows of the manifest.
        files: their timeline files.
        smooth_s: width of the mean over time, in seconds.
        episodes_too: whether episodes are sought; there are none otherwise.
    """
    if not files:
        return
    tables = _tables(files, smooth_s=smooth_s, episodes_too=episodes_too)
    for result, file in zip(results, files):
        yield _findings(result, file, tables)


def _findings(result: VideoResult, file: Path, tables: _Tables) -> VideoFindings:
    video = result.video
    summary = tables.summaries.get(video, {})
    tracks = tables.tracks[video].to_dicts() if video in tables.tracks else []
    confidence = tables.confidences.get(video)
    empty = pl.DataFrame(schema=EPISODE_SCHEMA)
    return VideoFindings(
        result=result,
        points=thin(tables.faces.get(video, tables.faces[""]).lazy()),
        summary={**summary, "mean_confidence": confidence},
        tracks=tracks,
        episodes=tables.episodes.get(video, empty).sort("onset_s", "track"),
        cautions=cautions_of(
            result,
            face_s=sum(track["face_s"] for track in tracks),
            usable_s=sum(track["usable_s"] for track in tracks),
            mean_confidence=confidence,
        ),
        metadata=read_timeline_metadata(file),
    )


def _tables(files: Sequence[Path], *, smooth_s: float, episodes_too: bool) -> _Tables:
    rows = with_covered_s(pl.scan_parquet(list(files), glob=False))
    usable = rows.filter("usable").group_by("video").agg(pl.col("confidence").mean())
    smoothed = smooth(rows, window_s=smooth_s).filter(pl.col("track").is_not_null())
    faces = smoothed.select("video", *POINT_COLUMNS).collect()
    found = episodes(rows).collect() if episodes_too else pl.DataFrame(schema=EPISODE_SCHEMA)
    return _Tables(
        summaries={row["video"]: row for row in summarize(rows, by="video").iter_rows(named=True)},
        confidences=dict(usable.collect().iter_rows()),
        tracks=_by_video(summarize(rows, by="track")),
        episodes=_by_video(found),
        # Under no name: what a video without a face has.
        faces={"": faces.head(0), **_by_video(faces)},
    )


def _by_video(table: pl.DataFrame) -> dict[str, pl.DataFrame]:
    return {str(key[0]): part for key, part in table.partition_by("video", as_dict=True).items()}
