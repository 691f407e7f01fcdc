"""Figures of agreement are those of scikit-learn, SciPy and pingouin."""

import warnings

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, cohen_kappa_score, confusion_matrix

from vidfer.analysis.agreement import (
    NO_TALLY,
    accuracy,
    closeness,
    confusion_of,
    kappa,
    moments_of,
)
from vidfer.analysis.agreement_intervals import intervals_of
from vidfer.analysis.comparison_result import figures_of
from vidfer.analysis.tallying import Tally


def emotions(seed: int, *, count: int = 300, kinds: int = 7, agree: float = 0.6):
    random = np.random.default_rng(seed)
    ours = random.integers(kinds, size=count)
    theirs = np.where(random.random(count) < agree, ours, random.integers(kinds, size=count))
    return ours, theirs


@pytest.mark.parametrize(("seed", "kinds", "agree"), [(0, 7, 0.6), (1, 3, 0.9), (2, 7, 0.0)])
def test_confusion_accuracy_and_kappa_are_scikit_learns(seed, kinds, agree):
    ours, theirs = emotions(seed, kinds=kinds, agree=agree)
    counts = confusion_of(ours, theirs)
    assert np.array_equal(counts, confusion_matrix(theirs, ours, labels=range(7)))
    assert accuracy(counts) == pytest.approx(accuracy_score(theirs, ours), abs=1e-12)
    assert kappa(counts) == pytest.approx(cohen_kappa_score(theirs, ours), abs=1e-12)


def test_kappa_by_hand():
    counts = np.zeros((7, 7), dtype=np.int64)
    counts[0, 0], counts[0, 3], counts[3, 0], counts[3, 3] = 20, 5, 10, 15
    assert accuracy(counts) == pytest.approx(0.7)
    assert kappa(counts) == pytest.approx(0.4)  # (0.7 - 0.5) / (1 - 0.5)


def test_one_word_on_both_sides_and_no_pairs_have_no_kappa():
    counts = np.zeros((7, 7), dtype=np.int64)
    assert np.isnan(accuracy(counts))
    assert np.isnan(kappa(counts))
    counts[3, 3] = 10
    assert accuracy(counts) == 1
    assert np.isnan(kappa(counts))


def raters(seed: int, *, bias: float = 0.0, noise: float = 0.1):
    random = np.random.default_rng(seed)
    ours = random.beta(1, 4, size=(60, 7))
    theirs = np.clip(ours + bias + noise * random.standard_normal(ours.shape), 0, 1)
    return ours, theirs


@pytest.mark.parametrize(("bias", "noise"), [(0.0, 0.05), (0.2, 0.1), (0.0, 2.0)])
def test_iccs_are_pingouins(bias, noise):
    pingouin = pytest.importorskip("pingouin")
    import pandas as pd

    ours, theirs = raters(4, bias=bias, noise=noise)
    found = closeness(moments_of(ours, theirs))
    for emotion in range(7):
        both = np.concatenate([ours[:, emotion], theirs[:, emotion]])
        table = pd.DataFrame(
            {"face": [*range(60), *range(60)], "rater": ["x"] * 60 + ["y"] * 60, "value": both}
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            icc = pingouin.intraclass_corr(table, targets="face", raters="rater", ratings="value")
        # Before 0.6 they were called ICC2 and ICC3.
        names = icc["Type"].replace({"ICC2": "ICC(A,1)", "ICC3": "ICC(C,1)"})
        values = dict(zip(names, icc["ICC"]))
        assert found.icc_absolute[emotion] == pytest.approx(values["ICC(A,1)"], abs=1e-9)
        assert found.icc_consistency[emotion] == pytest.approx(values["ICC(C,1)"], abs=1e-9)


def test_correlation_means_and_differences_are_numpys():
    ours, theirs = raters(5, bias=0.1)
    found = closeness(moments_of(ours, theirs))
    for emotion in range(7):
        expected = np.corrcoef(ours[:, emotion], theirs[:, emotion])[0, 1]
        assert found.pearson[emotion] == pytest.approx(expected, abs=1e-9)
    assert found.mean_difference == pytest.approx((ours - theirs).mean(axis=0))
    assert found.mean_absolute_difference == pytest.approx(np.abs(ours - theirs).mean(axis=0))


def test_a_constant_has_no_correlation_and_no_pairs_have_no_figures():
    constant = np.full((50, 7), 1 / 7)
    found = closeness(moments_of(constant, constant))
    assert np.isnan(found.pearson).all()
    assert np.isnan(found.icc_consistency).all()
    assert np.isnan(closeness(moments_of(np.empty((0, 7)), np.empty((0, 7)))).mean_source).all()


def tally(seed: int, *, count: int = 50, agree: float = 0.7) -> Tally:
    ours, theirs = emotions(seed, count=count, agree=agree)
    rates = raters(seed)
    return Tally(
        **vars(NO_TALLY)
        | {
            "pairs": count,
            "confusion": confusion_of(ours, theirs),
            "moments": moments_of(*rates),
        }
    )


def test_tallies_of_videos_add_up_to_that_of_all_their_faces():
    ours, theirs = emotions(1, count=200)
    halves = [confusion_of(ours[:120], theirs[:120]), confusion_of(ours[120:], theirs[120:])]
    parts = [Tally(**vars(NO_TALLY) | {"confusion": half, "pairs": 100}) for half in halves]
    total = parts[0] + parts[1]
    assert total.pairs == 200
    assert np.array_equal(total.confusion, confusion_of(ours, theirs))


def test_undefined_figures_are_none_for_json():
    assert figures_of(NO_TALLY)["kappa"] is None
    assert figures_of(NO_TALLY)["emotions"]["happy"]["pearson"] is None


def test_intervals_resample_videos_and_repeat_with_their_seed():
    tallies = [tally(seed, agree=0.4 + 0.05 * seed) for seed in range(10)]
    first, again, other = (
        intervals_of(tallies, confidence=0.95, resamples=500, seed=seed) for seed in (0, 0, 1)
    )
    total = kappa(sum((one.confusion for one in tallies), np.zeros((7, 7))))
    assert first.kappa[0] < total < first.kappa[1]
    assert np.array_equal(first.kappa, again.kappa)
    assert not np.array_equal(first.kappa, other.kappa)
    narrow = intervals_of(tallies, confidence=0.5, resamples=500, seed=0)
    assert np.ptp(narrow.kappa) < np.ptp(first.kappa)


def test_the_interval_of_accuracy_is_that_of_a_plain_bootstrap_over_videos():
    tallies = [tally(seed, agree=0.4 + 0.05 * seed) for seed in range(12)]
    found = intervals_of(tallies, confidence=0.9, resamples=4000, seed=0)
    shares = np.array([accuracy(one.confusion) for one in tallies])
    random = np.random.default_rng(9)
    means = shares[random.integers(12, size=(4000, 12))].mean(axis=1)
    assert found.accuracy == pytest.approx(np.quantile(means, [0.05, 0.95]), abs=0.01)


def test_one_video_has_no_interval_however_many_frames():
    assert intervals_of([tally(0), NO_TALLY], confidence=0.95, resamples=10, seed=0) is None


def test_many_resamples_of_many_videos_are_drawn_in_portions(monkeypatch):
    tallies = [tally(seed) for seed in range(5)]
    whole = intervals_of(tallies, confidence=0.95, resamples=40, seed=0)
    monkeypatch.setattr("vidfer.analysis.resampling._DRAWS_AT_A_TIME", 15)
    assert np.array_equal(
        intervals_of(tallies, confidence=0.95, resamples=40, seed=0).kappa, whole.kappa
    )
