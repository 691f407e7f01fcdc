"""Tables that training and evaluation leave as files."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from vidfer.emotions import EMOTIONS
from vidfer.training.metrics import ClassificationReport


def beside(stem: Path, ending: str) -> Path:
    """Return the path of `stem` with a dot and `ending` after its name."""
    return stem.with_name(f"{stem.name}.{ending}")


def write_table(table: pa.Table, path: Path) -> None:
    """Write a Parquet file."""
    with path.open("wb") as file:  # pyarrow itself opens no path that is not Unicode
        pq.write_table(table, file)


def confusion_table(report: ClassificationReport) -> pa.Table:
    """Return a row for each label and prediction: how many pictures."""
    return pa.table(
        {
            "label": np.repeat(EMOTIONS, len(EMOTIONS)),
            "prediction": np.tile(EMOTIONS, len(EMOTIONS)),
            "pictures": report.confusion.flatten(),
        }
    )
