"""FER+'s majority is a label only where most taggers agree on one of the seven."""

import numpy as np
import pytest

from vidfer.emotions import EMOTIONS
from vidfer.training.data.labelled_faces import FERPLUS_CHOICES
from vidfer.training.evaluation.majority import NO_MAJORITY, ferplus_majority

NAMES = {
    "neutral": "neutral",
    "happiness": "happy",
    "surprise": "surprise",
    "sadness": "sad",
    "anger": "angry",
    "disgust": "disgust",
    "fear": "fear",
}


def votes(**counts: int) -> np.ndarray:
    return np.array([[counts.get(choice, 0) for choice in FERPLUS_CHOICES]], dtype=np.uint8)


def majority(**counts: int) -> int:
    return int(ferplus_majority(votes(**counts))[0])


@pytest.mark.parametrize(("choice", "emotion"), NAMES.items())
def test_the_choice_of_most_is_the_label(choice, emotion):
    others = dict.fromkeys(("contempt", "unknown", "nf"), 1)
    assert majority(**{choice: 4, **others}) == EMOTIONS.index(emotion)


def test_most_need_not_be_half():
    assert majority(anger=4, fear=3, sadness=3) == EMOTIONS.index("angry")


def test_a_tie_is_no_majority():
    assert majority(anger=5, fear=5) == NO_MAJORITY


def test_a_tie_with_a_choice_outside_the_seven_is_no_majority():
    assert majority(anger=5, unknown=5) == NO_MAJORITY


@pytest.mark.parametrize("choice", ["contempt", "unknown", "nf"])
def test_a_choice_outside_the_seven_is_no_label(choice):
    assert majority(**{choice: 6, "anger": 4}) == NO_MAJORITY


def test_where_nobody_was_asked_there_is_no_majority():
    assert majority() == NO_MAJORITY


def test_each_picture_has_its_own():
    both = np.concatenate([votes(happiness=9, nf=1), votes(nf=10)])
    assert ferplus_majority(both).tolist() == [EMOTIONS.index("happy"), NO_MAJORITY]
