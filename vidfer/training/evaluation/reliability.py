"""Whether probabilities mean what they say."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

BINS: Final = 15


@dataclass(frozen=True)
class Reliability:
    """How often the most likely class is right, by how likely it is said to be.

    Bin b of BINS equal ones holds the pictures whose top probability lies in
    (b/BINS, (b+1)/BINS]. `counts` is int64 (BINS,); `confidence` (mean top probability)
    and `accuracy` are float64 (BINS,), 0 where a bin is empty.
    """

    counts: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray

    @classmethod
    def of(cls, labels: np.ndarray, probabilities: np.ndarray) -> "Reliability":
        """Sort `probabilities`, float (N, 7), into bins and compare with int `labels` (N,)."""
        top = probabilities.max(axis=1)
        right = probabilities.argmax(axis=1) == labels
        bins = confidence_bins(top)
        counts = np.bincount(bins, minlength=BINS)
        filled = np.maximum(counts, 1)
        return cls(
            counts=counts,
            confidence=np.bincount(bins, weights=top, minlength=BINS) / filled,
            accuracy=np.bincount(bins, weights=right, minlength=BINS) / filled,
        )

    @property
    def ece(self) -> float:
        """The expected calibration error (Guo et al. 2017), 0 where there are no pictures."""
        total = int(self.counts.sum())
        gaps = np.abs(self.accuracy - self.confidence)
        return float((self.counts * gaps).sum() / total) if total else 0.0

    def as_dict(self) -> dict[str, list[Any]]:
        """Return the bins for JSON, from unsure to sure; an empty bin's figures are None."""
        return {
            "confidence": self._told(self.confidence),
            "accuracy": self._told(self.accuracy),
            "count": self.counts.tolist(),
        }

    def _told(self, figures: np.ndarray) -> list[float | None]:
        pairs = zip(figures, self.counts)
        return [round(float(figure), 6) if count else None for figure, count in pairs]


def confidence_bins(top: np.ndarray) -> np.ndarray:
    """Return the bin of each top probability, int64 like `top`; upper edges belong to bins."""
    inner_edges = np.linspace(0, 1, BINS + 1)[1:-1]
    bins: np.ndarray = np.digitize(top, inner_edges, right=True)
    return bins


def ece_by_chance(probabilities: np.ndarray) -> float:
    """Return the calibration error that chance alone would show on so many pictures.

    A network whose `probabilities`, float (N, 7), are all true still misses in every
    bin by what its few pictures happen to be: on average sqrt(2 / pi) standard deviations
    of a sum of independent draws. An error that is not well above this says nothing.
    """
    top = probabilities.max(axis=1)
    variances = np.bincount(confidence_bins(top), weights=top * (1 - top), minlength=BINS)
    misses = np.sqrt(variances.clip(0) * 2 / np.pi)
    return float(misses.sum() / max(len(top), 1))
