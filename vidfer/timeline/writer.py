"""Writing one video's timeline."""

import contextlib
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from vidfer.atomic import hidden_file, make_folder, publish, writing
from vidfer.timeline.row_buffer import RowBuffer
from vidfer.timeline.schema import TIMELINE_SCHEMA
from vidfer.timeline.seal import BLANK_SEAL, seal

# Rows gathered before they are written as one row group.
_ROW_GROUP_ROWS: Final = 50_000


class TimelineWriter:
    """Writes rows to a Parquet file that appears under its name only when complete.

    Use it as a context: leaving it without `finish` throws the rows away and leaves a
    file that was there before as it was.
    """

    def __init__(self, path: Path) -> None:
        """Prepare to write `path`.

        Raises:
            OutputError: the folder cannot be made or written.
        """
        make_folder(path.parent)
        self._path = path
        self._temporary = hidden_file(path)
        self._waiting = RowBuffer()
        with writing(path):
            self._writer = pq.ParquetWriter(
                self._temporary, TIMELINE_SCHEMA, compression="zstd", write_page_checksum=True
            )

    def __enter__(self) -> "TimelineWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._writer.is_open:
            # The rows are being thrown away; the error that led here matters more.
            with contextlib.suppress(OSError):
                self._writer.close()
        self._temporary.unlink(missing_ok=True)

    def write(self, rows: pa.Table) -> None:
        """Add rows, in order.

        Raises:
            OutputError: the disk is full or fails.
        """
        self._waiting.add(rows)
        if self._waiting.rows >= _ROW_GROUP_ROWS:
            self._write_group()

    def finish(self, metadata: Mapping[str, str]) -> None:
        """Write what is left, add `metadata` to the file, seal it, and show it under its name.

        Raises:
            OutputError: the disk is full or fails.
        """
        self._write_group()
        with writing(self._path):
            self._writer.add_key_value_metadata({**metadata, **BLANK_SEAL})
            self._writer.close()
            seal(self._temporary)
        publish(self._temporary, self._path)

    def _write_group(self) -> None:
        rows = self._waiting.take()
        if rows is None:
            return
        with writing(self._path):
            self._writer.write_table(rows)
