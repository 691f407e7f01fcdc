"""items.parquet: one row per labelled item."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from vidfer.emotions import EMOTIONS
from vidfer.field_test.results import ItemResult
from vidfer.video.inputs import printable

_WORD: Final = pa.dictionary(pa.int32(), pa.string())

ITEMS_SCHEMA: Final = pa.schema(
    [
        pa.field("path", pa.string(), nullable=False),
        pa.field("start_s", pa.float64()),
        pa.field("end_s", pa.float64()),
        pa.field("source", _WORD),
        pa.field("label", _WORD, nullable=False),
        pa.field("status", _WORD, nullable=False),
        pa.field("prediction", _WORD),
        *(pa.field(name, pa.float64()) for name in EMOTIONS),
        pa.field("frames", pa.int64()),
        pa.field("frames_with_face", pa.int64()),
        pa.field("usable_share", pa.float64()),
        pa.field("error", pa.string()),
    ]
)


def items_table(results: Sequence[ItemResult]) -> pa.Table:
    """Return a row per result, with ITEMS_SCHEMA."""
    return pa.Table.from_pylist([_row(result) for result in results], schema=ITEMS_SCHEMA)


def write_items(results: Sequence[ItemResult], path: Path) -> None:
    """Write the table."""
    pq.write_table(items_table(results), path, compression="zstd", write_page_checksum=True)


def _row(result: ItemResult) -> dict[str, Any]:
    item = result.item
    row = {
        "path": printable(item.shown),
        "start_s": item.start_s,
        "end_s": item.end_s,
        "source": item.source,
        "label": EMOTIONS[item.label],
        "status": result.status,
        "error": result.error,
    }
    reading = result.reading
    if reading is None:
        return row
    row |= {
        "frames": reading.frames,
        "frames_with_face": reading.frames_with_face,
        "usable_share": reading.frames_usable / reading.frames,
    }
    if reading.prediction is not None and reading.probabilities is not None:
        row["prediction"] = EMOTIONS[reading.prediction]
        row |= dict(zip(EMOTIONS, reading.probabilities.tolist()))
    return row
