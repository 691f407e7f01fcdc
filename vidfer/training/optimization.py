"""Optimisers, learning rates over time, precision, and the running average of weights."""

import copy
import math
from collections.abc import Callable
from typing import Final

import torch
from torch import nn

from vidfer.training.recipe import Optimizer, Recipe

_MOMENTUM: Final = 0.9

_OPTIMIZERS: Final[dict[Optimizer, Callable[..., torch.optim.Optimizer]]] = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "sgd": torch.optim.SGD,
    "momentum": lambda groups, lr: torch.optim.SGD(groups, lr=lr, momentum=_MOMENTUM),
    "nesterov": lambda groups, lr: torch.optim.SGD(
        groups, lr=lr, momentum=_MOMENTUM, nesterov=True
    ),
    "adadelta": torch.optim.Adadelta,
}


def make_optimizer(network: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """Return the recipe's optimiser; biases and normalisations are not decayed."""
    parameters = list(network.parameters())
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": recipe.weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return _OPTIMIZERS[recipe.optimizer](groups, lr=recipe.learning_rate)


def learning_rate_at(epochs_done: float, recipe: Recipe) -> float:
    """Return the learning rate once `epochs_done` (fractions count) epochs are over.

    It rises linearly over `warmup_epochs`. Then `cosine` falls to 0 at the end, and
    `trapezoid` stays and falls linearly to 0 over the last `decay_epochs`.
    """
    highest, after_warmup = recipe.learning_rate, epochs_done - recipe.warmup_epochs
    if after_warmup < 0:
        return highest * epochs_done / recipe.warmup_epochs
    if recipe.schedule == "cosine" and after_warmup > 0:
        share = after_warmup / (recipe.epochs - recipe.warmup_epochs)
        return highest * (1 + math.cos(math.pi * share)) / 2
    if recipe.schedule == "trapezoid" and epochs_done > recipe.epochs - recipe.decay_epochs:
        return highest * (recipe.epochs - epochs_done) / recipe.decay_epochs
    return highest


def set_learning_rate(optimizer: torch.optim.Optimizer, learning_rate: float) -> None:
    """Set the learning rate of all parameters."""
    for group in optimizer.param_groups:
        group["lr"] = learning_rate


def autocast(recipe: Recipe, device: torch.device) -> torch.autocast:
    """Return the context in which networks compute in the recipe's precision."""
    narrow = recipe.precision == "bfloat16"
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=narrow)


class WeightAverage:
    """An exponential moving average of a network's weights and running statistics.

    Early on the average forgets faster, so that the random start does not linger: step n
    keeps the share min(decay, n / (n + 10)). `network` is the average, in evaluation
    mode, and `steps` the number of updates so far.
    """

    def __init__(self, network: nn.Module, *, decay: float) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(requires_grad=False)
        self.steps = 0
        self._decay = decay

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        """Move the average a step towards `network`."""
        self.steps += 1
        decay = min(self._decay, self.steps / (self.steps + 10))
        for kept, new in zip(self.network.state_dict().values(), network.state_dict().values()):
            if kept.is_floating_point():
                kept.lerp_(new, 1 - decay)
            else:
                kept.copy_(new)
