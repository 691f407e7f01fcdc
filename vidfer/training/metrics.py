"""Accuracy, precision, recall and F1 from labels and predictions; figures of probabilities."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from vidfer.emotions import EMOTIONS

# A probability of 0 for the label would make the mean infinite; scikit-learn's limit.
_LEAST_PROBABILITY: Final = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class ClassificationReport:
    """How predictions compare with labels.

    `confusion` is int64 (7, 7): row = label, column = prediction, both in EMOTIONS' order.
    Figures for a class that is never predicted or never present are 0, as in scikit-learn,
    and so are all figures where there is nothing to compare.
    """

    confusion: np.ndarray

    @classmethod
    def of(cls, labels: np.ndarray, predictions: np.ndarray) -> "ClassificationReport":
        """Count `predictions` against `labels`, both int (N,)."""
        confusion = np.zeros((len(EMOTIONS), len(EMOTIONS)), dtype=np.int64)
        np.add.at(confusion, (labels, predictions), 1)
        return cls(confusion=confusion)

    @property
    def support(self) -> np.ndarray:
        """Labels per class, int64 (7,)."""
        counts: np.ndarray = self.confusion.sum(axis=1)
        return counts

    @property
    def accuracy(self) -> float:
        """The share of predictions that equal their label."""
        total = int(self.confusion.sum())
        return float(np.trace(self.confusion) / total) if total else 0.0

    @property
    def precision(self) -> np.ndarray:
        """Per class, float64 (7,)."""
        return _ratio(np.diag(self.confusion), self.confusion.sum(axis=0))

    @property
    def recall(self) -> np.ndarray:
        """Per class, float64 (7,)."""
        return _ratio(np.diag(self.confusion), self.support)

    @property
    def f1(self) -> np.ndarray:
        """Per class, float64 (7,)."""
        return _ratio(2 * self.precision * self.recall, self.precision + self.recall)

    @property
    def row_shares(self) -> np.ndarray:
        """`confusion` as shares of each label's pictures, float64 (7, 7)."""
        shares: np.ndarray = self.confusion / np.maximum(self.support, 1)[:, None]
        return shares

    @property
    def macro_f1(self) -> float:
        """The mean of the classes' F1."""
        return float(self.f1.mean())

    def as_dict(self) -> dict[str, object]:
        """Return the report in scikit-learn's `output_dict` layout."""
        columns = {"precision": self.precision, "recall": self.recall, "f1-score": self.f1}
        rows: dict[str, object] = {
            name: {key: float(values[i]) for key, values in columns.items()}
            | {"support": int(self.support[i])}
            for i, name in enumerate(EMOTIONS)
        }
        total = int(self.support.sum())
        rows["accuracy"] = self.accuracy
        for average, weights in (("macro avg", None), ("weighted avg", self.support)):
            rows[average] = {
                key: _mean(values, weights=weights) for key, values in columns.items()
            } | {"support": total}
        return rows

    def as_text(self) -> str:
        """Return the table that the paper prints: scikit-learn's layout, two decimals."""
        total = int(self.support.sum())
        lines = [f"{'':>12} {'precision':>9} {'recall':>9} {'f1-score':>9} {'support':>9}", ""]
        per_class = zip(EMOTIONS, self.precision, self.recall, self.f1, self.support)
        lines += [_row(name, (p, r, f), n) for name, p, r, f, n in per_class]
        lines += ["", f"{'accuracy':>12} {'':>9} {'':>9} {self.accuracy:>9.2f} {total:>9}"]
        for average, weights in (("macro avg", None), ("weighted avg", self.support)):
            means = [_mean(v, weights=weights) for v in (self.precision, self.recall, self.f1)]
            lines.append(_row(average, means, total))
        return "\n".join(lines)


def is_among_top(labels: np.ndarray, probabilities: np.ndarray, *, top: int) -> np.ndarray:
    """Tell of each label whether it is among the `top` most likely classes, bool (N,).

    `labels` is int (N,), `probabilities` float (N, 7). Of equally likely classes the
    first counts as the more likely one, as it does for the prediction.
    """
    ranked = np.argsort(-probabilities, axis=1, kind="stable")[:, :top]
    among: np.ndarray = (ranked == labels[:, None]).any(axis=1)
    return among


def surprisals(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return minus the logarithm of each label's probability, in nats, float64 (N,).

    Their mean is the negative log-likelihood. `labels` is int (N,), `probabilities`
    float (N, 7).
    """
    said = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    values: np.ndarray = -np.log(np.maximum(said, _LEAST_PROBABILITY))
    return values


def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    result: np.ndarray = np.divide(
        numerator,
        denominator,
        out=np.zeros(len(EMOTIONS), dtype=np.float64),
        where=denominator > 0,
    )
    return result


def _mean(values: np.ndarray, *, weights: np.ndarray | None) -> float:
    if weights is not None and not weights.any():
        return 0.0
    return float(np.average(values, weights=weights))


def _row(name: str, figures: "list[float] | tuple[float, ...]", support: int) -> str:
    return f"{name:>12} " + " ".join(f"{value:>9.2f}" for value in figures) + f" {support:>9}"
