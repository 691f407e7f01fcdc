"""The calibration error is Guo et al.'s; bins tell how often so sure a network is right."""

import json

import numpy as np
import pytest

from vidfer.training.evaluation.reliability import BINS, Reliability, confidence_bins, ece_by_chance


def probabilities_of(count: int, *, seed: int, spread: float = 1.5) -> np.ndarray:
    logits = np.random.default_rng(seed).normal(size=(count, 7)) * spread
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


def drawn(probabilities: np.ndarray, *, seed: int) -> np.ndarray:
    """Labels as often right as the probabilities say."""
    random = np.random.default_rng(seed).random((len(probabilities), 1))
    return (random > probabilities.cumsum(axis=1)).sum(axis=1).clip(0, 6)


def flattened(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    powers = probabilities ** (1 / temperature)
    return powers / powers.sum(axis=1, keepdims=True)


def ece_by_the_book(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Equation 3 of Guo et al. 2017, picture by picture."""
    error = 0.0
    for number in range(BINS):
        low, high = number / BINS, (number + 1) / BINS
        inside = [i for i, p in enumerate(probabilities) if low < max(p) <= high]
        if inside:
            accuracy = sum(int(np.argmax(probabilities[i])) == labels[i] for i in inside)
            confidence = sum(float(max(probabilities[i])) for i in inside)
            error += abs(accuracy - confidence) / len(labels)
    return error


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("count", [1, 40, 700])
def test_the_calibration_error_is_that_of_the_book(count, temperature):
    true = probabilities_of(count, seed=count)
    labels, told = drawn(true, seed=1), flattened(true, temperature)
    assert Reliability.of(labels, told).ece == pytest.approx(ece_by_the_book(labels, told))


def test_a_network_that_is_sure_and_right_has_no_error():
    labels = np.arange(70) % 7
    reliability = Reliability.of(labels, np.eye(7)[labels])
    assert reliability.ece == 0
    assert reliability.counts.tolist() == [0] * (BINS - 1) + [70]


def test_a_network_that_is_sure_and_wrong_has_all_the_error_there_is():
    labels = np.arange(70) % 7
    assert Reliability.of(labels, np.eye(7)[(labels + 1) % 7]).ece == 1


def test_an_upper_edge_belongs_to_its_bin():
    edges = np.array([number / BINS for number in range(1, BINS + 1)])
    assert confidence_bins(edges).tolist() == list(range(BINS))
    assert confidence_bins(np.nextafter(edges[:-1], 1)).tolist() == list(range(1, BINS))


def test_a_bin_tells_mean_confidence_and_accuracy():
    probabilities = np.array([[0.62, 0.38, 0, 0, 0, 0, 0], [0.64, 0.36, 0, 0, 0, 0, 0]])
    bins = Reliability.of(np.array([0, 1]), probabilities).as_dict()
    assert bins["count"][9] == 2
    assert bins["confidence"][9] == pytest.approx(0.63)
    assert bins["accuracy"][9] == 0.5


def test_an_empty_bin_has_no_figures():
    bins = Reliability.of(np.array([0]), np.eye(7)[[0]]).as_dict()
    assert bins["confidence"] == bins["accuracy"] == [None] * (BINS - 1) + [1.0]
    assert json.loads(json.dumps(bins, allow_nan=False)) == bins


def test_nothing_to_compare_is_no_error():
    none = np.empty((0, 7))
    assert Reliability.of(np.empty(0, dtype=np.int64), none).ece == 0
    assert ece_by_chance(none) == 0


@pytest.mark.parametrize("spread", [0.5, 2.0])
def test_chance_alone_shows_the_error_that_is_told(spread):
    told = probabilities_of(800, seed=3, spread=spread)
    shown = [Reliability.of(drawn(told, seed=seed), told).ece for seed in range(300)]
    assert ece_by_chance(told) == pytest.approx(np.mean(shown), rel=0.05)


def test_more_pictures_leave_less_to_chance():
    told = probabilities_of(500, seed=4)
    assert ece_by_chance(np.tile(told, (4, 1))) == pytest.approx(ece_by_chance(told) / 2)


def test_a_network_that_is_sure_leaves_nothing_to_chance():
    assert ece_by_chance(np.eye(7)) == 0
