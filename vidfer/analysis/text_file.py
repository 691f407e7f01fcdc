"""Text that people and their programs wrote: marks of byte order, line ends, separators."""

import codecs
import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vidfer.errors import UsageError

_SEPARATORS: Final = (",", ";", "\t", "|")


def read_text(path: Path) -> str:
    """Return a text file's content with plain line ends and without a byte order mark.

    UTF-8, or UTF-16 with its mark.

    Raises:
        UsageError: it is missing, cannot be read, holds nothing, or is no such text.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error
    text = _decoded(path, content).replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise UsageError(f"{path} is empty.")
    return text


def _decoded(path: Path, content: bytes) -> str:
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text: save it as UTF-8 and try again.") from error
    if "\0" in text:
        raise UsageError(f"{path} is not text.")
    return text


def separator_of(header: str) -> str:
    """Return the one of comma, semicolon, tab and bar that cuts a header into most columns."""
    return max(_SEPARATORS, key=lambda one: len(next(csv.reader([header], delimiter=one), [])))


@dataclass(frozen=True)
class Line:
    """One line of a table: its number in the file, from 1, and its cells by column."""

    number: int
    cells: dict[str, str]


def read_lines(path: Path) -> tuple[list[str], list[Line]]:
    """Return a delimited text file's column names, and its lines that are not blank.

    The separator is told from the header. Cells are stripped of white space; cells that a
    line lacks at its end are empty.

    Raises:
        UsageError: as `read_text`, or a line has more cells than there are columns.
    """
    text = read_text(path).lstrip("\n")
    separator = separator_of(text.split("\n", 1)[0])
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        names = [name.strip() for name in next(reader)]
        return names, [
            Line(reader.line_num, _cells(path, names, row, reader.line_num))
            for row in reader
            if any(cell.strip() for cell in row)
        ]
    except csv.Error as error:
        raise UsageError(f"{path}, line {reader.line_num}, is no CSV: {error}.") from error


def _cells(path: Path, names: list[str], row: list[str], number: int) -> dict[str, str]:
    extra = [cell for cell in row[len(names) :] if cell.strip()]
    if extra:
        raise UsageError(
            f"{path}, line {number}, has {len(row)} cells for {len(names)} columns: put quotes "
            "around cells that hold the separator."
        )
    padded = row + [""] * (len(names) - len(row))
    return {name: cell.strip() for name, cell in zip(names, padded)}
