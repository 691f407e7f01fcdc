"""Intervals say how far figures would wander had other pictures been drawn."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score

from vidfer.training.evaluation.confidence import (
    RESAMPLES,
    accuracies,
    bootstrap_intervals,
    macro_f1s,
    resampled_confusions,
)
from vidfer.training.metrics import ClassificationReport

Case = tuple[np.ndarray, np.ndarray]


def case(count: int, *, seed: int, share_right: float = 0.6) -> Case:
    random = np.random.default_rng(seed)
    labels = random.integers(0, 7, count)
    guesses = random.integers(0, 7, count)
    return labels, np.where(random.random(count) < share_right, labels, guesses)


def alone(count: int) -> np.ndarray:
    """Groups of one picture each."""
    return np.arange(count)


def test_the_intervals_hold_the_figures():
    labels, predictions = case(400, seed=1)
    report = ClassificationReport.of(labels, predictions)
    intervals = bootstrap_intervals(labels, predictions, alone(400))
    for name, figure in (("accuracy", report.accuracy), ("macro_f1", report.macro_f1)):
        low, high = intervals[name]
        assert low < figure < high


def test_the_same_pictures_give_the_same_intervals():
    labels, predictions = case(300, seed=2)
    first = bootstrap_intervals(labels, predictions, alone(300))
    assert bootstrap_intervals(labels, predictions, alone(300)) == first


def test_the_intervals_are_those_of_drawing_picture_by_picture():
    labels, predictions = case(250, seed=3)
    random = np.random.default_rng(9)
    draws = [random.integers(0, 250, 250) for _ in range(2000)]
    right = [accuracy_score(labels[rows], predictions[rows]) for rows in draws]
    low, high = bootstrap_intervals(labels, predictions, alone(250))["accuracy"]
    assert (low, high) == pytest.approx(np.percentile(right, [2.5, 97.5]), abs=0.01)


def test_four_times_the_pictures_halve_the_interval():
    def width(count: int) -> float:
        low, high = bootstrap_intervals(*case(count, seed=4), alone(count))["accuracy"]
        return high - low

    assert width(400) / width(1600) == pytest.approx(2, rel=0.15)


def test_copies_of_pictures_tell_nothing_new():
    labels, predictions = case(300, seed=5)
    once = bootstrap_intervals(labels, predictions, alone(300))
    copied = bootstrap_intervals(
        np.tile(labels, 4), np.tile(predictions, 4), np.tile(alone(300), 4)
    )
    assert copied["accuracy"] == pytest.approx(once["accuracy"])
    assert copied["macro_f1"] == pytest.approx(once["macro_f1"])


def test_groups_may_have_any_numbers():
    labels, predictions = case(60, seed=6)
    groups = np.arange(60) // 2
    first = bootstrap_intervals(labels, predictions, groups)
    assert bootstrap_intervals(labels, predictions, groups * 1000 - 7) == first


def test_copies_with_different_labels_are_drawn_together():
    labels, predictions, groups = np.array([0, 1]), np.array([0, 0]), np.array([5, 5])
    assert bootstrap_intervals(labels, predictions, groups)["accuracy"] == (0.5, 0.5)


def test_what_is_always_right_is_right_in_every_draw():
    labels = np.arange(70) % 7
    assert bootstrap_intervals(labels, labels, alone(70))["accuracy"] == (1, 1)


def test_one_picture_has_an_interval_too():
    one = np.array([3])
    intervals = bootstrap_intervals(one, one, one)
    assert intervals["accuracy"] == (1, 1)
    assert intervals["macro_f1"] == pytest.approx((1 / 7, 1 / 7))


def test_every_draw_has_as_many_pictures_as_there_are():
    confusions = resampled_confusions(*case(90, seed=7), alone(90))
    assert confusions.shape == (RESAMPLES, 7, 7)
    assert set(confusions.sum(axis=(1, 2))) == {90}


def test_figures_of_many_confusions_are_those_of_each():
    confusions = resampled_confusions(*case(40, seed=8), alone(40))[:50]
    reports = [ClassificationReport(confusion) for confusion in confusions]
    np.testing.assert_allclose(accuracies(confusions), [report.accuracy for report in reports])
    np.testing.assert_allclose(macro_f1s(confusions), [report.macro_f1 for report in reports])


def test_macro_f1_is_scikit_learns():
    labels, predictions = case(200, seed=10)
    confusion = ClassificationReport.of(labels, predictions).confusion
    expected = f1_score(labels, predictions, labels=range(7), average="macro", zero_division=0)
    assert macro_f1s(confusion[None])[0] == pytest.approx(expected)
