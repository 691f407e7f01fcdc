"""How well a model does on labelled faces."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch

from vidfer.emotion.cards import ModelCard
from vidfer.emotion.models import EmotionModel
from vidfer.errors import DataError
from vidfer.training.data import SPLIT_FILES, LabelledFaces, read_faces, read_split
from vidfer.training.loop import logits_of
from vidfer.training.metrics import ClassificationReport

# Of several splits, the one whose figures stand for the model: never seen, never chosen on.
_HEADLINE_ORDER: Final = ("private_test", "public_test", "training")

WITHOUT_COPIES: Final = "_without_copies"


@dataclass(frozen=True)
class Evaluation:
    """A model's reports by split; `headline` names the one that stands for all."""

    card: ModelCard
    data: str
    headline: str
    reports: dict[str, ClassificationReport]

    def as_dict(self) -> dict[str, Any]:
        """Return the evaluation for JSON: the headline's figures on top, all below `splits`."""
        splits = {name: report_dict(report) for name, report in self.reports.items()}
        return {
            "model": self.card.name,
            "weights_sha256": self.card.weights_sha256,
            "data": self.data,
            "split": self.headline,
            **splits[self.headline],
            "splits": splits,
        }

    def to_json(self) -> str:
        """Return the evaluation as JSON text."""
        return json.dumps(self.as_dict(), indent=2)

    def as_text(self) -> str:
        """Return every report in the paper's format, then one line per split."""
        parts = [f"{_title(name)}\n{report.as_text()}\n" for name, report in self.reports.items()]
        lines = [
            f"{_title(name):>36}  accuracy {report.accuracy:.4f}  macro F1 {report.macro_f1:.4f}"
            f"  pictures {int(report.support.sum()):>6,}"
            for name, report in self.reports.items()
        ]
        return "\n".join([f"Model {self.card.name} on {self.data}\n", *parts, *lines])


def report_dict(report: ClassificationReport) -> dict[str, Any]:
    """Return one split's figures for JSON."""
    return {
        "accuracy": report.accuracy,
        "macro_f1": report.macro_f1,
        "report": report.as_dict(),
        "confusion": report.confusion.tolist(),
    }


def evaluate_model(model: EmotionModel, data: Path, *, device: torch.device) -> Evaluation:
    """Evaluate on one Parquet file, or on all official splits that a folder holds.

    Test pictures that are pixel copies of training pictures are left out in a second
    report wherever the training split lies beside them and any pictures are left.

    Raises:
        DataError: `data` is neither.
    """
    network = model.network.to(device)
    splits = _splits(data)
    reports = {}
    for name, faces in splits.items():
        predictions = logits_of(network, faces, device=device).argmax(1).numpy()
        reports[name] = ClassificationReport.of(faces.labels, predictions)
    headline = next((name for name in _HEADLINE_ORDER if name in splits), next(iter(splits)))
    return Evaluation(card=model.card, data=str(data), headline=headline, reports=reports)


def _splits(data: Path) -> dict[str, LabelledFaces]:
    """Read what is to be evaluated, by name, in the order of printing."""
    if data.is_dir():
        names = [name for name, file in SPLIT_FILES.items() if (data / file).is_file()]
        if not names:
            raise DataError(
                f"{data} holds none of {', '.join(SPLIT_FILES.values())}: "
                "name a Parquet file, or a folder with these."
            )
        read = {name: read_split(data, name) for name in names}
    else:
        read = {data.stem: read_faces(data)}
    return _with_uncopied(read, data if data.is_dir() else data.parent)


def _with_uncopied(read: dict[str, LabelledFaces], folder: Path) -> dict[str, LabelledFaces]:
    """Add, after each test split, what is left of it without copies of training pictures."""
    tests = [name for name in read if name in SPLIT_FILES and name != "training"]
    if not tests or not (folder / SPLIT_FILES["training"]).is_file():
        return read
    training = read.get("training") or read_split(folder, "training")
    result = {}
    for name, faces in read.items():
        result[name] = faces
        if name in tests:
            left = faces.without_copies_of(training)
            if len(left):
                result[name + WITHOUT_COPIES] = left
    return result


def _title(name: str) -> str:
    titles = {"training": "Training", "public_test": "PublicTest", "private_test": "PrivateTest"}
    if name.endswith(WITHOUT_COPIES):
        return _title(name.removesuffix(WITHOUT_COPIES)) + " without copies of training"
    return titles.get(name, name)
