"""One video's timeline, as every format gets it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from vidfer.analysis.source import require_columns
from vidfer.errors import UsageError
from vidfer.timeline.manifest import RESULT_KEY, VideoResult, read_timeline_metadata, result_of_json
from vidfer.timeline.reader import table_to_polars
from vidfer.timeline.schema import TIMELINE_SCHEMA
from vidfer.timeline.seal import fault_of_seal

# Rows in memory at a time: as many as the writer of timelines puts into a row group.
_BATCH_ROWS: Final = 50_000

# What each column is to the formats. A file of one's own may hold it in another type.
_KINDS: Final = {
    name: pl.String() if kind == pl.Categorical else kind
    for name, kind in table_to_polars(TIMELINE_SCHEMA.empty_table()).schema.items()
}

# Both are among the metadata of each timeline that vidfer wrote.
_SEAL_KEY: Final = "vidfer.seal"
_CREATED_KEY: Final = "vidfer.created"


@dataclass(frozen=True, kw_only=True)
class Recording:
    """A video's timeline and what is known of the video.

    file: the timeline file.
    rows: its columns, by frame, then face.
    path: where the video was, or None.
    width, height: of a frame, pixels, or None.
    end_s: when the video ends, seconds; at least the time of its last row.
    most_faces: the largest number of faces in one frame.
    videos: how many videos the rows are of: 0 or 1 if `analyze` wrote them.
    created: when it was analysed (UTC, ISO 8601), or None.
    """

    file: Path
    rows: pl.LazyFrame
    path: str | None
    width: int | None
    height: int | None
    end_s: float
    most_faces: int
    videos: int
    created: str | None

    def batches(self) -> Iterator[pl.DataFrame]:
        """Return the rows some ten thousands at a time: at least one batch, perhaps empty."""
        return _batches(self.rows)

    def batches_of_frames(self) -> Iterator[pl.DataFrame]:
        """Yield the rows as `batches` does, but no frame's faces in two of them."""
        rest = self.rows.head(0).collect()
        for batch in self.batches():
            joined = pl.concat([rest, batch])
            is_last = pl.col("frame") == pl.col("frame").last()
            rest = joined.filter(is_last)
            yield joined.filter(~is_last)
        yield rest


def open_recording(file: Path) -> Recording:
    """Look at a timeline file.

    Raises:
        UsageError: it is damaged, or no timeline.
    """
    metadata = read_timeline_metadata(file)
    _refuse_damaged(file, metadata)
    with reading(file):
        rows = pl.scan_parquet(file, glob=False)
        require_columns(rows, TIMELINE_SCHEMA.names, what=str(file))
        rows = rows.select(pl.col(name).cast(kind) for name, kind in _KINDS.items())
        facts = _facts(rows)
    known = result_of_json(metadata[RESULT_KEY]) if RESULT_KEY in metadata else None
    return Recording(
        file=file,
        rows=rows,
        path=known.path if known else None,
        width=known.width if known else None,
        height=known.height if known else None,
        end_s=_end_s(known, facts["end_s"].item()),
        most_faces=facts["most_faces"].item() or 0,
        videos=facts["videos"].item(),
        created=metadata.get(_CREATED_KEY),
    )


def _batches(rows: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    # One query over a long file would hold as much of it as the engine sees fit.
    total = rows.select(pl.len()).collect().item()
    for start in range(0, max(total, 1), _BATCH_ROWS):
        yield rows.slice(start, _BATCH_ROWS).collect()


def _facts(rows: pl.LazyFrame) -> pl.DataFrame:
    """Return `videos`, `end_s`, `most_faces` in one row; null where no row tells them."""
    parts = [
        batch.select(
            pl.col("video").unique().implode(),
            pl.col("time_s").max(),
            pl.col("face").max().cast(pl.Int64),
        )
        for batch in _batches(rows.select("video", "time_s", "face"))
    ]
    return pl.concat(parts).select(
        videos=pl.col("video").explode().n_unique(),
        end_s=pl.col("time_s").max(),
        most_faces=pl.col("face").max() + 1,
    )


@contextmanager
def reading(file: Path) -> Iterator[None]:
    """Turn what polars cannot read in a timeline file into one clear sentence.

    Raises:
        UsageError: polars refused something in the block.
    """
    try:
        yield
    except pl.exceptions.PolarsError as error:
        why = str(error).splitlines()[0]
        raise UsageError(f"{file} cannot be read as a timeline ({why}).") from error


def _refuse_damaged(file: Path, metadata: dict[str, str]) -> None:
    """Refuse bytes that are not those that vidfer wrote; polars would export them unnoticed.

    Raises:
        UsageError: they are not.
    """
    # Someone's own Parquet, say of `analyze_frames`, carries no seal.
    if metadata and _SEAL_KEY not in metadata:
        return
    fault = fault_of_seal(file)
    if fault:
        raise UsageError(
            f"{file} {fault}: run 'vidfer analyze' on its video again, which redoes it, "
            "then export again."
        )


def _end_s(known: VideoResult | None, last_s: float | None) -> float:
    claimed = known.duration_s if known and known.duration_s else 0.0
    return max(claimed, last_s or 0.0)
