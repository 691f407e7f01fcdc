"""The temperature makes probabilities mean what they say."""

import numpy as np
import pytest
import torch
from torch import nn

from vidfer.emotions import EMOTIONS
from vidfer.training.calibration import fit_temperature

LEAST, MOST = 0.05, 20.0


def logits_of(count: int, *, seed: int, spread: float = 2.0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, len(EMOTIONS), generator=generator) * spread


def drawn(logits: torch.Tensor, temperature: float, *, seed: int) -> torch.Tensor:
    """Labels as often right as the probabilities at this temperature say."""
    probabilities = torch.softmax(logits / temperature, dim=1)
    generator = torch.Generator().manual_seed(seed)
    return torch.multinomial(probabilities, 1, generator=generator)[:, 0]


def loss(logits: torch.Tensor, labels: torch.Tensor, temperature: float) -> float:
    return float(nn.functional.cross_entropy(logits.double() / temperature, labels))


@pytest.mark.parametrize("temperature", [0.4, 1.0, 1.7, 4.0])
def test_a_known_temperature_is_found_within_two_per_cent(temperature):
    logits = logits_of(60_000, seed=1, spread=2.0 * temperature)
    fitted = fit_temperature(logits, drawn(logits, temperature, seed=2))
    assert fitted == pytest.approx(temperature, rel=0.02)


@pytest.mark.parametrize("seed", range(8))
def test_the_fit_is_never_worse_than_no_temperature(seed):
    random = np.random.default_rng(seed)
    logits = logits_of(50, seed=seed, spread=float(random.uniform(0.1, 10)))
    labels = torch.from_numpy(random.integers(0, len(EMOTIONS), 50))
    fitted = fit_temperature(logits, labels)
    assert LEAST <= fitted <= MOST
    assert loss(logits, labels, fitted) <= loss(logits, labels, 1.0) + 1e-9


@pytest.mark.parametrize("seed", range(4))
def test_no_temperature_nearby_is_better(seed):
    logits = logits_of(2_000, seed=seed)
    labels = drawn(logits, 1.5, seed=seed)
    fitted = fit_temperature(logits, labels)
    best = loss(logits, labels, fitted)
    for factor in (0.5, 0.99, 1.01, 2.0):
        assert best <= loss(logits, labels, fitted * factor) + 1e-12


def test_the_temperature_grows_with_the_logits():
    logits = logits_of(2_000, seed=5)
    labels = drawn(logits, 1.0, seed=6)
    single, triple = fit_temperature(logits, labels), fit_temperature(3 * logits, labels)
    assert triple == pytest.approx(3 * single, rel=1e-4)


def test_logits_that_are_always_right_get_the_least_temperature():
    labels = torch.arange(70) % len(EMOTIONS)
    logits = nn.functional.one_hot(labels, len(EMOTIONS)).float()
    assert fit_temperature(logits, labels) == pytest.approx(LEAST, rel=0.01)


def test_logits_that_are_always_wrong_get_the_largest_temperature():
    labels = torch.arange(70) % len(EMOTIONS)
    logits = -nn.functional.one_hot(labels, len(EMOTIONS)).float()
    assert fit_temperature(logits, labels) == pytest.approx(MOST, rel=0.01)
