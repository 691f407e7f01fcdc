"""Making probabilities mean what they say."""

from typing import Final

import torch
from torch import nn

# Temperatures outside this range mean broken logits, not miscalibration.
_LEAST: Final = 0.05
_MOST: Final = 20.0
_STEPS: Final = 60


def fit_temperature(logits: torch.Tensor, labels: torch.Tensor) -> float:
    """Return the temperature that minimises the negative log-likelihood (Guo et al. 2017).

    `logits` are (N, 7), `labels` int64 (N,), from pictures the network was not trained
    on. The loss is convex in the inverse temperature, so a golden-section search over
    it finds the minimum.
    """
    golden = (5**0.5 - 1) / 2
    low, high = 1 / _MOST, 1 / _LEAST

    def loss(inverse: float) -> float:
        return float(nn.functional.cross_entropy(logits.double() * inverse, labels))

    for _ in range(_STEPS):
        left, right = high - golden * (high - low), low + golden * (high - low)
        if loss(left) < loss(right):
            high = right
        else:
            low = left
    return 2 / (low + high)
