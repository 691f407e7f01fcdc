"""Tables to files: Parquet, CSV or JSON, complete or not there."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import polars as pl

from vidfer.analysis.cell_text import cell_text
from vidfer.atomic import replacing
from vidfer.errors import UsageError

_CELLS: Final = cell_text(pl.col(pl.String))

_WRITERS: Final[dict[str, Callable[[pl.DataFrame, Path], None]]] = {
    ".parquet": lambda table, path: table.write_parquet(path),
    ".csv": lambda table, path: table.with_columns(_CELLS).write_csv(path),
    ".json": lambda table, path: table.write_json(path),
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


def sink_table(table: pl.LazyFrame, path: Path) -> None:
    """Write rows as they come, in the format that the path's ending says.

    Parquet and CSV pass through memory a few videos at a time, JSON as a whole.

    Raises:
        OutputError: the file cannot be written.
        UsageError: the ending says no such format.
    """
    check_table_path(path)
    kind = path.suffix.casefold()
    if kind == ".json":
        write_table(table.collect(), path)
        return
    with replacing(path) as (temporary,):
        if kind == ".parquet":
            table.sink_parquet(temporary)
        else:
            table.with_columns(_CELLS).sink_csv(temporary)


def write_table(table: pl.DataFrame, path: Path) -> None:
    """Write a table in the format that the path's ending says; JSON is a list of rows.

    In CSV, a text that a spreadsheet would take for a formula gets `./` before it.

    Raises:
        OutputError: the file cannot be written.
        UsageError: the ending says no such format.
    """
    check_table_path(path)
    with replacing(path) as (temporary,):
        _WRITERS[path.suffix.casefold()](table, temporary)
