"""The training loop."""

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Final

import torch
from torch import nn

from vidfer.emotion.networks import NETWORKS
from vidfer.emotion.preparation import prepare_crops
from vidfer.errors import DataError, SettingsError
from vidfer.training.data import LabelledFaces
from vidfer.training.recipe import LEAST_BATCH, Optimizer, Recipe

_OPTIMIZERS: Final[dict[Optimizer, Callable[..., torch.optim.Optimizer]]] = {
    "adam": torch.optim.Adam,
    "sgd": torch.optim.SGD,
    "momentum": lambda parameters, lr: torch.optim.SGD(parameters, lr=lr, momentum=0.9),
    "adadelta": torch.optim.Adadelta,
}


@dataclass(frozen=True)
class EpochResult:
    """One line of a training run's history; shares lie in 0 to 1, epochs count from 1."""

    epoch: int
    loss: float
    training_accuracy: float
    held_out_accuracy: float

    def as_dict(self) -> dict[str, float]:
        """Return the line for a JSON history."""
        return asdict(self)


def train_network(
    training: LabelledFaces,
    held_out: LabelledFaces,
    *,
    recipe: Recipe,
    device: torch.device,
    on_epoch: Callable[[EpochResult], None] = lambda result: None,
) -> tuple[nn.Module, list[EpochResult]]:
    """Train the recipe's network; return it in evaluation mode, with its history.

    `training_accuracy` is the running figure under dropout; `held_out` is looked at
    after each epoch and decides nothing. The same recipe, data, torch build and thread
    count give the same weights on the CPU.

    Raises:
        SettingsError: the recipe names an unknown network.
        DataError: there are too few pictures, or training diverged.
    """
    if len(training) < LEAST_BATCH:
        raise DataError(
            f"The training split must have at least {LEAST_BATCH} pictures; it has {len(training)}."
        )
    if recipe.network not in NETWORKS:
        raise SettingsError(
            f"There is no network '{recipe.network}'. Known: {', '.join(sorted(NETWORKS))}."
        )
    torch.manual_seed(recipe.seed)
    network = NETWORKS[recipe.network]().to(device).to(memory_format=torch.channels_last)
    optimizer = _OPTIMIZERS[recipe.optimizer](network.parameters(), lr=recipe.learning_rate)
    steps = recipe.epochs * math.ceil(len(training) / recipe.batch_size)
    schedule = _schedule(optimizer, recipe, steps)
    shuffler = torch.Generator().manual_seed(recipe.seed)
    history = []
    for epoch in range(1, recipe.epochs + 1):
        batches = shuffled_batches(training, recipe=recipe, generator=shuffler, device=device)
        loss, accuracy = _run_epoch(network, batches, optimizer, schedule)
        logits = logits_of(network, held_out, device=device)
        if not (math.isfinite(loss) and _all_finite(logits, *network.state_dict().values())):
            raise DataError(
                f"Training diverged in epoch {epoch}, its numbers are no longer finite: "
                f"lower the learning rate (it is {recipe.learning_rate})."
            )
        result = EpochResult(
            epoch=epoch,
            loss=loss,
            training_accuracy=accuracy,
            held_out_accuracy=share_correct(logits, held_out),
        )
        history.append(result)
        on_epoch(result)
    return network.eval(), history


def _schedule(
    optimizer: torch.optim.Optimizer, recipe: Recipe, steps: int
) -> torch.optim.lr_scheduler.LRScheduler:
    if recipe.schedule == "cosine":
        return torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps)
    return torch.optim.lr_scheduler.ConstantLR(optimizer, factor=1.0, total_iters=0)


def shuffled_batches(
    faces: LabelledFaces, *, recipe: Recipe, generator: torch.Generator, device: torch.device
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Yield (pictures uint8 (B, 48, 48), labels int64 (B,)) in a fresh random order.

    With the recipe's `flip`, each picture is mirrored with probability one half.
    """
    order = torch.randperm(len(faces), generator=generator)
    pictures, labels = torch.from_numpy(faces.pictures), torch.from_numpy(faces.labels)
    for rows in order.split(recipe.batch_size):
        if len(rows) >= LEAST_BATCH:
            chosen = pictures[rows]
            if recipe.flip:
                mirrored = torch.randint(2, (len(rows),), generator=generator) == 1
                chosen[mirrored] = chosen[mirrored].flip(2)
            yield chosen.to(device), labels[rows].to(device)


def _run_epoch(
    network: nn.Module,
    batches: Iterator[tuple[torch.Tensor, torch.Tensor]],
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
) -> tuple[float, float]:
    """Train through `batches` once; return the mean loss and the running accuracy."""
    network.train()
    total_loss, correct, seen = 0.0, 0, 0
    for pictures, labels in batches:
        logits = network(prepare_crops(pictures))
        loss = nn.functional.cross_entropy(logits, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        total_loss += loss.item() * len(labels)
        correct += int((logits.argmax(1) == labels).sum())
        seen += len(labels)
    return total_loss / seen, correct / seen


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
