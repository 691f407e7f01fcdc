"""How far figures would wander had other pictures been drawn."""

from typing import Final

import numpy as np

from vidfer.emotions import EMOTIONS

RESAMPLES: Final = 2000
_SEED: Final = 0
_PERCENTILES: Final = (2.5, 97.5)

_CELLS: Final = len(EMOTIONS) ** 2


def bootstrap_intervals(
    labels: np.ndarray, predictions: np.ndarray, groups: np.ndarray
) -> dict[str, tuple[float, float]]:
    """Return the 95 % percentile intervals (Efron 1979) of accuracy and macro F1.

    Pictures are drawn with replacement, those of a group together, because copies of one
    picture tell nothing new. All three are int (N,), N above 0. The same input
    gives the same intervals.
    """
    confusions = resampled_confusions(labels, predictions, groups)
    figures = {"accuracy": accuracies(confusions), "macro_f1": macro_f1s(confusions)}
    return {name: _interval(values) for name, values in figures.items()}


def resampled_confusions(
    labels: np.ndarray, predictions: np.ndarray, groups: np.ndarray
) -> np.ndarray:
    """Return confusion matrices of RESAMPLES drawn sets, int64 (RESAMPLES, 7, 7).

    Groups that fill the same cells are alike, so it is enough to draw how many come from
    each kind: a handful of numbers instead of one for every picture.
    """
    numbers, rows = np.unique(groups, return_inverse=True)
    cells = np.zeros((len(numbers), _CELLS), dtype=np.int64)
    np.add.at(cells, (rows, labels * len(EMOTIONS) + predictions), 1)
    kinds, counts = np.unique(cells, axis=0, return_counts=True)
    random = np.random.default_rng(_SEED)
    drawn = random.multinomial(len(numbers), counts / len(numbers), size=RESAMPLES)
    confusions: np.ndarray = (drawn @ kinds).reshape(-1, len(EMOTIONS), len(EMOTIONS))
    return confusions


def accuracies(confusions: np.ndarray) -> np.ndarray:
    """Return the accuracy of each confusion matrix, int (B, 7, 7), as float64 (B,)."""
    right = np.trace(confusions, axis1=1, axis2=2)
    shares: np.ndarray = right / confusions.sum(axis=(1, 2))
    return shares


def macro_f1s(confusions: np.ndarray) -> np.ndarray:
    """Return the macro F1 of each confusion matrix, int (B, 7, 7), as float64 (B,).

    A class that is neither present nor predicted counts 0, as in ClassificationReport.
    """
    right = np.diagonal(confusions, axis1=1, axis2=2)
    either = confusions.sum(axis=1) + confusions.sum(axis=2)
    means: np.ndarray = (2 * right / np.maximum(either, 1)).mean(axis=1)
    return means


def _interval(values: np.ndarray) -> tuple[float, float]:
    low, high = np.percentile(values, _PERCENTILES)
    return float(low), float(high)
