"""What a training run leaves beside the weights: its history and confusion, as data and plots."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from vidfer.atomic import replacing
from vidfer.emotions import EMOTIONS
from vidfer.training.metrics import ClassificationReport
from vidfer.training.plots import plot_confusion, plot_history
from vidfer.training.run import EpochResult


def save_history(history: Sequence[EpochResult], stem: Path) -> None:
    """Write STEM.history.parquet, a row per epoch, and STEM.history.png.

    Raises:
        OutputError: the file system refuses.
    """
    lines = [result.as_dict() for result in history]
    with replacing(beside(stem, "history.parquet"), beside(stem, "history.png")) as (table, plot):
        _write_table(pa.Table.from_pylist(lines), table)
        plot_history(lines, plot)


def save_confusion(report: ClassificationReport, stem: Path, *, title: str) -> None:
    """Write STEM.confusion.parquet (label, prediction, pictures) and STEM.confusion.png.

    Raises:
        OutputError: the file system refuses.
    """
    counts = report.confusion
    columns = {
        "label": np.repeat(EMOTIONS, len(EMOTIONS)),
        "prediction": np.tile(EMOTIONS, len(EMOTIONS)),
        "pictures": counts.flatten(),
    }
    names = ("confusion.parquet", "confusion.png")
    with replacing(*(beside(stem, name) for name in names)) as (table, plot):
        _write_table(pa.table(columns), table)
        plot_confusion(report, plot, title=title)


def _write_table(table: pa.Table, path: Path) -> None:
    with path.open("wb") as file:  # pyarrow opens no path that is not UTF-8
        pq.write_table(table, file)


def beside(stem: Path, ending: str) -> Path:
    """Return the path of `stem` with a dot and `ending` after its name."""
    return stem.with_name(f"{stem.name}.{ending}")
