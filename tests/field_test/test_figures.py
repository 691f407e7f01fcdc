"""Figures over items, held to scikit-learn's where it has them."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import f1_score, log_loss, top_k_accuracy_score

from vidfer.emotions import EMOTIONS
from vidfer.field_test.figures import MaterialFigures
from vidfer.field_test.items import LabelledItem
from vidfer.field_test.reading import Reading
from vidfer.field_test.results import ItemResult

CLASSES = range(len(EMOTIONS))


def result(label, probabilities, *, usable=1, path="a.mp4", source=None):
    item = LabelledItem(path=Path("/", path), shown=path, label=label, source=source)
    found = 0 if probabilities is None else 1
    return ItemResult(item, Reading(1, found, usable * found, probabilities))


def failed(label):
    return ItemResult(LabelledItem(path=Path("/b"), shown="b", label=label), None, "Broken.")


@pytest.fixture(scope="module")
def many():
    """Return 200 results, a fifth of them without a face, and their labels and probabilities."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 7, 200)
    probabilities = random.dirichlet(np.ones(7), 200)
    probabilities[np.arange(200), labels] += 0.3
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    seen = random.random(200) < 0.8
    results = [
        result(int(labels[i]), probabilities[i] if seen[i] else None, path=f"{i // 4}.mp4")
        for i in range(200)
    ]
    return results, labels, probabilities, seen


def test_items_without_a_face_are_left_out_of_one_figure_and_wrong_in_the_other(many):
    results, labels, probabilities, seen = many
    figures = MaterialFigures.of(results)
    predictions = probabilities.argmax(axis=1)
    right = predictions == labels
    assert (figures.items, figures.with_face) == (200, seen.sum())
    assert figures.report.accuracy == pytest.approx(right[seen].mean())
    assert figures.accuracy_of_all == pytest.approx((right & seen).mean())
    # scikit-learn counts an eighth class that is no label as a miss.
    nowhere = np.where(seen, predictions, len(EMOTIONS))
    expected = f1_score(labels, nowhere, labels=CLASSES, average="macro")
    assert figures.macro_f1_of_all == pytest.approx(expected)


def test_probabilities_are_judged_over_items_with_a_face(many):
    results, labels, probabilities, seen = many
    figures = MaterialFigures.of(results)
    assert figures.negative_log_likelihood == pytest.approx(
        log_loss(labels[seen], probabilities[seen], labels=CLASSES)
    )
    assert figures.top2_accuracy == pytest.approx(
        top_k_accuracy_score(labels[seen], probabilities[seen], k=2, labels=CLASSES)
    )


def test_intervals_hold_the_figure_and_draw_stretches_of_a_video_together(many):
    results, *_ = many
    low, high = MaterialFigures.of(results).intervals["accuracy"]
    assert low < MaterialFigures.of(results).report.accuracy < high
    happy = np.eye(7)[3]
    same = [result(3, happy) for _ in range(50)] + [result(4, happy) for _ in range(50)]
    apart = [result(r.item.label, happy, path=f"{i}.mp4") for i, r in enumerate(same)]
    assert MaterialFigures.of(same).intervals["accuracy"] == (0.5, 0.5)
    low, high = MaterialFigures.of(apart).intervals["accuracy"]
    assert low < 0.5 < high


def test_failed_items_are_in_no_figure():
    happy = np.eye(7)[3]
    figures = MaterialFigures.of([result(3, happy), failed(3), failed(4)])
    assert (figures.items, figures.accuracy_of_all) == (1, 1.0)


def test_usable_faces_have_a_report_of_their_own():
    happy = np.eye(7)[3]
    figures = MaterialFigures.of([result(3, happy), result(4, happy, usable=0)])
    assert (figures.with_face, figures.with_usable_face) == (2, 1)
    assert (figures.report.accuracy, figures.usable.accuracy) == (0.5, 1.0)


def test_emotions_that_label_nothing_are_told_from_those_that_are_missed():
    happy = np.eye(7)[3]
    figures = MaterialFigures.of([result(3, happy), result(3, happy)])
    assert figures.report.macro_f1 == pytest.approx(1 / 7)
    assert figures.macro_f1_of_labelled == 1.0


def test_without_any_face_there_are_counts_and_no_figures_of_probabilities():
    figures = MaterialFigures.of([result(3, None), failed(1)]).as_dict()
    assert (figures["items"], figures["detection_rate"], figures["accuracy"]) == (1, 0.0, 0.0)
    assert figures["top2_accuracy"] is None
    assert figures["intervals"] == {}
    assert figures["detection_rates"]["happy"] == 0.0
    assert figures["detection_rates"]["sad"] is None
