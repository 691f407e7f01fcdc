"""Tables in a terminal: never wider than it, and nothing in them steers it."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from vidfer.visible import visible

# Rows that a terminal is shown; files hold all of them.
_MOST_ROWS: Final = 40
_DECIMALS: Final = 3

_MOST_KEY_WIDTH: Final = 40
_LEAST_KEY_WIDTH: Final = 16

Line = list[str]


def table_text(table: pl.DataFrame, *, width: int, texts: int) -> str:
    """Return the first rows of a table, lines of at most `width` characters.

    The first `texts` columns are names, cut where there is no room; the others are numbers.
    """
    head = table.head(_MOST_ROWS).with_columns(pl.selectors.float().round(_DECIMALS))
    shown = [[plain(value) for value in row] for row in head.rows()]
    lines = laid_out([table.columns, *shown], texts, width)
    more = [f"{table.height - _MOST_ROWS:,} more rows."] if table.height > _MOST_ROWS else []
    return "\n".join([*lines, *more])


def plain(value: object) -> str:
    """Return a cell's text; what could steer a terminal is escaped."""
    if value is None:
        return "-"
    text = f"{value:.10g}" if isinstance(value, float) else str(value)
    return visible(text)


def least_width(table: Sequence[Line], keys: int) -> int:
    """Return the least width of lines whose first `keys` cells are cut to what can be read."""
    widths = _widths(table)
    narrowed = [min(width, _LEAST_KEY_WIDTH) for width in widths[:keys]]
    return sum([*narrowed, *widths[keys:]]) + len(widths) - 1


def _widths(table: Sequence[Line]) -> list[int]:
    return [max(map(len, column)) for column in zip(*table)]


def laid_out(table: Sequence[Line], keys: int, width: int) -> list[str]:
    """Return lines of at most `width` characters: keys to the left, cut if they must be."""
    widths = _widths(table)
    left = width - sum(widths[keys:]) - (len(widths) - 1)
    fair = [min(one, _MOST_KEY_WIDTH) for one in widths[:keys]]
    while fair and sum(fair) > left and max(fair) > 1:
        fair[fair.index(max(fair))] -= 1
    lines = []
    for line in table:
        names = [_cut(cell, room).ljust(room) for cell, room in zip(line, fair)]
        numbers = [cell.rjust(room) for cell, room in zip(line[keys:], widths[keys:])]
        lines.append(" ".join([*names, *numbers])[:width].rstrip())
    return lines


def _cut(text: str, width: int) -> str:
    """Shorten a text in its middle: names often differ in their beginnings or their ends."""
    if len(text) <= width:
        return text
    end = (width - 1) // 2
    return f"{text[: width - 1 - end]}…{text[len(text) - end :]}"
