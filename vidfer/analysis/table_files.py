"""Tables to files: Parquet, CSV or JSON, complete or not there."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import polars as pl

from vidfer.analysis.cell_text import cell_text
from vidfer.atomic import replacing
from vidfer.errors import UsageError

_CELLS: Final = cell_text(pl.col(pl.String))

_WRITERS: Final[dict[str, Callable[[pl.LazyFrame, Path], None]]] = {
    ".parquet": lambda rows, path: rows.sink_parquet(path),
    ".csv": lambda rows, path: rows.with_columns(_CELLS).sink_csv(path),
    ".json": lambda rows, path: rows.collect().write_json(path),
}


def check_table_path(path: Path) -> None:
    """Refuse a path whose ending says no format that tables are written in.

    Raises:
        UsageError: it ends otherwise, or its folder is not there.
    """
    if path.suffix.casefold() not in _WRITERS:
        raise UsageError(f"{path} must end in {', '.join(_WRITERS)}: that says what to write.")
    if not path.parent.is_dir():
        raise UsageError(f"{path.parent} is no folder: make it, or write elsewhere.")


def write_table(table: pl.DataFrame | pl.LazyFrame, path: Path) -> None:
    """Write a table in the format that the path's ending says; JSON is a list of rows.

    Lazy rows pass through memory as they come, but for JSON. In CSV, a text that a
    spreadsheet would take for a formula gets `./` before it.

    Raises:
        OutputError: the file cannot be written.
        UsageError: the ending says no such format.
    """
    check_table_path(path)
    with replacing(path) as (temporary,):
        _WRITERS[path.suffix.casefold()](table.lazy(), temporary)
