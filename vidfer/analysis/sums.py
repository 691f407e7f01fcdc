"""What some videos add up to, for each row of a summary: all that is kept of them in memory."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import polars as pl

from vidfer.analysis.coverage import with_covered_s
from vidfer.analysis.episodes import RAW_COLUMNS, EpisodeRule, episode_rows, seen_faces
from vidfer.analysis.source import require_columns
from vidfer.analysis.windows import events_of, frames_within, windows_of
from vidfer.emotions import EMOTIONS

Unit = Literal["video", "track", "window", "event"]

TIME_SUMS: Final = ("analysed_s", "face_s", "usable_s", "weight_s")
SUM_COLUMNS: Final = tuple(f"sum_{name}" for name in EMOTIONS)
MOST_COLUMNS: Final = tuple(f"most_{name}_s" for name in EMOTIONS)
DWELL_COLUMNS: Final = tuple(f"dwell_{name}_s" for name in EMOTIONS)
ONSET_COLUMNS: Final = tuple(f"first_onset_{name}_s" for name in EMOTIONS)

# What the sums of two parts of the same row are added in; first onsets are not.
ADDITIVE: Final = (*TIME_SUMS, *SUM_COLUMNS, *MOST_COLUMNS, *DWELL_COLUMNS)

_NEEDED: Final = ("video", "frame", "time_s", "track", "usable", *EMOTIONS)


@dataclass(frozen=True, kw_only=True)
class Division:
    """How videos are divided: `events` has the columns of `read_events` and whole names."""

    unit: Unit
    rule: EpisodeRule
    window_s: float | None = None
    events: pl.DataFrame | None = None

    @property
    def keys(self) -> list[str]:
        """The columns that say which row a sum belongs to."""
        more = {
            "video": [],
            "track": ["track"],
            "window": ["start_s", "end_s"],
            "event": [*self.pooled_keys, "start_s", "end_s"],
        }
        return ["video", *more[self.unit]]

    @property
    def pooled_keys(self) -> list[str]:
        """Those of them that are still told apart when videos are pooled."""
        if self.unit == "window":
            return ["start_s", "end_s"]
        if self.events is None:
            return []
        return ["tier", "label"] if self.events["tier"].count() else ["label"]


def sums_of(timeline: pl.LazyFrame, division: Division) -> pl.DataFrame:
    """Return the division's keys, `n_tracks`, the columns of ADDITIVE, and first onsets.

    Times are in seconds. `weight_s` is the time of the faces that count, added over faces;
    `sum_happy` is the probability times that time, `most_happy_s` the time in which it is
    the most likely, `dwell_happy_s` the time in its episodes, `first_onset_happy_s` the
    time from the start of the row's stretch to the first onset within it.

    Raises:
        UsageError: the timeline lacks a column.
    """
    require_columns(timeline, _NEEDED)
    known = [name for name in timeline.collect_schema() if name in (*_NEEDED, "covered_s")]
    rows = with_covered_s(_numbered(timeline.select(known).collect())).collect()
    faces = _marked_faces(rows, division.rule)
    return _divided(rows, faces, division).with_columns(pl.col("video").cast(pl.String))


def _numbered(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows whose videos are numbers with names: sorted and joined several times as fast."""
    names = rows["video"].unique().sort()
    return rows.with_columns(pl.col("video").cast(pl.Enum(names)))


def _divided(rows: pl.DataFrame, faces: pl.DataFrame, division: Division) -> pl.DataFrame:
    if division.unit == "video":
        return _joined(_time_in(_frames(rows)), _face_sums(_whole(faces), ["video"]), ["video"])
    if division.unit == "track":
        keys = ["video", "track"]
        return _joined(_time_of_tracks(rows), _face_sums(_whole(faces), keys), keys)
    return _sums_of_stretches(_frames(rows), faces, division)


def _sums_of_stretches(
    frames: pl.DataFrame, faces: pl.DataFrame, division: Division
) -> pl.DataFrame:
    if division.events is None:
        assert division.window_s is not None
        stretches = windows_of(frames, window_s=division.window_s)
    else:
        stretches = events_of(frames, division.events)
    stretches = stretches.with_row_index("stretch")
    pairs = frames_within(frames, stretches)
    within = pairs.join(frames, on=["video", "frame"])
    faces = pairs.join(faces, on=["video", "frame"])
    sums = _joined(_time_in(within, "stretch"), _face_sums(faces, ["stretch"]), ["stretch"])
    # An event of which nothing was analysed keeps its row; an empty window has none.
    how: Literal["left", "inner"] = "inner" if division.events is None else "left"
    whole = stretches.join(sums, on="stretch", how=how, maintain_order="left")
    return whole.select(
        *division.keys,
        pl.col("n_tracks", *ADDITIVE).fill_null(0),
        *ONSET_COLUMNS,
    )


def _frames(rows: pl.DataFrame) -> pl.DataFrame:
    """Return each frame once, in order, and whether it shows a face, and a usable one."""
    return (
        rows.group_by("video", "frame")
        .agg(
            pl.col("time_s", "covered_s").first(),
            has_face=pl.col("track").is_not_null().any(),
            has_usable=pl.col("usable").any(),
        )
        .sort("video", "frame")
        .with_columns(weight_s="covered_s")
    )


def _time_in(frames: pl.DataFrame, key: str = "video") -> pl.DataFrame:
    weight = pl.col("weight_s")
    return frames.group_by(key).agg(
        weight.sum().alias("analysed_s"),
        weight.filter("has_face").sum().alias("face_s"),
        weight.filter("has_usable").sum().alias("usable_s"),
    )


def _time_of_tracks(rows: pl.DataFrame) -> pl.DataFrame:
    """Return how long each track was seen, and how long its video was analysed."""
    videos = _time_in(_frames(rows)).select("video", "analysed_s")
    covered = pl.col("covered_s")
    tracks = (
        rows.filter(pl.col("track").is_not_null())
        .group_by("video", "track")
        .agg(covered.sum().alias("face_s"), covered.filter("usable").sum().alias("usable_s"))
    )
    return tracks.join(videos, on="video").select(
        "video", "track", "analysed_s", "face_s", "usable_s"
    )


def _marked_faces(rows: pl.DataFrame, rule: EpisodeRule) -> pl.DataFrame:
    """Return the faces that count, `best` (index of the likeliest emotion), and episodes' marks.

    `in_happy` tells whether a row lies within an episode, `onset_happy` whether it is the
    first of one.
    """
    faces = seen_faces(rows.lazy(), rule).collect()
    found = episode_rows(faces.lazy(), rule).collect()
    marks = []
    for emotion in EMOTIONS:
        ours = found.filter(pl.col("emotion") == emotion)
        first, last = ours["first_row"].to_numpy(), ours["last_row"].to_numpy()
        steps = np.zeros(faces.height + 1, dtype=np.int8)
        steps[first] += 1
        steps[last + 1] -= 1
        onset = np.zeros(faces.height, dtype=bool)
        onset[first] = True
        marks += [
            pl.Series(f"in_{emotion}", np.cumsum(steps[:-1], dtype=np.int8) > 0),
            pl.Series(f"onset_{emotion}", onset),
        ]
    best = pl.Series("best", faces.select(EMOTIONS).to_numpy().argmax(axis=1))
    return (
        faces.with_columns(*marks, best)
        .drop("row", "stretch", "covered_s", *EMOTIONS)
        .with_columns(weight_s=faces["covered_s"])
    )


def _whole(faces: pl.DataFrame) -> pl.DataFrame:
    return faces.with_columns(start_s=pl.lit(0.0))


def _face_sums(faces: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """Add the weights of faces up, by keys; `start_s` is where the key's stretch starts."""
    weight, since_s = pl.col("weight_s"), pl.col("time_s") - pl.col("start_s")
    sums = []
    for number, emotion in enumerate(EMOTIONS):
        begins = pl.col(f"onset_{emotion}") & (since_s >= 0)
        sums += [
            (pl.col(RAW_COLUMNS[number]).cast(pl.Float64) * weight)
            .sum()
            .alias(SUM_COLUMNS[number]),
            weight.filter(pl.col("best") == number).sum().alias(MOST_COLUMNS[number]),
            weight.filter(f"in_{emotion}").sum().alias(DWELL_COLUMNS[number]),
            since_s.filter(begins).min().alias(ONSET_COLUMNS[number]),
        ]
    return faces.group_by(keys).agg(
        pl.col("track").n_unique().alias("n_tracks"), weight.sum(), *sums
    )


def _joined(time: pl.DataFrame, faces: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    return (
        time.join(faces, on=keys, how="left")
        .select(*keys, pl.col("n_tracks", *ADDITIVE).fill_null(0), *ONSET_COLUMNS)
        .sort(keys)
    )
