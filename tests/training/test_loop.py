"""Training lowers the loss, can be repeated to the bit, and stops when it diverges."""

import math
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
import torch
from torch import nn

from vidfer.emotion.networks import NETWORKS
from vidfer.emotion.preparation import prepare_crops
from vidfer.emotions import EMOTIONS
from vidfer.errors import DataError, SettingsError
from vidfer.training.data import LabelledFaces
from vidfer.training.loop import (
    EpochResult,
    logits_of,
    share_correct,
    shuffled_batches,
    train_network,
)
from vidfer.training.recipe import Optimizer, Recipe, Schedule

CPU = torch.device("cpu")
RECIPE = Recipe(batch_size=16, epochs=1)

# Rates at which each optimizer learns and none diverges.
LEARNING_RATE = {"adam": 1e-3, "sgd": 0.01, "momentum": 0.01, "adadelta": 1.0}


def trained(
    training: LabelledFaces, held_out: LabelledFaces, recipe: Recipe
) -> tuple[nn.Module, list[EpochResult]]:
    return train_network(training, held_out, recipe=recipe, device=CPU)


def same_weights(one: nn.Module, other: nn.Module) -> bool:
    left, right = one.state_dict(), other.state_dict()
    return all(torch.equal(left[key], right[key]) for key in left)


def batches_of(
    faces: LabelledFaces, recipe: Recipe, *, seed: int = 0
) -> list[tuple[torch.Tensor, torch.Tensor]]:
    generator = torch.Generator().manual_seed(seed)
    return list(shuffled_batches(faces, recipe=recipe, generator=generator, device=CPU))


def test_the_loss_falls_and_the_pictures_are_learnt(make_faces):
    network, history = trained(make_faces(64), make_faces(21, seed=9), replace(RECIPE, epochs=6))
    assert history[-1].loss < 0.6 * history[0].loss
    assert history[-1].training_accuracy > history[0].training_accuracy
    assert share_correct(logits_of(network, make_faces(64), device=CPU), make_faces(64)) > 0.9


def test_history_has_a_line_per_epoch_as_they_come(make_faces):
    seen: list[EpochResult] = []
    _, history = train_network(
        make_faces(32),
        make_faces(7, seed=9),
        recipe=replace(RECIPE, epochs=2),
        device=CPU,
        on_epoch=seen.append,
    )
    assert seen == history
    assert [result.epoch for result in history] == [1, 2]
    for result in history:
        assert math.isfinite(result.loss)
        assert 0 <= result.training_accuracy <= 1
        assert 0 <= result.held_out_accuracy <= 1
        assert result.as_dict()["epoch"] == result.epoch


def test_the_last_line_tells_how_the_returned_network_does(make_faces):
    held_out = make_faces(21, seed=9)
    network, history = trained(make_faces(64), held_out, replace(RECIPE, epochs=2))
    logits = logits_of(network, held_out, device=CPU)
    assert history[-1].held_out_accuracy == share_correct(logits, held_out)
    assert not network.training


@pytest.mark.parametrize("flip", [False, True])
def test_the_same_seed_gives_the_same_weights(flip, make_faces):
    recipe = replace(RECIPE, flip=flip)
    one, history = trained(make_faces(32), make_faces(7), recipe)
    torch.rand(5)
    same, same_history = trained(make_faces(32), make_faces(7), recipe)
    assert same_weights(one, same)
    assert history == same_history


def test_another_seed_gives_other_weights(make_faces):
    one, _ = trained(make_faces(32), make_faces(7), RECIPE)
    other, _ = trained(make_faces(32), make_faces(7), replace(RECIPE, seed=1))
    assert not same_weights(one, other)


def test_the_held_out_pictures_decide_nothing(make_faces):
    one, _ = trained(make_faces(32), make_faces(7, seed=5), RECIPE)
    other, _ = trained(make_faces(32), make_faces(14, seed=6), RECIPE)
    assert same_weights(one, other)


@pytest.mark.parametrize("schedule", get_args(Schedule))
@pytest.mark.parametrize("optimizer", get_args(Optimizer))
def test_every_optimizer_and_schedule_trains(optimizer, schedule, make_faces):
    recipe = replace(
        RECIPE,
        optimizer=optimizer,
        schedule=schedule,
        learning_rate=LEARNING_RATE[optimizer],
        batch_size=8,
    )
    network, history = trained(make_faces(24), make_faces(7), recipe)
    assert math.isfinite(history[0].loss)
    assert all(torch.isfinite(tensor).all() for tensor in network.state_dict().values())


def test_an_unknown_network_is_refused_with_the_known_ones(make_faces):
    with pytest.raises(SettingsError, match=r"There is no network 'resnet'\. Known: .*paper"):
        trained(make_faces(16), make_faces(7), replace(RECIPE, network="resnet"))


@pytest.mark.parametrize("optimizer", get_args(Optimizer))
def test_training_that_diverges_is_a_data_error_that_says_what_to_do(optimizer, make_faces):
    recipe = replace(RECIPE, optimizer=optimizer, learning_rate=1e30, epochs=3)
    with pytest.raises(DataError) as refusal:
        trained(make_faces(64), make_faces(7), recipe)
    assert "lower the learning rate (it is 1e+30)" in str(refusal.value)
    assert "epoch" in str(refusal.value)


def test_training_that_diverges_in_its_last_step_is_refused_too(make_faces):
    with pytest.raises(DataError, match="learning rate"):
        trained(make_faces(16), make_faces(7), replace(RECIPE, learning_rate=1e30))


@pytest.mark.parametrize("count", [0, 1])
def test_a_single_picture_is_too_few_to_train_on(count, make_faces):
    with pytest.raises(DataError, match=f"at least 2 pictures; it has {count}"):
        trained(make_faces(count), make_faces(7), RECIPE)


def test_two_pictures_are_enough_to_train_on(make_faces):
    _, history = trained(make_faces(2), make_faces(7), RECIPE)
    assert math.isfinite(history[0].loss)


def test_an_odd_picture_at_the_end_is_no_obstacle(make_faces):
    _, history = trained(make_faces(17), make_faces(7), RECIPE)
    assert math.isfinite(history[0].loss)


def test_the_pictures_are_left_as_they_are(make_faces):
    training = make_faces(32)
    before = training.pictures.copy()
    trained(training, make_faces(7), replace(RECIPE, flip=True))
    np.testing.assert_array_equal(training.pictures, before)


def test_batches_hold_every_picture_once_with_its_label(make_faces):
    faces = make_faces(40)
    label_of = {p.tobytes(): int(label) for p, label in zip(faces.pictures, faces.labels)}
    seen = []
    for pictures, labels in batches_of(faces, RECIPE):
        assert pictures.dtype == torch.uint8
        for picture, label in zip(pictures.numpy(), labels.tolist()):
            assert label_of[picture.tobytes()] == label
            seen.append(picture.tobytes())
    assert len(seen) == len(set(seen)) == len(faces)


def test_batches_have_the_recipes_size_and_none_has_one_picture(make_faces):
    assert [len(labels) for _, labels in batches_of(make_faces(40), RECIPE)] == [16, 16, 8]
    assert [len(labels) for _, labels in batches_of(make_faces(33), RECIPE)] == [16, 16]


def test_every_epoch_has_another_order(make_faces):
    faces = make_faces(40)
    generator = torch.Generator().manual_seed(0)
    first, second = (
        torch.cat(
            [
                labels
                for _, labels in shuffled_batches(
                    faces, recipe=RECIPE, generator=generator, device=CPU
                )
            ]
        )
        for _ in range(2)
    )
    assert not torch.equal(first, second)
    assert torch.equal(first.sort().values, second.sort().values)


def test_flipping_mirrors_about_half_of_the_pictures_left_to_right(make_faces):
    faces = make_faces(400)
    upright = {picture.tobytes() for picture in faces.pictures}
    mirrored = {picture[:, ::-1].tobytes() for picture in faces.pictures}
    recipe = replace(RECIPE, flip=True)
    pictures = [p.tobytes() for batch, _ in batches_of(faces, recipe) for p in batch.numpy()]
    flipped = sum(picture in mirrored for picture in pictures)
    assert flipped + sum(picture in upright for picture in pictures) == len(faces)
    assert 140 < flipped < 260


def test_logits_do_not_depend_on_how_pictures_are_portioned(make_faces):
    network, _ = trained(make_faces(32), make_faces(7), RECIPE)
    faces = make_faces(20, seed=3)
    whole = logits_of(network, faces, device=CPU)
    parts = logits_of(network, faces, device=CPU, batch_size=3)
    assert whole.shape == (20, len(EMOTIONS))
    torch.testing.assert_close(parts, whole, rtol=1e-4, atol=1e-5)


def test_a_network_can_be_trained_on_after_its_logits_were_taken(make_faces):
    network, faces = NETWORKS["paper"](), make_faces(4)
    logits_of(network, faces, device=CPU)
    network.train()(prepare_crops(torch.from_numpy(faces.pictures))).sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_accuracy_is_the_share_of_right_labels(make_faces):
    network, _ = trained(make_faces(32), make_faces(7), RECIPE)
    faces = make_faces(20, seed=3)
    predicted = logits_of(network, faces, device=CPU).argmax(1).numpy()
    right = LabelledFaces(pictures=faces.pictures, labels=predicted)
    wrong = LabelledFaces(pictures=faces.pictures, labels=(predicted + 1) % len(EMOTIONS))
    assert share_correct(logits_of(network, right, device=CPU), right) == 1
    assert share_correct(logits_of(network, wrong, device=CPU), wrong) == 0
