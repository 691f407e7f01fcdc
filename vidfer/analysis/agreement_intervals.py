"""Intervals of agreement, by resampling videos: frames of one video are no new evidence."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from vidfer.analysis.agreement import MOMENTS, Floats, Tally, accuracy, closeness, kappa
from vidfer.analysis.resampling import draws
from vidfer.emotions import EMOTIONS

_FEWEST: Final = 2


@dataclass(frozen=True)
class Intervals:
    """Lower and upper ends, each of two values: accuracy and kappa (2,), ICC(A,1) (2, 7)."""

    accuracy: Floats
    kappa: Floats
    icc_absolute: Floats


def intervals_of(
    tallies: Sequence[Tally], *, confidence: float, resamples: int, seed: int
) -> Intervals | None:
    """Return percentile bootstrap intervals over videos; None with fewer than two to draw from.

    Resamples in which a figure is undefined do not count for it.
    """
    compared = [tally for tally in tallies if tally.pairs]
    if len(compared) < _FEWEST:
        return None
    size = len(EMOTIONS)
    counts = np.stack([tally.confusion.ravel() for tally in compared]).astype(np.float64)
    moments = np.stack([tally.moments.ravel() for tally in compared])
    drawn: list[tuple[Floats, Floats, Floats]] = []
    for weights in draws(len(compared), resamples=resamples, seed=seed):
        confusion = (weights @ counts).reshape(-1, size, size)
        close = closeness((weights @ moments).reshape(-1, size, MOMENTS))
        drawn.append((accuracy(confusion), kappa(confusion), close.icc_absolute))
    ends = [_ends(np.concatenate(one), confidence) for one in zip(*drawn)]
    return Intervals(*ends)


def _ends(values: Floats, confidence: float) -> Floats:
    """Return the ends of the middle `confidence` of values (resamples, ...), NaN left out."""
    columns = values.reshape(len(values), -1)
    ends = np.full((2, columns.shape[1]), np.nan)
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    for place, column in enumerate(columns.T):
        defined = column[~np.isnan(column)]
        if defined.size:
            ends[:, place] = np.quantile(defined, tails)
    return ends.reshape((2, *values.shape[1:]))
