"""Where timelines come from, and how they pass through memory a few videos at a time."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import polars as pl
from polars.io.plugins import register_io_source

from vidfer.errors import UsageError
from vidfer.timeline.manifest import TIMELINE_FOLDER, timeline_files
from vidfer.timeline.reader import scan_timelines

# What analysis functions take: rows, a folder that `analyze` wrote, or one timeline file.
Source = pl.LazyFrame | pl.DataFrame | str | Path

# Timeline files are read together up to this size, some hundred thousand rows, and number:
# one by one, ten thousand small files would cost more in calls than in work.
_BATCH_BYTES: Final = 8 * 2**20
_BATCH_FILES: Final = 400

# Rows of a frame that are worked on together, unless one video has more.
_BATCH_ROWS: Final = 1_000_000


def timeline_of(source: Source) -> pl.LazyFrame:
    """Return the rows of a source, lazily.

    `source` is a LazyFrame or DataFrame with the timeline's columns, a folder that
    `vidfer analyze` wrote, or a timeline file.

    Raises:
        UsageError: there is no timeline there, or it is something else.
    """
    if isinstance(source, pl.DataFrame):
        return source.lazy()
    if isinstance(source, pl.LazyFrame):
        return source
    if not isinstance(source, (str, Path)):
        raise UsageError(
            f"A timeline must be a polars frame or a path; got {type(source).__name__}."
        )
    return scan_timelines(Path(source))


def batches_of(source: Source) -> Iterator[pl.LazyFrame]:
    """Yield the rows of a source a few videos at a time, by name; no video is divided.

    A folder is read some timeline files at a time. A frame of many rows is filtered by
    video, which goes through it once per batch.

    Raises:
        UsageError: there is no timeline there.
    """
    timeline = timeline_of(source)
    if not isinstance(source, (str, Path)) or not (Path(source) / TIMELINE_FOLDER).is_dir():
        yield from _batches_of_rows(timeline)
        return
    files = timeline_files(Path(source))
    if not files:
        yield timeline
    for batch in _batches(files):
        yield pl.scan_parquet(batch, glob=False)


def by_batch(source: Source, work: Callable[[pl.LazyFrame], pl.LazyFrame]) -> pl.LazyFrame:
    """Return what `work` makes of the rows, lazily; of a folder, a few videos at a time.

    `work` must treat each video by itself. What comes of a folder passes through memory
    batch by batch, so it can be filtered, aggregated or written (`sink_parquet`) whatever
    its size.
    """
    timeline = timeline_of(source)
    if not isinstance(source, (str, Path)):
        return work(timeline)
    with readable(source):
        schema = work(timeline.head(0)).collect_schema()

    def batches(
        columns: list[str] | None, predicate: pl.Expr | None, rows: int | None, _size: int | None
    ) -> Iterator[pl.DataFrame]:
        left = rows
        for batch in batches_of(source):
            made = work(batch)
            if predicate is not None:
                made = made.filter(predicate)
            if columns is not None:
                made = made.select(columns)
            with readable(source):
                frame = (made if left is None else made.head(left)).collect()
            yield frame
            left = None if left is None else left - frame.height
            if left == 0:
                return

    return register_io_source(batches, schema=schema)


@contextmanager
def readable(source: Source) -> Iterator[None]:
    """Turn what polars says of files that it cannot read into one clear sentence.

    Raises:
        UsageError: a file of `source` came up damaged, or as something else, in the block.
    """
    try:
        yield
    except (pl.exceptions.ComputeError, pl.exceptions.SchemaError, OSError) as error:
        if not isinstance(source, (str, Path)):
            raise
        what = str(error).splitlines()[0]
        raise UsageError(
            f"{source} cannot be read as timelines ({what}). Of what 'vidfer analyze' wrote, "
            "'vidfer verify' tells which file is damaged."
        ) from error


def require_columns(
    frame: pl.LazyFrame, columns: Iterable[str], *, what: str = "The timeline"
) -> None:
    """Refuse a frame that lacks columns.

    Raises:
        UsageError: it does; the sentence names them.
    """
    missing = [name for name in columns if name not in frame.collect_schema()]
    if missing:
        raise UsageError(
            f"{what} lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}: "
            "give what 'vidfer analyze' wrote, with all of its columns."
        )


def _batches(files: Iterable[Path]) -> Iterator[list[Path]]:
    batch: list[Path] = []
    size = 0
    for file in files:
        batch.append(file)
        size += file.stat().st_size
        if size >= _BATCH_BYTES or len(batch) >= _BATCH_FILES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _batches_of_rows(timeline: pl.LazyFrame) -> Iterator[pl.LazyFrame]:
    require_columns(timeline, ("video",))
    counts = timeline.group_by("video").len().sort("video").collect(engine="streaming")
    if counts["len"].sum() <= _BATCH_ROWS:
        yield timeline
        return
    before = pl.col("len").cum_sum() - pl.col("len")
    for batch in counts.with_columns(batch=before // _BATCH_ROWS).partition_by("batch"):
        yield timeline.filter(pl.col("video").is_in(batch["video"].implode()))
