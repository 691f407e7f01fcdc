"""The loss weighs pictures, labels and teachers as the recipe says."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from tests.tiny import tiny_network
from vidfer.emotion.cards import ModelCard
from vidfer.emotion.models import load_model, save_weights
from vidfer.emotion.networks import NETWORKS
from vidfer.emotions import EMOTIONS
from vidfer.errors import SettingsError, WeightsError
from vidfer.training.augmentation import Augmentation
from vidfer.training.loss import TrainingLoss
from vidfer.training.recipe import Recipe

CPU = torch.device("cpu")
COUNTS = (40, 4, 41, 72, 48, 32, 50)
LABELS = np.repeat(np.arange(len(EMOTIONS)), COUNTS)

CROPS = torch.randn(7, 1, 48, 48, generator=torch.Generator().manual_seed(4))


def logits_for(count: int, *, seed: int = 1) -> torch.Tensor:
    return torch.randn(count, len(EMOTIONS), generator=torch.Generator().manual_seed(seed))


def made(recipe: Recipe, labels: np.ndarray = LABELS) -> TrainingLoss:
    return TrainingLoss(labels, recipe=recipe, device=CPU)


def loss_of(
    recipe: Recipe, logits: torch.Tensor, targets: torch.Tensor, labels: np.ndarray = LABELS
) -> torch.Tensor:
    """The loss of `logits` where teachers see CROPS; `labels` are those of the training data."""
    loss = made(recipe, labels)
    return loss(logits, targets, loss.taught(CROPS))


def probabilities(labels: torch.Tensor) -> torch.Tensor:
    return functional.one_hot(labels, len(EMOTIONS)).float()


@pytest.fixture
def make_teacher(monkeypatch, tmp_path) -> Callable[[int], Path]:
    """Writes a tiny model with random weights of a seed."""
    monkeypatch.setitem(NETWORKS, "tiny", tiny_network)

    def make(seed: int) -> Path:
        torch.manual_seed(seed)
        path = tmp_path / f"teacher{seed}.safetensors"
        checksum = save_weights(tiny_network(), path)
        card = ModelCard(
            name=path.stem, network="tiny", weights_sha256=checksum, temperature=1.0, parameters=1
        )
        path.with_suffix(".json").write_text(card.to_json(), encoding="utf-8")
        return path

    return make


@pytest.mark.parametrize("kind", [torch.clone, probabilities])
def test_a_plain_loss_is_the_cross_entropy(kind):
    logits, labels = logits_for(len(LABELS)), torch.from_numpy(LABELS)
    expected = functional.cross_entropy(logits, labels)
    torch.testing.assert_close(loss_of(Recipe(), logits, kind(labels)), expected)


@pytest.mark.parametrize("kind", [torch.clone, probabilities])
def test_label_smoothing_spreads_its_share_evenly(kind):
    logits, labels = logits_for(len(LABELS)), torch.from_numpy(LABELS)
    smoothed = 0.8 * probabilities(labels) + 0.2 / len(EMOTIONS)
    expected = functional.cross_entropy(logits, smoothed)
    recipe = Recipe(label_smoothing=0.2)
    torch.testing.assert_close(loss_of(recipe, logits, kind(labels)), expected)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("kind", [torch.clone, probabilities])
def test_with_full_balance_every_class_counts_the_same(kind, smoothing):
    logits, labels = logits_for(len(LABELS)), torch.from_numpy(LABELS)
    losses = functional.cross_entropy(logits, labels, label_smoothing=smoothing, reduction="none")
    expected = torch.stack([losses[labels == i].mean() for i in range(len(EMOTIONS))]).mean()
    recipe = Recipe(class_balance=1, label_smoothing=smoothing)
    torch.testing.assert_close(loss_of(recipe, logits, kind(labels)), expected)


@pytest.mark.parametrize("balance", [0.25, 0.5, 1.0])
def test_the_rarer_a_class_is_the_more_a_picture_of_it_counts(balance):
    recipe = Recipe(class_balance=balance)
    equal = torch.zeros(1, len(EMOTIONS))
    losses = [loss_of(recipe, equal, torch.tensor([i])).item() for i in range(len(EMOTIONS))]
    assert np.argsort(losses).tolist() == np.argsort(COUNTS)[::-1].tolist()
    strength = np.log(losses[1] / losses[3]) / np.log(COUNTS[3] / COUNTS[1])
    assert strength == pytest.approx(balance, rel=1e-4)
    assert np.average(losses, weights=COUNTS) == pytest.approx(np.log(len(EMOTIONS)), rel=1e-5)


def test_a_class_without_pictures_does_not_outweigh_the_others():
    without_disgust = LABELS[LABELS != 1]
    recipe = Recipe(class_balance=1, label_smoothing=0.1)
    logits, labels = logits_for(len(without_disgust)), torch.from_numpy(without_disgust)
    assert loss_of(recipe, logits, labels, without_disgust) < 5


def test_a_teacher_pulls_the_network_to_its_own_answers(make_teacher):
    path = make_teacher(1)
    loss = made(Recipe(teachers=(str(path),), teachers_weight=1))
    answers = loss.taught(CROPS)
    labels = torch.zeros(len(CROPS), dtype=torch.int64)
    logits = torch.zeros(len(CROPS), len(EMOTIONS), requires_grad=True)
    optimizer = torch.optim.SGD([logits], lr=20)
    for _ in range(40):
        optimizer.zero_grad()
        loss(logits, labels, answers).backward()
        optimizer.step()
    with torch.inference_mode():
        taught = load_model(str(path)).network(CROPS)
    torch.testing.assert_close(logits.softmax(1), taught.softmax(1), atol=0.01, rtol=0)


def test_the_weight_says_how_much_the_teachers_count(make_teacher):
    logits, labels = logits_for(len(CROPS)), torch.arange(len(CROPS)) % len(EMOTIONS)
    teachers = (str(make_teacher(1)),)
    none, half, all_of_it = (
        loss_of(Recipe(teachers=teachers, teachers_weight=weight), logits, labels)
        for weight in (0, 0.5, 1)
    )
    torch.testing.assert_close(none, functional.cross_entropy(logits, labels))
    torch.testing.assert_close(half, (none + all_of_it) / 2)
    assert none != all_of_it


@pytest.mark.parametrize("temperature", [1.0, 4.0])
def test_several_teachers_speak_with_the_mean_of_their_probabilities(temperature, make_teacher):
    paths = [make_teacher(seed) for seed in (1, 2)]
    recipe = Recipe(
        teachers=tuple(map(str, paths)), teachers_weight=1, teachers_temperature=temperature
    )
    logits, labels = logits_for(len(CROPS)), torch.zeros(len(CROPS), dtype=torch.int64)
    with torch.inference_mode():
        taught = [load_model(str(path)).network(CROPS) / temperature for path in paths]
    wanted = sum(z.softmax(1) for z in taught) / 2
    expected = -(wanted * (logits / temperature).log_softmax(1)).sum(1).mean() * temperature**2
    torch.testing.assert_close(loss_of(recipe, logits, labels), expected)


def test_teachers_may_speak_of_the_mirror_image_too(make_teacher):
    path = make_teacher(1)
    recipe = Recipe(teachers=(str(path),), teachers_weight=1, teachers_flip=True)
    logits, labels = logits_for(len(CROPS)), torch.zeros(len(CROPS), dtype=torch.int64)
    network = load_model(str(path)).network
    with torch.inference_mode():
        wanted = (network(CROPS).softmax(1) + network(CROPS.flip(3)).softmax(1)) / 2
    expected = -(wanted * logits.log_softmax(1)).sum(1).mean()
    torch.testing.assert_close(loss_of(recipe, logits, labels), expected)


def test_teachers_do_not_learn_and_are_known_by_their_checksum(make_teacher):
    path = make_teacher(1)
    loss = made(Recipe(teachers=(str(path),), precision="bfloat16"))
    logits = logits_for(len(CROPS)).requires_grad_()
    labels = torch.zeros(len(CROPS), dtype=torch.int64)
    loss(logits, labels, loss.taught(CROPS)).backward()
    assert logits.grad is not None
    assert loss.teachers_sha256 == (load_model(str(path)).card.weights_sha256,)


def test_an_unknown_or_altered_teacher_is_refused_by_name(make_teacher):
    with pytest.raises(WeightsError, match="There is no model 'professor'"):
        made(Recipe(teachers=("professor",)))
    path = make_teacher(1)
    path.write_bytes(make_teacher(2).read_bytes())
    with pytest.raises(WeightsError, match="teacher1"):
        made(Recipe(teachers=(str(path),)))


def test_a_teacher_that_does_not_take_the_crops_is_refused_by_name(make_teacher):
    recipe = Recipe(teachers=("paper",), augmentation=Augmentation(crop_side_px=40))
    with pytest.raises(SettingsError, match=r"'paper' takes no crops of 40 px: set crop_side_px"):
        made(recipe)
    made(replace(recipe, teachers=(str(make_teacher(1)),)))
