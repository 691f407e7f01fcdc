"""Attributes of videos: who is in them, under which condition they were made."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import polars as pl

from vidfer.analysis.text_file import read_lines
from vidfer.analysis.video_names import listed, near_videos, resolve_videos
from vidfer.errors import UsageError

_VIDEO_NAMES: Final = ("video", "file", "filename", "file_name", "path")


def read_attributes(path: str | Path) -> pl.DataFrame:
    """Read what is known of videos from a CSV or Parquet file with a column `video`.

    Returns one row per video: `video` first, then the other columns; texts in CSV, where an
    empty cell is a null, so that a participant `007` stays `007`.

    Raises:
        UsageError: the file cannot be read, has no column for the video or none beside it,
            lacks a video's name in a row, or has two rows for one video.
    """
    path = Path(path)
    table = _parquet(path) if path.suffix.casefold() == ".parquet" else _text(path)
    plain = {name.casefold(): name for name in table.columns}
    column = next((plain[one] for one in _VIDEO_NAMES if one in plain), None)
    if column is None:
        raise UsageError(f"{path} has no column video: its columns are {', '.join(table.columns)}.")
    table = table.rename({column: "video"}).select("video", pl.exclude("video"))
    _check(path, table)
    return table


def match_attributes(
    attributes: pl.DataFrame, videos: Iterable[str], *, where: str = "The file of attributes"
) -> pl.DataFrame:
    """Return the attributes of `videos` (whole names as in timelines), one row each.

    Rows of attributes may name a video in full, by a path that ends in it, by its unique
    file name or unique stem. Videos without a row get nulls; rows without a video are left
    out.

    Raises:
        UsageError: a name may mean several videos, two rows mean the same one, or no row
            means any.
    """
    known = list(dict.fromkeys(videos))
    resolved = resolve_videos(attributes["video"].to_list(), known)
    if known and not resolved.videos:
        hint = near_videos(resolved.unknown, known) or f"Videos are {listed(known)}."
        raise UsageError(f"{where} names none of the videos. {hint}")
    found = attributes.filter(pl.col("video").is_in(list(resolved.videos))).with_columns(
        pl.col("video").replace(resolved.videos)
    )
    _refuse_twice(where, found)
    return pl.DataFrame({"video": known}, schema={"video": pl.String}).join(
        found, on="video", how="left", maintain_order="left"
    )


def _text(path: Path) -> pl.DataFrame:
    names, lines = read_lines(path)
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise UsageError(f"{path} has two columns {doubled[0]!r}: give each a name of its own.")
    cells = {name: [line.cells[name] or None for line in lines] for name in names}
    return pl.DataFrame(cells, schema=dict.fromkeys(names, pl.String))


def _parquet(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path, glob=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise UsageError(f"{path} cannot be read as Parquet.") from error


def _check(path: Path, table: pl.DataFrame) -> None:
    if table.width == 1:
        raise UsageError(f"{path} has no column beside video: there is nothing to group by.")
    if table.height == 0:
        raise UsageError(f"{path} holds no video: there is nothing below its header.")
    if table.schema["video"] != pl.String:
        raise UsageError(f"{path}: video is {table.schema['video']}; it must be a text.")
    empty = table["video"].is_null().arg_true()
    if len(empty):
        raise UsageError(f"{path}: row {empty[0] + 1} below the header names no video.")
    _refuse_twice(str(path), table)


def _refuse_twice(where: str, table: pl.DataFrame) -> None:
    twice = table.filter(pl.col("video").is_duplicated())["video"].unique(maintain_order=True)
    if len(twice):
        raise UsageError(
            f"{where} has more than one row for {listed(twice.to_list())}: keep one per video."
        )
