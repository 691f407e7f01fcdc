"""How well vidfer does on labelled items, in numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vidfer.emotions import EMOTIONS
from vidfer.field_test.results import ItemResult
from vidfer.training.evaluation.confidence import bootstrap_intervals
from vidfer.training.evaluation.reliability import Reliability, ece_by_chance
from vidfer.training.metrics import ClassificationReport, is_among_top, surprisals


@dataclass(frozen=True, kw_only=True)
class MaterialFigures:
    """Figures over the items that could be read; those that failed are in none of them.

    support: items per label, int64 (7,).
    report: over the items with a face. usable: over those with a usable face.
    reliability, ece_by_chance, top2_accuracy (share of labels among the two most likely emotions)
        and negative_log_likelihood (nats): of the mean probabilities of items with a face, the
        last three None without any.
    intervals: 95 % bootstrap intervals of the report's accuracy and macro F1, drawing files, as
        stretches of one video are alike; empty without a face.
    """

    support: np.ndarray
    report: ClassificationReport
    usable: ClassificationReport
    reliability: Reliability
    ece_by_chance: float | None
    top2_accuracy: float | None
    negative_log_likelihood: float | None
    intervals: dict[str, tuple[float, float]]

    @classmethod
    def of(cls, results: Sequence[ItemResult]) -> "MaterialFigures":
        """Sum results up."""
        labels = np.array([r.item.label for r in results if r.status != "failed"], dtype=np.int64)
        seen = [result for result in results if result.status == "ok"]
        usable = [r for r in seen if r.reading is not None and r.reading.frames_usable]
        truth, probabilities = _labels(seen), _probabilities(seen)
        return cls(
            support=np.bincount(labels, minlength=len(EMOTIONS)),
            report=_report(seen),
            usable=_report(usable),
            reliability=Reliability.of(truth, probabilities),
            ece_by_chance=ece_by_chance(probabilities) if seen else None,
            top2_accuracy=_mean(is_among_top(truth, probabilities, top=2)),
            negative_log_likelihood=_mean(surprisals(truth, probabilities)),
            intervals=_intervals(seen) if seen else {},
        )

    @property
    def items(self) -> int:
        """How many items could be read."""
        return int(self.support.sum())

    @property
    def with_face(self) -> int:
        """In how many of them a face was found."""
        return int(self.report.support.sum())

    @property
    def with_usable_face(self) -> int:
        """In how many of them a face passed the quality gate."""
        return int(self.usable.support.sum())

    @property
    def detection_rate(self) -> float:
        """The share of items with a face, 0 where there are none."""
        return self.with_face / self.items if self.items else 0.0

    @property
    def accuracy_of_all(self) -> float:
        """The share of right predictions where an item without a face counts as wrong."""
        return self.report.accuracy * self.detection_rate

    @property
    def macro_f1_of_all(self) -> float:
        """Macro F1 where an item without a face lowers its emotion's recall."""
        right = np.diag(self.report.confusion)
        either = self.support + self.report.confusion.sum(axis=0)
        return float((2 * right / np.maximum(either, 1)).mean())

    @property
    def macro_f1_of_labelled(self) -> float:
        """Macro F1 over the emotions that label an item with a face, 0 without any."""
        labelled = self.report.support > 0
        return float(self.report.f1[labelled].mean()) if labelled.any() else 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return the figures for JSON; those on top are over the items with a face."""
        return {
            "items": self.items,
            "with_face": self.with_face,
            "with_usable_face": self.with_usable_face,
            "detection_rate": self.detection_rate,
            "accuracy": self.report.accuracy,
            "macro_f1": self.report.macro_f1,
            "macro_f1_of_labelled": self.macro_f1_of_labelled,
            "top2_accuracy": self.top2_accuracy,
            "negative_log_likelihood": self.negative_log_likelihood,
            "ece": self.reliability.ece,
            "ece_by_chance": self.ece_by_chance,
            "intervals": {name: list(interval) for name, interval in self.intervals.items()},
            "all_items": {"accuracy": self.accuracy_of_all, "macro_f1": self.macro_f1_of_all},
            "usable_items": {"accuracy": self.usable.accuracy, "macro_f1": self.usable.macro_f1},
            "detection_rates": dict(zip(EMOTIONS, self._detection_rates())),
            "report": self.report.as_dict(),
            "confusion": self.report.confusion.tolist(),
        }

    def _detection_rates(self) -> list[float | None]:
        """Return the share of items with a face per label; None where a label has none."""
        pairs = zip(self.report.support.tolist(), self.support.tolist())
        return [found / items if items else None for found, items in pairs]


def _mean(values: np.ndarray) -> float | None:
    return float(values.mean()) if len(values) else None


def _labels(results: Sequence[ItemResult]) -> np.ndarray:
    return np.array([result.item.label for result in results], dtype=np.int64)


def _probabilities(results: Sequence[ItemResult]) -> np.ndarray:
    rows = [r.reading.probabilities for r in results if r.reading is not None]
    return np.array(rows, dtype=np.float64).reshape(-1, len(EMOTIONS))


def _report(results: Sequence[ItemResult]) -> ClassificationReport:
    return ClassificationReport.of(_labels(results), _predictions(results))


def _predictions(results: Sequence[ItemResult]) -> np.ndarray:
    predictions: np.ndarray = _probabilities(results).argmax(axis=1)
    return predictions


def _intervals(results: Sequence[ItemResult]) -> dict[str, tuple[float, float]]:
    files = np.unique([str(result.item.path) for result in results], return_inverse=True)[1]
    return bootstrap_intervals(_labels(results), _predictions(results), files)
