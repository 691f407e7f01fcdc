"""Every figure of a model on one split."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np

from vidfer.training.data.copies import picture_groups
from vidfer.training.data.labelled_faces import LabelledFaces
from vidfer.training.evaluation.confidence import bootstrap_intervals
from vidfer.training.evaluation.majority import NO_MAJORITY, ferplus_majority
from vidfer.training.evaluation.reliability import Reliability, ece_by_chance
from vidfer.training.metrics import ClassificationReport, is_among_top, surprisals
from vidfer.video.inputs import printable

# The last bits of probabilities differ between machines: what is made of them is told to
# as many digits as mean something. Figures made of counts are exact and told whole.
_DIGITS: Final = 6


@dataclass(frozen=True)
class SplitEvaluation:
    """A model's answers for the faces of one split.

    `probabilities` is float64 (N, 7), calibrated; N is above 0. `copied`, where training
    pictures are known, is bool (N,): which faces are copies of one.
    """

    faces: LabelledFaces
    probabilities: np.ndarray
    copied: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.faces)

    def rows(self, which: np.ndarray) -> "SplitEvaluation":
        """Return the evaluation of the faces that a bool (N,) mask keeps."""
        return SplitEvaluation(
            faces=self.faces.rows(which),
            probabilities=self.probabilities[which],
            copied=None if self.copied is None else self.copied[which],
        )

    @cached_property
    def predictions(self) -> np.ndarray:
        """The most likely class of each face, int64 (N,)."""
        best: np.ndarray = self.probabilities.argmax(axis=1)
        return best

    @cached_property
    def report(self) -> ClassificationReport:
        """Predictions against labels."""
        return ClassificationReport.of(self.faces.labels, self.predictions)

    @cached_property
    def reliability(self) -> Reliability:
        """How often the model is right when it is so and so sure."""
        return Reliability.of(self.faces.labels, self.probabilities)

    @cached_property
    def intervals(self) -> dict[str, tuple[float, float]]:
        """95 % bootstrap intervals of `accuracy` and `macro_f1`; copies are drawn together."""
        groups = picture_groups(self.faces.pictures)
        return bootstrap_intervals(self.faces.labels, self.predictions, groups)

    @cached_property
    def top2_accuracy(self) -> float:
        """The share of faces whose label is among the two most likely classes."""
        return float(is_among_top(self.faces.labels, self.probabilities, top=2).mean())

    @cached_property
    def negative_log_likelihood(self) -> float:
        """The mean of minus the logarithm of the label's probability, in nats."""
        return float(surprisals(self.faces.labels, self.probabilities).mean())

    @cached_property
    def sources(self) -> dict[str, ClassificationReport]:
        """A report for each source of faces, by its name; faces of unknown source in none."""
        if self.faces.sources is None:
            return {}
        names, numbers = np.unique(self.faces.sources, return_inverse=True)
        return {
            printable(name): self._report_of(numbers == number)
            for number, name in enumerate(names)
            if name
        }

    @cached_property
    def ferplus_majority(self) -> ClassificationReport | None:
        """Predictions against what most of FER+'s taggers chose; None without such faces."""
        if self.faces.votes is None:
            return None
        majority = ferplus_majority(self.faces.votes)
        kept = majority != NO_MAJORITY
        if not kept.any():
            return None
        return ClassificationReport.of(majority[kept], self.predictions[kept])

    def as_dict(self) -> dict[str, Any]:
        """Return the figures for JSON and for the card; docs/evaluate.md explains each."""
        figures: dict[str, Any] = {
            "pictures": len(self),
            **_figures(self.report),
            "top2_accuracy": self.top2_accuracy,
            "negative_log_likelihood": round(self.negative_log_likelihood, _DIGITS),
            "ece": round(self.reliability.ece, _DIGITS),
            "ece_by_chance": round(ece_by_chance(self.probabilities), _DIGITS),
            "intervals": {name: list(ends) for name, ends in self.intervals.items()},
            "report": self.report.as_dict(),
            "confusion": self.report.confusion.tolist(),
            "reliability": self.reliability.as_dict(),
        }
        if self.ferplus_majority is not None:
            figures["ferplus_majority"] = self._ferplus_figures(self.ferplus_majority)
        if self.sources:
            figures["sources"] = {
                name: {"pictures": int(report.support.sum()), **_figures(report)}
                for name, report in self.sources.items()
            }
        return figures

    def _report_of(self, which: np.ndarray) -> ClassificationReport:
        return ClassificationReport.of(self.faces.labels[which], self.predictions[which])

    def _ferplus_figures(self, report: ClassificationReport) -> dict[str, Any]:
        pictures = int(report.support.sum())
        return {"pictures": pictures, "left_out": len(self) - pictures, **_figures(report)}


def _figures(report: ClassificationReport) -> dict[str, float]:
    return {"accuracy": report.accuracy, "macro_f1": report.macro_f1}
