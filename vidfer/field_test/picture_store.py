"""Rows of pictures that are finished, kept so that a stopped run can go on."""

import time
from pathlib import Path
from types import TracebackType
from typing import Final

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from vidfer.atomic import make_folder, replacing
from vidfer.errors import OutputError

# Pictures are many and small: their rows are written together, this often.
_WRITE_EVERY_S: Final = 10.0

_KEY: Final = "source_fingerprint"


class PictureStore:
    """Timeline rows by the fingerprint of the picture's content.

    They lie in Parquet files in one folder, each complete or not there. Leaving the `with`
    block, however it is left, writes what is waiting.
    """

    def __init__(self, folder: Path) -> None:
        """Read what earlier runs left in `folder`.

        Raises:
            OutputError: a file there is damaged, or the folder cannot be made.
        """
        make_folder(folder)
        self._folder = folder
        self._parts = sorted(folder.glob("[0-9]*.parquet"))
        self._rows: dict[str, pl.DataFrame] = {}
        for part in self._parts:
            self._remember(_read(part))
        self._waiting: list[pa.Table] = []
        self._written = time.monotonic()

    def __enter__(self) -> "PictureStore":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._write()

    def __contains__(self, fingerprint: str) -> bool:
        return fingerprint in self._rows

    def __getitem__(self, fingerprint: str) -> pl.DataFrame:
        return self._rows[fingerprint]

    def add(self, fingerprint: str, rows: pa.Table) -> None:
        """Keep a picture's rows.

        Raises:
            OutputError: the folder cannot be written.
        """
        keys = pa.array([fingerprint] * len(rows), pa.string())
        self._waiting.append(rows.append_column(_KEY, keys))
        self._remember(self._waiting[-1])
        if time.monotonic() - self._written > _WRITE_EVERY_S:
            self._write()

    def _remember(self, table: pa.Table) -> None:
        rows = pl.from_arrow(table)
        assert isinstance(rows, pl.DataFrame)
        for (fingerprint,), part in rows.partition_by(_KEY, as_dict=True).items():
            self._rows[str(fingerprint)] = part

    def _write(self) -> None:
        self._written = time.monotonic()
        if not self._waiting:
            return
        table = pa.concat_tables(self._waiting).unify_dictionaries()
        number = int(self._parts[-1].stem) + 1 if self._parts else 0
        path = self._folder / f"{number:06d}.parquet"
        with replacing(path) as (temporary,):
            pq.write_table(table, temporary, compression="zstd", write_page_checksum=True)
        self._parts.append(path)
        self._waiting = []


def _read(path: Path) -> pa.Table:
    try:
        return pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise OutputError(
            f"{path} is damaged: delete it, and its pictures are analysed again."
        ) from error
