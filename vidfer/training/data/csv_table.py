"""CSV files of any length, a block of rows at a time."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from vidfer.errors import DataError

# A row of 2304 pixels has at most 9 KiB; a row must fit in a block.
_BLOCK_BYTES: Final = 1 << 20
_LONGEST_HEADER: Final = 1 << 16


def csv_columns(path: Path) -> list[str]:
    """Return the names in a CSV file's first row, lower case and without blanks around them.

    Raises:
        DataError: the file cannot be read as text.
    """
    try:
        with path.open(encoding="utf-8-sig") as stream:
            header = stream.readline(_LONGEST_HEADER)
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"Cannot read {path} as a CSV file: {error}") from error
    return [name.strip().strip('"').strip().lower() for name in header.split(",")]


def read_texts(path: Path, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Yield a CSV file's rows in order, the named columns only, without blanks around texts.

    Raises:
        DataError: a column is missing, or the file is damaged.
    """
    names = csv_columns(path)
    missing = [name for name in columns if names.count(name) != 1]
    if missing:
        raise DataError(f"{path} must have one column '{missing[0]}'; it has {_listed(names)}.")
    try:
        for batch in _reader(path, names, columns):
            trimmed = [pc.utf8_trim_whitespace(column) for column in batch.columns]
            yield pa.RecordBatch.from_arrays(trimmed, names=list(columns))
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"Cannot read {path} as a CSV file: {_reason(error)}") from error


def _reader(path: Path, names: list[str], columns: Sequence[str]) -> csv.CSVStreamingReader:
    # Names that occur twice are no columns to ask for, but must not stop the reader.
    unique = [name if name in columns else f"{place}" for place, name in enumerate(names)]
    return csv.open_csv(
        path,
        read_options=csv.ReadOptions(
            use_threads=False, block_size=_BLOCK_BYTES, column_names=unique, skip_rows=1
        ),
        convert_options=csv.ConvertOptions(
            include_columns=list(columns), column_types={name: pa.string() for name in columns}
        ),
    )


def _reason(error: Exception) -> str:
    text = str(error)
    if "straddl" in text:
        return f"a row has more than {_BLOCK_BYTES:,} characters."
    return text


def _listed(names: list[str]) -> str:
    return ", ".join(f"'{name[:40]}'" for name in names[:20]) or "none"
