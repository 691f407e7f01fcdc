"""Rows that wait to be written."""

from typing import Final

import pyarrow as pa

# A table of a chunk's few rows takes ten times the room that they take in a large one.
_TABLES_AT_A_TIME: Final = 16


class RowBuffer:
    """Gathers small tables to large ones; `rows` is how many rows wait."""

    def __init__(self) -> None:
        self.rows = 0
        self._small: list[pa.Table] = []
        self._large: list[pa.Table] = []

    def add(self, table: pa.Table) -> None:
        """Take in rows that come after the others."""
        self.rows += len(table)
        self._small.append(table)
        if len(self._small) == _TABLES_AT_A_TIME:
            self._large.append(_joined(self._small))
            self._small = []

    def take(self) -> pa.Table | None:
        """Return all rows that wait, as one table, and wait for others; None if there are none."""
        tables = self._large + self._small
        self.rows, self._small, self._large = 0, [], []
        return _joined(tables) if tables else None


def _joined(tables: list[pa.Table]) -> pa.Table:
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks()
