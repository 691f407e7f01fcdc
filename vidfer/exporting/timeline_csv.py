"""The timeline itself as CSV: the columns of docs/columns.md, in their order."""

from collections.abc import Iterator
from typing import Final

import polars as pl

from vidfer.analysis.cell_text import cell_text
from vidfer.exporting.format import RowFormat
from vidfer.exporting.recording import Recording


def _tables(recording: Recording) -> Iterator[pl.DataFrame]:
    for rows in recording.batches():
        yield rows.with_columns(video=cell_text(pl.col("video")))


FORMAT: Final = RowFormat(".csv", _tables, holds_many=True, quotes_text=True)
