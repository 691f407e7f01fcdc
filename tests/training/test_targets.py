"""Votes soften labels in the direction that they speak; where there are none, labels stay."""

import numpy as np
import pytest
import torch

from vidfer.batches import CROP_SIDE_PX
from vidfer.emotions import EMOTIONS
from vidfer.training.data.labelled_faces import FERPLUS_CHOICES, LabelledFaces
from vidfer.training.targets import VoteReading, training_targets

NEUTRAL, SAD = EMOTIONS.index("neutral"), EMOTIONS.index("sad")
SAYS_NEUTRAL, SAYS_SAD = FERPLUS_CHOICES.index("neutral"), FERPLUS_CHOICES.index("sadness")


def faces_with(labels: np.ndarray, votes: np.ndarray | None) -> LabelledFaces:
    pictures = np.zeros((len(labels), CROP_SIDE_PX, CROP_SIDE_PX), dtype=np.uint8)
    return LabelledFaces(pictures=pictures, labels=labels, votes=votes)


@pytest.fixture
def sad_or_neutral() -> LabelledFaces:
    """600 faces: of those unanimously neutral 70 % are labelled so, the others sad; and back."""
    labels = np.where(np.arange(600) % 10 < 7, NEUTRAL, SAD)
    labels[300:] = np.where(labels[300:] == SAD, NEUTRAL, SAD)
    votes = np.zeros((600, len(FERPLUS_CHOICES)), dtype=np.uint8)
    votes[:300, SAYS_NEUTRAL] = 10
    votes[300:, SAYS_SAD] = 10
    return faces_with(labels.astype(np.int64), votes)


def test_without_votes_or_weight_the_targets_are_the_labels(sad_or_neutral):
    labels = torch.from_numpy(sad_or_neutral.labels)
    assert torch.equal(training_targets(sad_or_neutral, votes_weight=0), labels)
    plain = faces_with(sad_or_neutral.labels, None)
    assert torch.equal(training_targets(plain, votes_weight=0.5), labels)


@pytest.mark.parametrize("weight", [0.25, 0.5, 1.0])
def test_targets_are_probabilities_between_the_label_and_what_the_votes_say(weight, sad_or_neutral):
    targets = training_targets(sad_or_neutral, votes_weight=weight)
    assert (targets.dtype, targets.shape) == (torch.float32, (600, len(EMOTIONS)))
    torch.testing.assert_close(targets.sum(dim=1), torch.ones(600))
    labelled_sad_voted_neutral = targets[7]
    expected = 0.7 * weight
    assert labelled_sad_voted_neutral[NEUTRAL].item() == pytest.approx(expected, abs=0.01)
    assert labelled_sad_voted_neutral[SAD].item() == pytest.approx(1 - expected, abs=0.01)


def test_votes_move_the_probability_in_the_direction_of_what_they_say(sad_or_neutral):
    targets = training_targets(sad_or_neutral, votes_weight=0.5)
    labels = sad_or_neutral.labels
    neutral, sad = (torch.from_numpy(labels == index) for index in (NEUTRAL, SAD))
    said_neutral = torch.arange(600) < 300
    for index, labelled in ((NEUTRAL, neutral), (SAD, sad)):
        agreed = said_neutral if index == NEUTRAL else ~said_neutral
        confirmed, doubted = targets[labelled & agreed, index], targets[labelled & ~agreed, index]
        assert confirmed.min() > doubted.max()


def test_a_picture_without_votes_keeps_its_label(sad_or_neutral):
    votes = sad_or_neutral.votes.copy()
    votes[[3, 400]] = 0
    targets = training_targets(faces_with(sad_or_neutral.labels, votes), votes_weight=1)
    for row in (3, 400):
        assert targets[row].max() == 1
        assert targets[row].argmax() == sad_or_neutral.labels[row]


def test_if_nobody_voted_at_all_every_picture_keeps_its_label(sad_or_neutral):
    nobody = faces_with(sad_or_neutral.labels, np.zeros_like(sad_or_neutral.votes))
    targets = training_targets(nobody, votes_weight=1)
    assert torch.equal(targets.argmax(1), torch.from_numpy(nobody.labels))
    assert torch.equal(targets.amax(1), torch.ones(600))


def test_the_reading_speaks_of_votes_that_it_has_not_seen(sad_or_neutral):
    votes = torch.from_numpy(sad_or_neutral.votes).float()
    reading = VoteReading.fitted(votes, torch.from_numpy(sad_or_neutral.labels))
    mixed = torch.zeros(1, len(FERPLUS_CHOICES))
    mixed[0, [SAYS_NEUTRAL, SAYS_SAD]] = 5
    said = reading.label_probabilities(mixed)
    assert said.shape == (1, len(EMOTIONS))
    assert 0.3 < said[0, NEUTRAL] < 0.7
    assert said[0, [NEUTRAL, SAD]].sum() > 0.95


def test_the_number_of_taggers_makes_no_difference(sad_or_neutral):
    votes = torch.from_numpy(sad_or_neutral.votes).float()
    reading = VoteReading.fitted(votes, torch.from_numpy(sad_or_neutral.labels))
    torch.testing.assert_close(
        reading.label_probabilities(votes), reading.label_probabilities(3 * votes)
    )


def test_the_same_faces_give_the_same_targets(sad_or_neutral):
    one, same = (training_targets(sad_or_neutral, votes_weight=0.5) for _ in range(2))
    assert torch.equal(one, same)
