"""Intervals of weighted means, by resampling the people or videos that they are taken over."""

from collections.abc import Iterator
from typing import Final

import numpy as np

# Draws that are made at a time, however many resamples and people there are.
_DRAWS_AT_A_TIME: Final = 2_000_000

_FEWEST: Final = 2


def interval_of_means(
    sums: np.ndarray, weights: np.ndarray, *, confidence: float, resamples: int, seed: int
) -> tuple[np.ndarray, np.ndarray] | None:
    """Return lower and upper ends, float64 (K,), of the percentile bootstrap interval.

    sums: float64 (N, K), each person's (or video's) sums of weight times value.
    weights: float64 (N,), each one's sum of weights.

    The means are `sums.sum(0) / weights.sum()`. People are drawn with replacement, each
    with all that belongs to them: what they hold, however much, depends on itself, and
    treating it as independent would make intervals far too narrow. None where fewer than
    two people have any weight. Efron and Tibshirani, An Introduction to the Bootstrap
    (1993), section 13.3.
    """
    counts = weights > 0
    sums, weights = sums[counts], weights[counts]
    if len(weights) < _FEWEST or resamples == 0:
        return None
    table = np.column_stack([sums, weights])
    drawn = [times @ table for times in draws(len(weights), resamples=resamples, seed=seed)]
    totals = np.concatenate(drawn)
    means = totals[:, :-1] / totals[:, -1:]
    tail = (1 - confidence) / 2
    low, high = np.quantile(means, [tail, 1 - tail], axis=0)
    return low, high


def draws(people: int, *, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """Yield how often each of the people was drawn, float64 (some of the resamples, people)."""
    generator = np.random.default_rng(seed)
    at_a_time = max(1, _DRAWS_AT_A_TIME // people)
    for start in range(0, resamples, at_a_time):
        rows = min(at_a_time, resamples - start)
        chosen = generator.integers(people, size=(rows, people))
        place = chosen + people * np.arange(rows)[:, None]
        times = np.bincount(place.ravel(), minlength=rows * people)
        yield times.reshape(rows, people).astype(np.float64)
