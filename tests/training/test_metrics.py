"""Figures are scikit-learn's, the table is the paper's."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    classification_report,
    confusion_matrix,
    f1_score,
    log_loss,
    precision_recall_fscore_support,
    top_k_accuracy_score,
)

from vidfer.emotions import EMOTIONS
from vidfer.training.metrics import ClassificationReport, is_among_top, surprisals

CLASSES = range(len(EMOTIONS))
PAPER_ROWS = (*EMOTIONS, "accuracy", "macro avg", "weighted avg")

Case = tuple[np.ndarray, np.ndarray]


def random_case(*, seed: int, count: int = 500, share_right: float = 0.5) -> Case:
    random = np.random.default_rng(seed)
    labels = random.integers(0, len(EMOTIONS), count)
    guesses = random.integers(0, len(EMOTIONS), count)
    return labels, np.where(random.random(count) < share_right, labels, guesses)


def never_predicted() -> Case:
    labels, predictions = random_case(seed=20)
    return labels, np.where(predictions == 1, 3, predictions)


def never_present() -> Case:
    labels, predictions = random_case(seed=21)
    return np.where(labels == 4, 0, labels), predictions


def neither_present_nor_predicted() -> Case:
    labels, predictions = random_case(seed=22)
    return np.where(labels == 2, 3, labels), np.where(predictions == 2, 3, predictions)


def uneven() -> Case:
    random = np.random.default_rng(23)
    labels = random.choice(len(EMOTIONS), 400, p=[0.5, 0.01, 0.1, 0.2, 0.1, 0.05, 0.04])
    return labels, np.where(random.random(400) < 0.6, labels, 0)


CASES: dict[str, Callable[[], Case]] = {
    "half right": lambda: random_case(seed=1),
    "nearly all right": lambda: random_case(seed=2, share_right=0.95),
    "guessing": lambda: random_case(seed=3, share_right=0.0),
    "few": lambda: random_case(seed=4, count=9),
    "all right": lambda: (np.arange(70) % 7, np.arange(70) % 7),
    "all wrong": lambda: (np.arange(70) % 7, (np.arange(70) + 1) % 7),
    "one class": lambda: (np.full(5, 6), np.full(5, 6)),
    "never predicted": never_predicted,
    "never present": never_present,
    "neither": neither_present_nor_predicted,
    "uneven": uneven,
}


@pytest.fixture(params=CASES)
def case(request) -> Case:
    return CASES[request.param]()


def report_of(case: Case) -> ClassificationReport:
    return ClassificationReport.of(*case)


def sklearn_report(case: Case, **options: object):
    return classification_report(
        *case, labels=CLASSES, target_names=EMOTIONS, zero_division=0, **options
    )


def test_confusion_is_scikit_learns(case):
    confusion = report_of(case).confusion
    np.testing.assert_array_equal(confusion, confusion_matrix(*case, labels=CLASSES))
    assert confusion.dtype == np.int64


def test_rows_of_the_confusion_are_labels_and_columns_predictions():
    confusion = ClassificationReport.of(np.array([3, 3]), np.array([3, 5])).confusion
    assert confusion[3].tolist() == [0, 0, 0, 1, 0, 1, 0]


def test_figures_per_class_are_scikit_learns(case):
    report = report_of(case)
    expected = precision_recall_fscore_support(*case, labels=CLASSES, zero_division=0)
    actual = (report.precision, report.recall, report.f1, report.support)
    for ours, theirs in zip(actual, expected):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_accuracy_and_macro_f1_are_scikit_learns(case):
    report = report_of(case)
    macro_f1 = f1_score(*case, labels=CLASSES, average="macro", zero_division=0)
    assert report.accuracy == pytest.approx(accuracy_score(*case))
    assert report.macro_f1 == pytest.approx(macro_f1)


def test_the_dictionary_has_scikit_learns_layout(case):
    ours, theirs = report_of(case).as_dict(), sklearn_report(case, output_dict=True)
    assert list(ours) == list(theirs)
    for row, figures in theirs.items():
        assert ours[row] == pytest.approx(figures), row


def figures_in(table: str) -> list[list[str]]:
    """The table's words by line; scikit-learn prints the support as 10.0 at times."""
    lines = [line.split() for line in table.splitlines() if line.strip()]
    return [[*words[:-1], words[-1].removesuffix(".0")] for words in lines]


def test_the_table_has_the_figures_of_scikit_learns(case):
    assert figures_in(report_of(case).as_text()) == figures_in(sklearn_report(case))


def test_the_table_has_the_papers_rows_and_columns():
    lines = report_of(random_case(seed=5)).as_text().splitlines()
    assert lines[0].split() == ["precision", "recall", "f1-score", "support"]
    rows = [re.split(r"\s{2,}", line.strip())[0] for line in lines[1:] if line.strip()]
    assert rows == list(PAPER_ROWS)


def test_the_tables_figures_have_two_decimals_and_end_in_the_support():
    for line in report_of(random_case(seed=6)).as_text().splitlines()[1:]:
        if line.strip():
            assert re.fullmatch(r"[a-z ]+?(\s+\d\.\d\d){1,3}\s+\d+", line), line


def test_the_tables_columns_stand_below_each_other():
    lines = [line for line in report_of(random_case(seed=7)).as_text().splitlines() if line]
    assert {len(line) for line in lines} == {len(lines[0])}


def test_nothing_to_compare_gives_zeros_as_in_scikit_learn():
    none = np.empty(0, dtype=np.int64)
    report = ClassificationReport.of(none, none)
    assert report.accuracy == 0
    assert report.macro_f1 == 0
    zeros = {"precision": 0, "recall": 0, "f1-score": 0, "support": 0}
    assert report.as_dict()["weighted avg"] == zeros
    assert report.as_text().splitlines()[-1].split() == ["weighted", "avg", *["0.00"] * 3, "0"]


def test_row_shares_are_scikit_learns(case):
    labels, _ = case
    shares = report_of(case).row_shares
    np.testing.assert_allclose(
        shares, confusion_matrix(*case, labels=CLASSES, normalize="true"), rtol=1e-12
    )
    assert set(np.flatnonzero(shares.sum(axis=1))) == set(labels)


def said(labels: np.ndarray, *, seed: int) -> np.ndarray:
    """Probabilities without ties that favour the label a little."""
    random = np.random.default_rng(seed)
    logits = random.normal(size=(len(labels), len(EMOTIONS)))
    logits[np.arange(len(labels)), labels] += 1
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


@pytest.mark.parametrize("top", [1, 2, 3])
def test_accuracy_among_the_top_is_scikit_learns(case, top):
    labels, _ = case
    probabilities = said(labels, seed=top)
    expected = top_k_accuracy_score(labels, probabilities, k=top, labels=CLASSES)
    assert is_among_top(labels, probabilities, top=top).mean() == pytest.approx(expected)


def test_every_label_is_among_all_seven():
    labels = np.arange(7)
    assert is_among_top(labels, said(labels, seed=9), top=7).all()


def test_the_first_of_equally_likely_classes_is_the_prediction_and_the_top_one():
    probabilities = np.array([[0.3, 0.3, 0.3, 0.1, 0, 0, 0]] * 3)
    labels = np.array([0, 1, 2])
    assert is_among_top(labels, probabilities, top=1).tolist() == [True, False, False]
    assert is_among_top(labels, probabilities, top=2).tolist() == [True, True, False]


def test_the_mean_surprisal_is_scikit_learns_log_loss(case):
    labels, _ = case
    probabilities = said(labels, seed=8)
    expected = log_loss(labels, probabilities, labels=CLASSES)
    assert surprisals(labels, probabilities).mean() == pytest.approx(expected)


def test_a_label_said_to_be_impossible_is_as_surprising_as_in_scikit_learn():
    probabilities = np.eye(7)[[0, 1, 2]]
    labels = np.array([0, 1, 6])
    values = surprisals(labels, probabilities)
    assert np.isfinite(values).all()
    assert values.mean() == pytest.approx(log_loss(labels, probabilities, labels=CLASSES))
