"""An evaluation as files: tables in Parquet, pictures in PNG, every figure in JSON."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from vidfer.atomic import make_folder, replacing
from vidfer.emotions import EMOTIONS
from vidfer.training.evaluation.evaluation import Evaluation
from vidfer.training.evaluation.split import SplitEvaluation
from vidfer.training.evaluation.text import WITHOUT_COPIES, split_title
from vidfer.training.metrics import ClassificationReport
from vidfer.training.plots import plot_confusion, plot_reliability
from vidfer.training.result_files import beside, confusion_table, write_table
from vidfer.video.inputs import printable


def save_evaluation(evaluation: Evaluation, folder: Path) -> None:
    """Write evaluation.json and, for each split, tables and pictures whose names start with it.

    Raises:
        OutputError: the file system refuses.
    """
    make_folder(folder)
    for name, split in evaluation.splits.items():
        title = f"{evaluation.card.name} on {split_title(name)}"
        _save_confusion(split, folder / name, title=title)
        _save_reliability(split, folder / name, title=title)
        if not name.endswith(WITHOUT_COPIES):  # their predictions are among the split's
            _save_predictions(split, folder / name)
    with replacing(folder / "evaluation.json") as (path,):
        path.write_text(evaluation.to_json() + "\n", encoding="utf-8")


def shares_table(report: ClassificationReport) -> pa.Table:
    """Return a row for each label and prediction: how many pictures, and which share."""
    shares = pa.array(report.row_shares.flatten())
    return confusion_table(report).append_column("share_of_label", shares)


def predictions_table(split: SplitEvaluation) -> pa.Table:
    """Return a row for each face, in the data's order: label, answer and seven probabilities."""
    faces, names = split.faces, np.array(EMOTIONS)
    probabilities = split.probabilities.astype(np.float32)
    columns: dict[str, object] = {
        "row": np.arange(len(split), dtype=np.int64),
        "label": names[faces.labels],
        "prediction": names[split.predictions],
        **{name: probabilities[:, i] for i, name in enumerate(EMOTIONS)},
    }
    if faces.sources is not None:
        columns["source"] = pa.array(map(printable, faces.sources), pa.string())
    if split.copied is not None:
        columns["copy_of_training"] = split.copied
    return pa.table(columns)


def _save_confusion(split: SplitEvaluation, stem: Path, *, title: str) -> None:
    with replacing(beside(stem, "confusion.parquet"), beside(stem, "confusion.png")) as paths:
        write_table(shares_table(split.report), paths[0])
        plot_confusion(split.report, paths[1], title=title)


def _save_reliability(split: SplitEvaluation, stem: Path, *, title: str) -> None:
    with replacing(beside(stem, "reliability.png")) as (path,):
        plot_reliability(split.reliability, path, title=title)


def _save_predictions(split: SplitEvaluation, stem: Path) -> None:
    with replacing(beside(stem, "predictions.parquet")) as (path,):
        write_table(predictions_table(split), path)
