"""One training run, an epoch at a time."""

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import get_args

import torch
from torch import nn

from vidfer.emotion.preparation import prepare_crops
from vidfer.errors import SettingsError
from vidfer.training.augmentation import Augmentation, augment
from vidfer.training.checkpoint import Checkpoint, load_checkpoint, refusal, save_checkpoint
from vidfer.training.data.labelled_faces import LabelledFaces
from vidfer.training.identity import RunIdentity, data_sha256
from vidfer.training.loss import TrainingLoss
from vidfer.training.mixing import mix
from vidfer.training.optimization import autocast, learning_rate_at, set_learning_rate
from vidfer.training.recipe import LEAST_BATCH, Recipe, TeachersView
from vidfer.training.sharpness import uphill
from vidfer.training.state import TrainingState
from vidfer.training.targets import training_targets


@dataclass(frozen=True)
class EpochResult:
    """One line of a training run's history; shares lie in 0 to 1, epochs count from 1."""

    epoch: int
    loss: float
    training_accuracy: float
    held_out_loss: float
    held_out_accuracy: float

    def as_dict(self) -> dict[str, float]:
        """Return the line for a JSON history."""
        return asdict(self)


class TrainingRun:
    """A network on its way through the training pictures.

    `epoch` is the number of epochs that are over, `history` a line for each of them,
    which the caller appends.

    Raises:
        SettingsError: the network is unknown, or it or a teacher does not take the
            recipe's crops.
        WeightsError: first weights or a teacher are unknown or altered.
    """

    def __init__(self, training: LabelledFaces, *, recipe: Recipe, device: torch.device) -> None:
        self.epoch = 0
        self.history: list[EpochResult] = []
        self._recipe = recipe
        self._device = device
        self._state = TrainingState(recipe, device=device)
        self._loss = TrainingLoss(training.labels, recipe=recipe, device=device)
        # Training data is small: all of it on the device saves a copy each step.
        self._pictures = torch.from_numpy(training.pictures).to(device)
        self._labels = torch.from_numpy(training.labels).to(device)
        self._targets = training_targets(training, votes_weight=recipe.votes_weight).to(device)
        self._identity = RunIdentity(
            recipe=recipe,
            data_sha256=data_sha256(training),
            initial_sha256=self._state.initial_sha256,
            teachers_sha256=self._loss.teachers_sha256,
            device=device.type,
        )

    @property
    def result(self) -> nn.Module:
        """The network to use: the running average where the recipe keeps one."""
        return self._state.result

    def run_epoch(self) -> tuple[float, float]:
        """Train through all pictures once; return the mean loss and the running accuracy.

        After a loss that is not finite the epoch ends at once.
        """
        self._state.network.train()
        total_loss, correct, seen = 0.0, 0, 0
        batches = self._shuffled_rows()
        for step, rows in enumerate(batches, start=1):
            rate = learning_rate_at(self.epoch + step / len(batches), self._recipe)
            set_learning_rate(self._state.optimizer, rate)
            loss, predicted = self._step(self._pictures[rows], self._targets[rows])
            total_loss += loss * len(rows)
            correct += int((predicted == self._labels[rows]).sum())
            seen += len(rows)
            if not math.isfinite(loss):
                break
        self.epoch += 1
        return total_loss / seen, correct / seen

    def _shuffled_rows(self) -> list[torch.Tensor]:
        """Return the rows of each batch, in a fresh random order."""
        order = torch.randperm(len(self._labels), generator=self._state.shuffler)
        batches = order.to(self._device).split(self._recipe.batch_size)
        return [rows for rows in batches if len(rows) >= LEAST_BATCH]

    def _step(self, pictures: torch.Tensor, targets: torch.Tensor) -> tuple[float, torch.Tensor]:
        """Take one step; return the batch's loss and the classes that were most likely."""
        state, settings = self._state, self._recipe.augmentation
        shown = dict.fromkeys(get_args(TeachersView), pictures)
        if settings != Augmentation():
            views = augment(pictures, settings=settings, generator=state.changer)
            views, targets = mix(views, targets, settings=settings, generator=state.changer)
            shown = dict(zip(shown, views.unbind(1)))
        crops, view = prepare_crops(shown["changed"]), self._recipe.teachers_see
        taught = self._loss.taught(crops if view == "changed" else prepare_crops(shown[view]))
        loss, logits = self._passed(crops, targets, taught)
        state.optimizer.zero_grad()
        loss.backward()
        if self._recipe.sharpness_radius:
            with uphill(state.network, radius=self._recipe.sharpness_radius):
                higher, _ = self._passed(crops, targets, taught)
                state.optimizer.zero_grad()
                higher.backward()
        state.optimizer.step()
        if state.average is not None:
            state.average.update(state.network)
        return loss.item(), logits.argmax(1)

    def _passed(
        self, crops: torch.Tensor, targets: torch.Tensor, taught: torch.Tensor | None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Pass crops through the network; return the loss, a scalar, and the logits."""
        with autocast(self._recipe, self._device):
            logits = self._state.network(crops).float()
        return self._loss(logits, targets, taught), logits

    def save(self, path: Path) -> None:
        """Write a checkpoint from which `restore` goes on to the same weights.

        Raises:
            OutputError: the file system refuses.
        """
        values = {
            "epoch": self.epoch,
            "history": [result.as_dict() for result in self.history],
            "identity": self._identity.as_dict(),
        }
        save_checkpoint(Checkpoint(tensors=self._state.tensors(), values=values), path)

    def restore(self, path: Path) -> None:
        """Go on where the checkpoint was written.

        Raises:
            DataError: it is damaged, or of another recipe, other data or another device.
        """
        checkpoint = load_checkpoint(path)
        try:
            self._require_same_run(checkpoint, path)
            self._state.restore(checkpoint.tensors)
            self.history = [EpochResult(**line) for line in checkpoint.values["history"]]
            self.epoch = checkpoint.values["epoch"]
        except (KeyError, TypeError, RuntimeError, SettingsError) as error:
            raise refusal(path, "is of another version of vidfer") from error

    def _require_same_run(self, checkpoint: Checkpoint, path: Path) -> None:
        found = RunIdentity.from_dict(checkpoint.values["identity"], source=str(path))
        difference = self._identity.difference(found, epochs_done=checkpoint.values["epoch"])
        if difference is not None:
            raise refusal(path, f"is of another run ({difference})")
