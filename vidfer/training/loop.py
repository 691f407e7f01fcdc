"""The training loop."""

import math
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from vidfer.compute import OUT_OF_MEMORY
from vidfer.emotion.preparation import prepare_crops
from vidfer.errors import DataError, SettingsError
from vidfer.training.data.labelled_faces import LabelledFaces
from vidfer.training.recipe import LEAST_BATCH, Recipe
from vidfer.training.run import EpochResult, TrainingRun


def train_network(
    training: LabelledFaces,
    held_out: LabelledFaces,
    *,
    recipe: Recipe,
    device: torch.device,
    checkpoint: Path | None = None,
    on_epoch: Callable[[EpochResult], None] = lambda result: None,
) -> tuple[nn.Module, list[EpochResult]]:
    """Train the recipe's network; return it in evaluation mode, with its history.

    `training_accuracy` is the running figure under dropout and augmentation; `held_out`
    is looked at after each epoch and decides nothing. The same recipe, data, torch build
    and thread count give the same weights on the CPU, also when the run is interrupted
    at any time and goes on from `checkpoint`, which is written after each epoch.

    Raises:
        SettingsError: the network is unknown, it or a teacher does not take the recipe's
            crops, or the memory does not suffice for the recipe's batches.
        WeightsError: a teacher is unknown or altered.
        DataError: there are too few pictures, training diverged, or the checkpoint is
            damaged or of another run.
        OutputError: the checkpoint cannot be written.
    """
    if len(training) < LEAST_BATCH:
        raise DataError(
            f"The training split must have at least {LEAST_BATCH} pictures; it has {len(training)}."
        )
    run = TrainingRun(training, recipe=recipe, device=device)
    if checkpoint is not None and checkpoint.exists():
        run.restore(checkpoint)
    while run.epoch < recipe.epochs:
        result = _next_epoch(run, held_out, recipe=recipe, device=device)
        if result is None:
            raise _diverged(run, recipe, checkpoint)
        run.history.append(result)
        if checkpoint is not None:
            run.save(checkpoint)
        on_epoch(result)
    return run.result.eval(), run.history


def _next_epoch(
    run: TrainingRun, held_out: LabelledFaces, *, recipe: Recipe, device: torch.device
) -> EpochResult | None:
    """Train an epoch and look at the held-out pictures; None if the numbers left all bounds."""
    try:
        loss, accuracy = run.run_epoch()
        logits = logits_of(run.result, held_out, device=device)
    except OUT_OF_MEMORY as error:
        raise SettingsError(
            f"The memory of the device '{device}' does not suffice for batches of "
            f"{recipe.batch_size}: lower batch_size, or train on another device."
        ) from error
    if not (math.isfinite(loss) and _all_finite(logits, *run.result.state_dict().values())):
        return None
    labels = torch.from_numpy(held_out.labels)
    return EpochResult(
        epoch=run.epoch,
        loss=loss,
        training_accuracy=accuracy,
        held_out_loss=float(nn.functional.cross_entropy(logits, labels)),
        held_out_accuracy=share_correct(logits, held_out),
    )


def _diverged(run: TrainingRun, recipe: Recipe, checkpoint: Path | None) -> DataError:
    kept = f" {checkpoint} holds the epoch before." if checkpoint and run.history else ""
    return DataError(
        f"Training diverged in epoch {run.epoch}, its numbers are no longer finite: "
        f"lower the learning rate (it is {recipe.learning_rate}).{kept}"
    )


def logits_of(
    network: nn.Module, faces: LabelledFaces, *, device: torch.device, batch_size: int = 32
) -> torch.Tensor:
    """Return the network's logits for all faces, float32 (N, 7) on the CPU.

    Small portions stay in the processor's cache: 32 are faster than 256 on one core.
    """
    network.eval().to(memory_format=torch.channels_last)
    portions = torch.from_numpy(faces.pictures).split(batch_size)
    with torch.inference_mode():
        return torch.cat([network(prepare_crops(p.to(device))).cpu() for p in portions])


def share_correct(logits: torch.Tensor, faces: LabelledFaces) -> float:
    """Return the share of faces whose most likely class is their label."""
    return float((logits.argmax(1).numpy() == faces.labels).mean())


def _all_finite(*tensors: torch.Tensor) -> bool:
    return all(bool(tensor.isfinite().all()) for tensor in tensors)
