"""Bootstrap intervals, held against SciPy's."""

import numpy as np
import pytest

from vidfer.analysis import resampling
from vidfer.analysis.resampling import interval_of_means

OPTIONS = {"confidence": 0.95, "resamples": 20_000, "seed": 0}


def people(number: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(3)
    weights = generator.uniform(1, 30, size=number)
    return generator.beta(2, 5, size=(number, 2)) * weights[:, None], weights


def test_it_is_scipys_percentile_interval_of_the_weighted_mean():
    stats = pytest.importorskip("scipy.stats")
    sums, weights = people(40)

    def weighted_mean(total, weight, axis=-1):
        return total.sum(axis=axis) / weight.sum(axis=axis)

    low, high = interval_of_means(sums, weights, **OPTIONS)
    for column in range(2):
        theirs = stats.bootstrap(
            (sums[:, column], weights),
            weighted_mean,
            paired=True,
            vectorized=True,
            n_resamples=20_000,
            method="percentile",
            random_state=np.random.default_rng(1),
        ).confidence_interval
        width = theirs.high - theirs.low
        # Both are drawn by chance: 20,000 draws settle the ends to about 2 % of the width.
        assert low[column] == pytest.approx(theirs.low, abs=0.03 * width)
        assert high[column] == pytest.approx(theirs.high, abs=0.03 * width)


def test_two_people_who_differ_give_the_whole_range():
    low, high = interval_of_means(np.array([[1.0], [9.0]]), np.array([10.0, 10.0]), **OPTIONS)
    # One draw in four takes the first twice, one in four the second twice.
    assert (low.item(), high.item()) == pytest.approx((0.1, 0.9))


def test_people_who_are_alike_leave_no_doubt():
    low, high = interval_of_means(np.full((5, 1), 2.0), np.full(5, 4.0), **OPTIONS)
    assert (low.item(), high.item()) == (0.5, 0.5)


def test_one_person_has_no_interval_nor_have_those_without_weight():
    assert interval_of_means(np.ones((1, 1)), np.ones(1), **OPTIONS) is None
    assert interval_of_means(np.ones((2, 1)), np.array([1.0, 0.0]), **OPTIONS) is None
    assert interval_of_means(np.ones((9, 1)), np.ones(9), **(OPTIONS | {"resamples": 0})) is None


def test_the_same_seed_draws_the_same_and_another_does_not():
    sums, weights = people(10)
    options = OPTIONS | {"resamples": 200}
    one, two = (interval_of_means(sums, weights, **options) for _ in range(2))
    other = interval_of_means(sums, weights, **(options | {"seed": 1}))
    assert np.array_equal(one, two)
    assert not np.array_equal(one, other)


def test_intervals_do_not_depend_on_how_many_draws_are_held_in_memory(monkeypatch):
    sums, weights = people(10)
    whole = interval_of_means(sums, weights, **OPTIONS)
    monkeypatch.setattr(resampling, "_DRAWS_AT_A_TIME", 70)
    assert np.allclose(interval_of_means(sums, weights, **OPTIONS), whole)
