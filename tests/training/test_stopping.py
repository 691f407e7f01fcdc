"""Training that stops says why in one sentence, and goes on from its last whole epoch."""

import errno
import math
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
import torch
from torch import nn

from tests.tiny import striped_faces, tiny_network
from vidfer.emotion.networks import NETWORKS
from vidfer.errors import DataError, OutputError, SettingsError
from vidfer.training.checkpoint import load_checkpoint
from vidfer.training.data.labelled_faces import LabelledFaces
from vidfer.training.loop import EpochResult, train_network
from vidfer.training.recipe import Optimizer, Recipe

CPU = torch.device("cpu")
TRAINING, HELD_OUT = striped_faces(42), striped_faces(14, seed=9)
RECIPE = Recipe(network="tiny", batch_size=14, epochs=2)


@pytest.fixture(autouse=True)
def _tiny(monkeypatch):
    monkeypatch.setitem(NETWORKS, "tiny", tiny_network)


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "mine.checkpoint.safetensors"


def trained(
    recipe: Recipe = RECIPE,
    *,
    training: LabelledFaces = TRAINING,
    checkpoint: Path | None = None,
) -> tuple[nn.Module, list[EpochResult]]:
    return train_network(training, HELD_OUT, recipe=recipe, device=CPU, checkpoint=checkpoint)


def same_weights(one: nn.Module, other: nn.Module) -> bool:
    left, right = one.state_dict(), other.state_dict()
    return all(torch.equal(left[key], right[key]) for key in left)


@pytest.mark.parametrize("optimizer", get_args(Optimizer))
def test_training_that_diverges_is_one_sentence_that_says_what_to_do(optimizer):
    recipe = replace(RECIPE, optimizer=optimizer, learning_rate=1e30, epochs=3)
    with pytest.raises(DataError) as refusal:
        trained(recipe)
    assert "lower the learning rate (it is 1e+30)" in str(refusal.value)
    assert "epoch" in str(refusal.value)


def test_training_that_diverges_in_its_last_step_is_refused_too():
    with pytest.raises(DataError, match="learning rate"):
        trained(replace(RECIPE, learning_rate=1e30, epochs=1), training=striped_faces(14))


class Brittle(nn.Module):
    """The tiny network, which does something untoward once it has seen so many batches."""

    good_batches = 5
    untoward = staticmethod(lambda logits: logits * math.nan)

    def __init__(self) -> None:
        super().__init__()
        self.tiny = tiny_network()
        self.register_buffer("seen", torch.tensor(0))

    def forward(self, crops: torch.Tensor) -> torch.Tensor:
        logits = self.tiny(crops)
        if not self.training:
            return logits
        self.seen += 1
        return self.untoward(logits) if self.seen > self.good_batches else logits


class Interrupted(Brittle):
    """A user stops the run in the middle of its second epoch."""

    @staticmethod
    def untoward(logits: torch.Tensor) -> torch.Tensor:
        raise KeyboardInterrupt


class OutOfMemory(Brittle):
    """The GPU's memory does not suffice."""

    @staticmethod
    def untoward(logits: torch.Tensor) -> torch.Tensor:
        raise torch.OutOfMemoryError("CUDA out of memory")


BRITTLE = replace(RECIPE, network="brittle", epochs=4)


def test_numbers_that_get_lost_midway_leave_the_checkpoint_of_the_epoch_before(path, monkeypatch):
    monkeypatch.setitem(NETWORKS, "brittle", Brittle)
    with pytest.raises(DataError) as refusal:
        trained(BRITTLE, checkpoint=path)
    sentence = str(refusal.value)
    assert sentence.startswith("Training diverged in epoch 2, ")
    assert sentence.endswith(f"{path} holds the epoch before.")
    kept = load_checkpoint(path)
    assert kept.values["epoch"] == 1
    assert all(torch.isfinite(tensor).all() for tensor in kept.tensors.values())


def test_without_a_checkpoint_none_is_spoken_of(monkeypatch):
    monkeypatch.setitem(NETWORKS, "brittle", Brittle)
    with pytest.raises(DataError) as refusal:
        trained(BRITTLE)
    assert "holds" not in str(refusal.value)


def test_a_run_that_was_interrupted_midway_goes_on_to_the_same_weights(path, monkeypatch):
    monkeypatch.setattr(Brittle, "good_batches", 10**6)
    monkeypatch.setitem(NETWORKS, "brittle", Brittle)
    undisturbed, history = trained(BRITTLE)
    monkeypatch.setattr(Interrupted, "good_batches", 5)
    monkeypatch.setitem(NETWORKS, "brittle", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        trained(BRITTLE, checkpoint=path)
    monkeypatch.setitem(NETWORKS, "brittle", Brittle)
    resumed, resumed_history = trained(BRITTLE, checkpoint=path)
    assert same_weights(resumed, undisturbed)
    assert resumed_history == history


def test_memory_that_does_not_suffice_is_one_sentence_that_says_what_to_do(monkeypatch):
    monkeypatch.setitem(NETWORKS, "brittle", OutOfMemory)
    with pytest.raises(SettingsError, match=r"batches of 14: lower batch_size, or train on"):
        trained(BRITTLE)


def test_a_disk_that_fills_up_leaves_the_checkpoint_of_the_epoch_before(path, monkeypatch):
    def fill_disk(result: EpochResult) -> None:
        monkeypatch.setattr(Path, "write_bytes", refuse)

    def refuse(target: Path, content: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OutputError, match="The disk is full"):
        train_network(
            TRAINING, HELD_OUT, recipe=RECIPE, device=CPU, checkpoint=path, on_epoch=fill_disk
        )
    assert load_checkpoint(path).values["epoch"] == 1
    monkeypatch.undo()
    monkeypatch.setitem(NETWORKS, "tiny", tiny_network)
    assert same_weights(trained(checkpoint=path)[0], trained()[0])


def test_a_run_that_is_over_is_not_trained_again(path):
    network, history = trained(checkpoint=path)
    before = path.read_bytes()
    again, same_history = trained(checkpoint=path)
    assert same_weights(again, network)
    assert same_history == history
    assert path.read_bytes() == before


def test_a_finished_run_can_be_made_longer(path):
    trained(checkpoint=path)
    longer = replace(RECIPE, epochs=3)
    resumed, history = trained(longer, checkpoint=path)
    undisturbed, same_history = trained(longer)
    assert same_weights(resumed, undisturbed)
    assert history == same_history


def test_a_checkpoint_of_another_run_is_refused_and_left_alone(path):
    trained(checkpoint=path)
    before = path.read_bytes()
    with pytest.raises(DataError, match=r"another run \(seed 0, not 1\)"):
        trained(replace(RECIPE, seed=1), checkpoint=path)
    assert path.read_bytes() == before
