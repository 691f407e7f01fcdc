"""Reading results with polars."""

from pathlib import Path

import polars as pl
import pyarrow as pa

from vidfer.errors import UsageError
from vidfer.timeline.manifest import MANIFEST_NAME, TIMELINE_FOLDER, timeline_files
from vidfer.timeline.schema import TIMELINE_SCHEMA


def scan_timelines(output: Path) -> pl.LazyFrame:
    """Return all rows below an output folder, or of one timeline file, lazily.

    Rows stand by video, then frame, then face.

    Raises:
        UsageError: there is no timeline at `output`.
    """
    if output.is_file():
        return pl.scan_parquet(output, glob=False)
    folder = output / TIMELINE_FOLDER
    if not folder.is_dir():
        raise UsageError(
            f"{output} holds no timelines: give a folder that 'vidfer analyze -o' wrote."
        )
    files = timeline_files(output)
    if not files:
        return table_to_polars(TIMELINE_SCHEMA.empty_table()).lazy()
    return pl.scan_parquet(files, glob=False)


def load_manifest(output: Path) -> pl.DataFrame:
    """Return the manifest of an output folder.

    Raises:
        UsageError: there is none.
    """
    path = output / MANIFEST_NAME
    if not path.is_file():
        raise UsageError(
            f"{output} holds no {MANIFEST_NAME}: give a folder that 'vidfer analyze -o' wrote."
        )
    return pl.read_parquet(path, glob=False)


def table_to_polars(table: pa.Table) -> pl.DataFrame:
    """Return an Arrow table of timeline rows as polars' own."""
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return frame
