"""The shipped default model does on PublicTest what its card says."""

from pathlib import Path
from typing import Any

import pytest

from vidfer.config import DEFAULT_MODEL
from vidfer.emotion.cards import ModelCard, model_path, read_card
from vidfer.training.data import SPLIT_FILES
from vidfer.training.evaluation.command import evaluate

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "fer2013"

MOST_PARAMETERS = 5_000_000
MOST_MULTIPLY_ADDS = 105_000_000


@pytest.fixture(scope="module")
def card() -> ModelCard:
    return read_card(model_path(DEFAULT_MODEL))


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    path = DATA / SPLIT_FILES["public_test"]
    if not path.is_file():
        pytest.skip("FER2013 is not on this machine")
    return evaluate(path, model=DEFAULT_MODEL, device="cpu").as_dict()["splits"]["public_test"]


def test_it_is_small_enough_for_every_face_on_a_processor(card):
    assert card.parameters <= MOST_PARAMETERS
    assert 0 < card.multiply_adds <= MOST_MULTIPLY_ADDS


def test_its_card_has_the_figures_of_every_split(card):
    for split in ("training", "public_test", "private_test"):
        assert {"accuracy", "macro_f1", "ece", "intervals"} <= set(card.results[split])


def test_the_card_tells_the_figures_that_are_measured(card, figures):
    told = card.results["public_test"]
    for name in ("accuracy", "macro_f1", "ece", "negative_log_likelihood"):
        assert told[name] == pytest.approx(figures[name], abs=2e-3)


def test_its_probabilities_mean_what_they_say(figures):
    assert figures["ece"] <= 0.03
