"""The shipped `paper` reaches the paper's figures, on the split that they are about."""

from pathlib import Path
from typing import Any

import pytest

from vidfer.emotion.cards import model_path, read_card
from vidfer.emotions import EMOTIONS
from vidfer.training.data import SPLIT_FILES
from vidfer.training.evaluation.command import evaluate

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "fer2013"
CARD_RESULTS: dict[str, Any] = read_card(model_path("paper")).results

# What the author reports: on the training split, as its supports show.
PAPER_ACCURACY = 0.832
PAPER_F1 = {
    "angry": 0.82,
    "disgust": 0.85,
    "fear": 0.76,
    "happy": 0.89,
    "sad": 0.80,
    "surprise": 0.90,
    "neutral": 0.80,
}

pytestmark = [
    pytest.mark.skipif(
        not (DATA / SPLIT_FILES["training"]).is_file(), reason="FER2013 is not on this machine"
    ),
    pytest.mark.skipif(
        "training" not in CARD_RESULTS, reason="the shipped card has no results to hold it to"
    ),
]


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    data = DATA / SPLIT_FILES["training"]
    return evaluate(data, model="paper", device="cpu").as_dict()["splits"]["training"]


def test_accuracy_on_the_training_split_is_the_papers(figures):
    assert figures["accuracy"] >= PAPER_ACCURACY


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_every_class_reaches_the_papers_f1(emotion, figures):
    assert figures["report"][emotion]["f1-score"] >= PAPER_F1[emotion]


def test_the_split_has_the_papers_supports(figures):
    supports = [figures["report"][emotion]["support"] for emotion in EMOTIONS]
    assert supports == [3995, 436, 4097, 7215, 4830, 3171, 4965]


def test_the_card_tells_the_figures_that_are_measured(figures):
    told = CARD_RESULTS["training"]
    assert told["accuracy"] == pytest.approx(figures["accuracy"], abs=1e-3)
    assert told["macro_f1"] == pytest.approx(figures["macro_f1"], abs=1e-3)
    for emotion in EMOTIONS:
        for name in ("precision", "recall", "f1-score"):
            measured = figures["report"][emotion][name]
            assert told["report"][emotion][name] == pytest.approx(measured, abs=1e-3)


@pytest.mark.parametrize(
    "split",
    [
        "public_test",
        "public_test_without_copies",
        "private_test",
        "private_test_without_copies",
    ],
)
def test_the_card_tells_the_honest_figures_beside_it(split):
    assert 0.5 < CARD_RESULTS[split]["accuracy"] < 1
