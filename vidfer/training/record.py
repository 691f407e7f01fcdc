"""What a training run leaves beside the weights: its history and confusion, as data and plots."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from vidfer.atomic import replacing
from vidfer.training.metrics import ClassificationReport
from vidfer.training.plots import plot_confusion, plot_history
from vidfer.training.result_files import beside, confusion_table, write_table
from vidfer.training.run import EpochResult


def save_history(history: Sequence[EpochResult], stem: Path) -> None:
    """Write STEM.history.parquet, a row per epoch, and STEM.history.png.

    Raises:
        OutputError: the file system refuses.
    """
    lines = [result.as_dict() for result in history]
    with replacing(beside(stem, "history.parquet"), beside(stem, "history.png")) as (table, plot):
        write_table(pa.Table.from_pylist(lines), table)
        plot_history(lines, plot)


def save_confusion(report: ClassificationReport, stem: Path, *, title: str) -> None:
    """Write STEM.confusion.parquet (label, prediction, pictures) and STEM.confusion.png.

    Raises:
        OutputError: the file system refuses.
    """
    names = ("confusion.parquet", "confusion.png")
    with replacing(*(beside(stem, name) for name in names)) as (table, plot):
        write_table(confusion_table(report), table)
        plot_confusion(report, plot, title=title)
