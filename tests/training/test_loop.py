"""Training lowers the loss, tells how it went, and can be repeated to the bit."""

import math
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
import torch
from torch import nn

from tests.tiny import striped_faces, tiny_network
from vidfer.emotion.networks import NETWORKS
from vidfer.emotion.preparation import prepare_crops
from vidfer.emotions import EMOTIONS
from vidfer.errors import DataError, SettingsError
from vidfer.training.augmentation import Augmentation
from vidfer.training.data.labelled_faces import LabelledFaces
from vidfer.training.loop import EpochResult, logits_of, share_correct, train_network
from vidfer.training.recipe import Optimizer, Recipe, Schedule

CPU = torch.device("cpu")
TRAINING, HELD_OUT = striped_faces(42), striped_faces(14, seed=9)
RECIPE = Recipe(network="tiny", batch_size=14, epochs=2)

# Rates at which each optimizer learns within a few epochs and none diverges.
LEARNING_RATE = {
    "adam": 0.01,
    "adamw": 0.01,
    "sgd": 0.3,
    "momentum": 0.05,
    "nesterov": 0.05,
    "adadelta": 3.0,
}


@pytest.fixture(autouse=True)
def _tiny(monkeypatch):
    monkeypatch.setitem(NETWORKS, "tiny", tiny_network)


def trained(
    recipe: Recipe = RECIPE,
    *,
    training: LabelledFaces = TRAINING,
    held_out: LabelledFaces = HELD_OUT,
) -> tuple[nn.Module, list[EpochResult]]:
    return train_network(training, held_out, recipe=recipe, device=CPU)


def same_weights(one: nn.Module, other: nn.Module) -> bool:
    left, right = one.state_dict(), other.state_dict()
    return all(torch.equal(left[key], right[key]) for key in left)


@pytest.mark.parametrize("schedule", get_args(Schedule))
@pytest.mark.parametrize("optimizer", get_args(Optimizer))
def test_every_optimizer_learns_with_every_schedule(optimizer, schedule):
    recipe = replace(
        RECIPE,
        optimizer=optimizer,
        schedule=schedule,
        learning_rate=LEARNING_RATE[optimizer],
        warmup_epochs=1,
        decay_epochs=2,
        epochs=5,
    )
    network, history = trained(recipe)
    assert history[-1].loss < 0.9 * history[0].loss
    assert all(torch.isfinite(tensor).all() for tensor in network.state_dict().values())


@pytest.mark.parametrize(
    "changes",
    [
        {"precision": "bfloat16"},
        {"average": 0.8},
        {"augmentation": Augmentation(flip=True, crop_side_px=40, degrade_share=0.3)},
        {"augmentation": Augmentation(mixup=0.2)},
        {"label_smoothing": 0.1, "class_balance": 1},
    ],
)
def test_pictures_are_learnt_with_every_variety(changes):
    recipe = replace(RECIPE, learning_rate=0.03, epochs=8, **changes)
    _, history = trained(recipe)
    assert history[-1].held_out_accuracy > 0.4


def test_papers_network_learns(make_faces):
    recipe = Recipe(batch_size=16, epochs=4)
    network, history = trained(recipe, training=make_faces(64), held_out=make_faces(21, seed=9))
    assert history[-1].loss < 0.7 * history[0].loss
    assert share_correct(logits_of(network, make_faces(64), device=CPU), make_faces(64)) > 0.8


def test_history_has_a_line_per_epoch_as_they_come():
    seen: list[EpochResult] = []
    _, history = train_network(TRAINING, HELD_OUT, recipe=RECIPE, device=CPU, on_epoch=seen.append)
    assert seen == history
    assert [result.epoch for result in history] == [1, 2]
    for result in history:
        assert math.isfinite(result.loss)
        assert math.isfinite(result.held_out_loss)
        assert 0 <= result.training_accuracy <= 1
        assert 0 <= result.held_out_accuracy <= 1
        assert result.as_dict()["epoch"] == result.epoch


@pytest.mark.parametrize("average", [0.0, 0.9])
def test_the_last_line_tells_how_the_returned_network_does(average):
    network, history = trained(replace(RECIPE, average=average))
    logits = logits_of(network, HELD_OUT, device=CPU)
    labels = torch.from_numpy(HELD_OUT.labels)
    assert history[-1].held_out_accuracy == share_correct(logits, HELD_OUT)
    assert history[-1].held_out_loss == nn.functional.cross_entropy(logits, labels).item()
    assert not network.training


def test_the_same_seed_gives_the_same_weights_and_another_one_others():
    one, history = trained()
    torch.rand(5)
    same, same_history = trained()
    assert same_weights(one, same)
    assert history == same_history
    assert not same_weights(one, trained(replace(RECIPE, seed=1))[0])


def test_the_held_out_pictures_decide_nothing():
    one, _ = trained(held_out=striped_faces(7, seed=5))
    other, _ = trained(held_out=striped_faces(14, seed=6))
    assert same_weights(one, other)


def test_the_pictures_are_left_as_they_are():
    before = TRAINING.pictures.copy()
    everything = Augmentation(flip=True, shift=0.1, erase_share=1, degrade_share=1, cutmix=1)
    trained(replace(RECIPE, augmentation=everything))
    np.testing.assert_array_equal(TRAINING.pictures, before)


def test_an_unknown_network_is_refused_with_the_known_ones():
    with pytest.raises(SettingsError, match=r"There is no network 'resnet'\. Known: .*paper"):
        trained(replace(RECIPE, network="resnet"))


@pytest.mark.parametrize("count", [0, 1])
def test_a_single_picture_is_too_few_to_train_on(count):
    with pytest.raises(DataError, match=f"at least 2 pictures; it has {count}"):
        trained(training=striped_faces(count))


@pytest.mark.parametrize("count", [2, 15])
def test_two_pictures_and_an_odd_one_at_the_end_are_no_obstacle(count):
    _, history = trained(training=striped_faces(count))
    assert math.isfinite(history[0].loss)


def test_logits_do_not_depend_on_how_pictures_are_portioned():
    network, faces = tiny_network(), striped_faces(20, seed=3)
    whole = logits_of(network, faces, device=CPU)
    parts = logits_of(network, faces, device=CPU, batch_size=3)
    assert whole.shape == (20, len(EMOTIONS))
    torch.testing.assert_close(parts, whole, rtol=1e-4, atol=1e-5)


def test_a_network_can_be_trained_on_after_its_logits_were_taken():
    network, faces = tiny_network(), striped_faces(4)
    logits_of(network, faces, device=CPU)
    network.train()(prepare_crops(torch.from_numpy(faces.pictures))).sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_accuracy_is_the_share_of_right_labels():
    network, faces = tiny_network(), striped_faces(20, seed=3)
    predicted = logits_of(network, faces, device=CPU).argmax(1).numpy()
    right = LabelledFaces(pictures=faces.pictures, labels=predicted)
    wrong = LabelledFaces(pictures=faces.pictures, labels=(predicted + 1) % len(EMOTIONS))
    half = LabelledFaces(
        pictures=faces.pictures, labels=np.where(np.arange(20) < 10, predicted, wrong.labels)
    )
    logits = logits_of(network, faces, device=CPU)
    assert [share_correct(logits, one) for one in (right, wrong, half)] == [1, 0, 0.5]
