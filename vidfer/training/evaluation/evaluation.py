"""How well a model does on labelled faces."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from vidfer.config import Views
from vidfer.emotion.cards import ModelCard
from vidfer.emotion.models import EmotionModel
from vidfer.training.data import HELD_OUT, SPLIT_FILES, LabelledFaces, read_split, read_splits
from vidfer.training.data.copies import are_copies
from vidfer.training.data.settling import seen_by
from vidfer.training.evaluation.split import SplitEvaluation
from vidfer.training.evaluation.text import WITHOUT_COPIES, split_text, summary_text
from vidfer.training.evaluation.views import probabilities_of
from vidfer.training.metrics import ClassificationReport
from vidfer.video.inputs import printable

# Of several splits, the one whose figures stand for the model: never seen, never chosen on.
_HEADLINE_ORDER: Final = ("private_test", "public_test", HELD_OUT, "training")

_TRAINING: Final = "training"


@dataclass(frozen=True)
class Evaluation:
    """A model's answers by split; `headline` names the split that stands for all."""

    card: ModelCard
    data: str
    views: Views
    headline: str
    splits: dict[str, SplitEvaluation]

    @property
    def reports(self) -> dict[str, ClassificationReport]:
        """Predictions against labels, by split."""
        return {name: split.report for name, split in self.splits.items()}

    @cached_property
    def results(self) -> dict[str, dict[str, Any]]:
        """Every figure by split, for JSON and for the card."""
        return {name: split.as_dict() for name, split in self.splits.items()}

    def as_dict(self) -> dict[str, Any]:
        """Return the evaluation for JSON: the headline's figures on top, all below `splits`."""
        return {
            "model": self.card.name,
            "weights_sha256": self.card.weights_sha256,
            "temperature": self.card.temperature,
            "settled": self.card.settled,
            "data": self.data,
            "views": self.views,
            "split": self.headline,
            **self.results[self.headline],
            "splits": self.results,
        }

    def to_json(self) -> str:
        """Return the evaluation as JSON text."""
        return json.dumps(self.as_dict(), indent=2)

    def as_text(self) -> str:
        """Return every report in the paper's format, then one line per split."""
        seen = "" if self.views == "single" else f" ({self.views} views)"
        cut = ", faces cut again as analyze cuts them" if self.card.settled else ""
        parts = [split_text(name, split) for name, split in self.splits.items()]
        title = f"Model {self.card.name} on {self.data}{seen}{cut}\n"
        return "\n".join([title, *parts, summary_text(self.splits)])


def evaluate_model(
    model: EmotionModel, data: Path, *, device: torch.device, views: Views = "single"
) -> Evaluation:
    """Evaluate on every split that `data` holds.

    Pictures that are pixel copies of training pictures are left out in a second report
    wherever the training split is there, or beside the file that `data` names.

    Raises:
        DataError: `data` cannot be read.
    """
    network = model.network.to(device)
    faces_by_split = read_splits(data)
    training = faces_by_split.get(_TRAINING) or _training_beside(data)
    splits: dict[str, SplitEvaluation] = {}
    for own_name, faces in faces_by_split.items():
        name = printable(own_name)
        seen = seen_by(model.card, faces, device=device)
        probabilities = probabilities_of(
            network, seen, temperature=model.card.temperature, views=views, device=device
        )
        split = SplitEvaluation(faces, probabilities, copied=_copied(name, faces, training))
        splits[name] = split
        if split.copied is not None and split.copied.any() and not split.copied.all():
            splits[name + WITHOUT_COPIES] = split.rows(~split.copied)
    headline = next((name for name in _HEADLINE_ORDER if name in splits), next(iter(splits)))
    return Evaluation(
        card=model.card, data=printable(str(data)), views=views, headline=headline, splits=splits
    )


def _training_beside(data: Path) -> LabelledFaces | None:
    """Return the training split that lies beside the file of an official test split."""
    names = set(SPLIT_FILES.values()) - {SPLIT_FILES[_TRAINING]}
    if data.name not in names or not (data.parent / SPLIT_FILES[_TRAINING]).is_file():
        return None
    return read_split(data.parent, _TRAINING)


def _copied(name: str, faces: LabelledFaces, training: LabelledFaces | None) -> np.ndarray | None:
    if training is None or name == _TRAINING:
        return None
    return are_copies(faces.pictures, training.pictures)
