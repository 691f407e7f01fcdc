"""Tables of faces that other tools wrote, as rows that can be laid beside a timeline's."""

import csv
from pathlib import Path
from typing import Final

import polars as pl

from vidfer.analysis.face_rows import BOX, FACE_SCHEMA
from vidfer.analysis.foreign_columns import FaceColumns, ForeignColumns, find_columns
from vidfer.analysis.text_file import separator_of
from vidfer.emotions import EMOTIONS, emotion_of
from vidfer.errors import UsageError

# Percentages, as deepface writes them, sum to 100; probabilities, rounded or not, to 1.
_PER_CENT: Final = 100.0
_MORE_THAN_ROUNDING: Final = 2.0

# Times beyond it are no times in a video but clocks (seconds since 1970).
_LONGEST_S: Final = 1e8

_NUMBER: Final = r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"


def header_of(path: Path) -> list[str]:
    """Return the column names of a delimited text file without reading the rest of it.

    Raises:
        UsageError: it cannot be read, is empty or is no text.
    """
    line = _first_line(path)
    return [name.strip() for name in next(csv.reader([line], delimiter=separator_of(line)), [])]


def read_foreign(path: Path) -> pl.DataFrame:
    """Read another tool's table of faces: the columns of FACE_SCHEMA, `video` as it says.

    `time_s` and `frame` are null where the tool writes none. Its moments are its frames;
    without them its different times; without these, too, its rows.

    Raises:
        UsageError: it cannot be read, or its columns are no known tool's.
    """
    names = header_of(path)
    columns = find_columns(names)
    if columns is None:
        raise UsageError(
            f"{path} is no table of faces or events: its columns are {', '.join(names[:12])}. "
            "Layouts that are known are in docs/compare.md."
        )
    table = _texts(path, names, columns).with_row_index("row")
    faces = [_faces(table, columns, face, number) for number, face in enumerate(columns.faces)]
    rows = _with_moments(pl.concat(faces).sort("row", maintain_order=True), columns)
    return _as_probabilities(rows).select(
        pl.col(name).cast(kind) for name, kind in FACE_SCHEMA.items()
    )


def _first_line(path: Path) -> str:
    try:
        with path.open(encoding="utf-8-sig") as file:
            line = file.readline()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text: save it as UTF-8 and try again.") from error
    if not line.strip():
        raise UsageError(f"{path} is empty, or its first line is: it must name the columns.")
    return line.rstrip("\r\n")


def _texts(path: Path, names: list[str], columns: ForeignColumns) -> pl.DataFrame:
    """Read the columns that matter, of a table that may have thousands, as texts."""
    wanted = [columns.video, columns.frame, columns.time]
    wanted += [name for face in columns.faces for name in face.names]
    places = {name: place for place, name in reversed(list(enumerate(names)))}
    chosen = {name: f"column_{places[name] + 1}" for name in wanted if name is not None}
    try:
        return (
            pl.scan_csv(
                path,
                has_header=False,
                skip_rows=1,
                separator=separator_of(_first_line(path)),
                schema={f"column_{place + 1}": pl.String() for place in range(len(names))},
                truncate_ragged_lines=True,
                glob=False,
            )
            .select(pl.col(column).alias(name) for name, column in chosen.items())
            .collect()
        )
    except pl.exceptions.NoDataError:
        return pl.DataFrame(schema=dict.fromkeys(chosen, pl.String))
    except (OSError, pl.exceptions.PolarsError) as error:
        raise UsageError(f"{path} cannot be read as CSV: {error}") from error


def _faces(
    table: pl.DataFrame, columns: ForeignColumns, face: FaceColumns, number: int
) -> pl.DataFrame:
    """Return one face of each row, without a face (null box and emotions) where it has none."""
    time = _number(columns.time)
    rows = table.select(
        "row",
        video=pl.lit(None, pl.String) if columns.video is None else _text(columns.video),
        frame=_number(columns.frame).cast(pl.Int64),
        time_s=pl.when(time < _LONGEST_S).then(time),
        face=pl.lit(number, pl.Int64) if face.order is None else _number(face.order).cast(pl.Int64),
        said=pl.lit(value=True) if face.success is None else _number(face.success) > 0,
        label=pl.lit(None, pl.Int64) if face.label is None else _emotion(face.label),
        **_box(face),
        box_is_part=pl.lit(value=not (face.box or face.box_text)),
        **{
            name: _number(face.emotions[index] if face.emotions else None)
            for index, name in enumerate(EMOTIONS)
        },
    )
    seen = pl.any_horizontal(pl.col(*EMOTIONS, *BOX, "label").is_not_null())
    success = pl.lit(value=face.success is not None)
    there = pl.col("said") & (seen | success)
    blank = [
        pl.when(there).then(pl.col(name)).alias(name) for name in ("face", "label", *BOX, *EMOTIONS)
    ]
    rows = rows.with_columns(*blank, is_face=there.fill_null(value=False)).drop("said")
    # Beside the first, a face that is not there has no row.
    return rows if number == 0 else rows.filter("is_face")


def _with_moments(rows: pl.DataFrame, columns: ForeignColumns) -> pl.DataFrame:
    moment = pl.col("row")
    if columns.frame is not None:
        moment = pl.col("frame")
    elif rows["time_s"].null_count() < rows.height:
        moment = pl.col("time_s").rank("dense")
    return rows.with_columns(moment=moment).filter(pl.col("moment").is_not_null())


def _text(name: str) -> pl.Expr:
    text = pl.col(name).str.strip_chars()
    return pl.when(text != "").then(text)


def _number(name: str | None) -> pl.Expr:
    if name is None:
        return pl.lit(None, pl.Float64)
    number = pl.col(name).str.strip_chars().cast(pl.Float64, strict=False)
    return pl.when(number.is_finite()).then(number)


def _emotion(name: str) -> pl.Expr:
    return _text(name).map_elements(emotion_of, return_dtype=pl.Int64)


def _box(face: FaceColumns) -> dict[str, pl.Expr]:
    if face.box:
        return {ours: _number(theirs) for ours, theirs in zip(BOX, face.box)}
    if face.box_text is not None:
        numbers = pl.col(face.box_text).str.extract_all(_NUMBER).cast(pl.List(pl.Float64))
        return {ours: numbers.list.get(index, null_on_oob=True) for index, ours in enumerate(BOX)}
    across, down = face.landmarks
    if across and down:
        left, top = (pl.min_horizontal(map(_number, one)) for one in (across, down))
        right, bottom = (pl.max_horizontal(map(_number, one)) for one in (across, down))
        return dict(zip(BOX, (left, top, right - left, bottom - top)))
    return {name: pl.lit(None, pl.Float64) for name in BOX}


def _as_probabilities(rows: pl.DataFrame) -> pl.DataFrame:
    """Bring percentages to probabilities, and give each face its one emotion."""
    complete = pl.all_horizontal(pl.col(EMOTIONS).is_not_null())
    largest = rows.select(pl.sum_horizontal(EMOTIONS).max()).item()
    scale = _PER_CENT if largest is not None and largest > _MORE_THAN_ROUNDING else 1.0
    likely = pl.concat_list(EMOTIONS).list.arg_max().cast(pl.Int64)
    return rows.with_columns(
        *(pl.when(complete).then(pl.col(name) / scale).alias(name) for name in EMOTIONS),
        emotion=pl.when(complete).then(likely).otherwise(pl.col("label")),
        usable=pl.lit(value=True),
    )
