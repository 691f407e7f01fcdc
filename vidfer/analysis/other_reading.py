"""The other side of a comparison, in whatever form it comes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Protocol

import polars as pl

from vidfer.analysis.event_files.tables import is_event_table
from vidfer.analysis.event_spans import events_by_video, events_of
from vidfer.analysis.events import EVENT_ENDINGS
from vidfer.analysis.face_rows import faces_of_timeline
from vidfer.analysis.foreign_timelines import header_of, read_foreign
from vidfer.analysis.source import Source, timeline_of
from vidfer.analysis.video_names import resolve_videos, unknown_videos, video_of_file
from vidfer.errors import UsageError
from vidfer.timeline.manifest import TIMELINE_FOLDER

Kind = Literal["timeline", "table", "codes"]

_TABLE_ENDINGS: Final = (".csv", ".tsv", ".txt")


class OtherFaces(Protocol):
    """Another reading of faces."""

    @property
    def videos(self) -> Sequence[str]:
        """The names of the source's videos that it has."""

    @property
    def strange(self) -> Sequence[str]:
        """The names of its videos that the source does not have."""

    def faces_of(self, videos: Sequence[str]) -> pl.DataFrame:
        """Return its faces in some of the source's videos, under the source's names."""


def kind_of(other: Source) -> Kind:
    """Tell what the other side is.

    Raises:
        UsageError: it is not there, or nothing that can be compared with.
    """
    if isinstance(other, (pl.DataFrame, pl.LazyFrame)):
        return "codes" if "start_s" in other.collect_schema() else "timeline"
    path = Path(other)
    if path.is_dir():
        return "timeline" if (path / TIMELINE_FOLDER).is_dir() else _kind_of_file(_files(path)[0])
    return _kind_of_file(path)


def _kind_of_file(path: Path) -> Kind:
    ending = path.suffix.casefold()
    if not path.is_file():
        raise UsageError(f"{path} is not there.")
    if ending == ".parquet":
        return "timeline"
    if ending in _TABLE_ENDINGS:
        return "codes" if is_event_table(header_of(path)) else "table"
    if ending in EVENT_ENDINGS:
        return "codes"
    raise UsageError(
        f"{path} cannot be compared with: give results of 'vidfer analyze', or a file that ends "
        f"in {', '.join(EVENT_ENDINGS)}."
    )


def _files(folder: Path) -> list[Path]:
    files = [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix.casefold() in EVENT_ENDINGS and path.is_file() and path.name[0] != "."
    ]
    if not files:
        raise UsageError(
            f"{folder} holds neither timelines nor files that end in {', '.join(EVENT_ENDINGS)}."
        )
    return files


def open_faces(other: Source, known: Sequence[str]) -> OtherFaces:
    """Open another timeline, or another tool's table or folder of tables.

    Raises:
        UsageError: it cannot be read, or has none of the videos `known`.
    """
    opened: OtherFaces
    if kind_of(other) == "timeline":
        opened = _timeline(other, known)
    else:
        assert not isinstance(other, (pl.DataFrame, pl.LazyFrame))
        path = Path(other)
        opened = _folder(path, known) if path.is_dir() else _table(path, known)
    if not opened.videos:
        raise unknown_videos("The other side", opened.strange, known)
    return opened


def open_codes(other: Source, known: Sequence[str], *, tier: str | None) -> pl.DataFrame:
    """Return coded stretches under whole names of videos, of one tier if asked for.

    Raises:
        UsageError: they cannot be read, name an unknown video, or lack the tier.
    """
    events = events_of(other.collect() if isinstance(other, pl.LazyFrame) else other)
    if tier is not None:
        tiers = events["tier"].drop_nulls().unique(maintain_order=True).to_list()
        if tier not in tiers:
            there = f"tiers are {', '.join(tiers)}" if tiers else "there are no tiers"
            raise UsageError(f"There is no tier {tier!r} among the codes: {there}.")
        events = events.filter(pl.col("tier") == tier)
    return events_by_video(events, known)


@dataclass(frozen=True)
class _Rows:
    """Rows in memory or behind a scan; `names` gives the source's name of each of its videos."""

    rows: pl.LazyFrame
    names: dict[str, str]
    strange: Sequence[str]

    @property
    def videos(self) -> Sequence[str]:
        return list(dict.fromkeys(self.names.values()))

    def faces_of(self, videos: Sequence[str]) -> pl.DataFrame:
        wanted = set(videos)
        names = {theirs: ours for theirs, ours in self.names.items() if ours in wanted}
        chosen = self.rows.filter(pl.col("video").is_in(list(names)))
        return chosen.with_columns(pl.col("video").replace(names)).collect()


@dataclass(frozen=True)
class _Files:
    """A table per video: the source's name of the video, and where its table is."""

    files: dict[str, Path]
    strange: Sequence[str]

    @property
    def videos(self) -> Sequence[str]:
        return list(self.files)

    def faces_of(self, videos: Sequence[str]) -> pl.DataFrame:
        tables = [
            read_foreign(self.files[video]).with_columns(video=pl.lit(video))
            for video in videos
            if video in self.files
        ]
        return pl.concat(tables)


def _timeline(other: Source, known: Sequence[str]) -> _Rows:
    timeline = timeline_of(other)
    names = _named(timeline)
    found = resolve_videos(names, known)
    return _Rows(faces_of_timeline(timeline), found.videos, found.unknown)


def _named(rows: pl.LazyFrame) -> list[str]:
    return rows.select(pl.col("video").unique().sort()).collect()["video"].drop_nulls().to_list()


def _folder(folder: Path, known: Sequence[str]) -> _Files:
    files: dict[str, Path] = {}
    strange = []
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        video = video_of_file(name, known)
        if video is None:
            strange.append(name)
        elif video in files:
            raise UsageError(f"{files[video]} and {path} are both about {video}: keep one.")
        else:
            files[video] = path
    return _Files(files, strange)


def _table(path: Path, known: Sequence[str]) -> _Rows:
    """Open one table; where it names no video, it is about the one of its own name, or the only."""
    rows = read_foreign(path)
    names = _named(rows.lazy())
    found = resolve_videos(names, known)
    if found.videos:
        return _Rows(rows.lazy(), found.videos, found.unknown)
    of_file = known[0] if len(known) == 1 else video_of_file(path.name, known)
    if of_file is None:
        if names:
            return _Rows(rows.lazy(), {}, names)
        raise UsageError(
            f"{path} does not say which video it is about: give it the video's name, or a "
            "column video."
        )
    return _Rows(rows.with_columns(video=pl.lit(of_file)).lazy(), {of_file: of_file}, [])
