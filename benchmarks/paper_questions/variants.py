"""The paper's network with one thing changed at a time, grouped by question."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any, Final

import torch
from torch import nn

from paper_questions.preparation import FixedScale, Preparation, clahe, equalised, referenced, same
from vidfer.emotion.networks import NETWORKS, PaperNetwork
from vidfer.training.recipe import Recipe

# vidfer's recipe of the paper, in twice the batch and half the digits, for speed.
PROTOCOL: Final = Recipe(schedule="cosine", batch_size=64, epochs=8, precision="bfloat16")

# Mean and deviation of all grey levels of FER2013's training split, white being 1.
_MEAN, _DEVIATION = 0.508, 0.255


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One way to train: recipe settings, a network, and what is done to the pictures."""

    name: str
    settings: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    network: Callable[[], nn.Module] = PaperNetwork
    prepare: Preparation = same

    def register(self) -> str:
        """Make the network known to vidfer's training under the variant's name."""
        NETWORKS[self.name] = self.network
        return self.name


def _optimiser(optimizer: str, rate: float, **settings: float) -> Variant:
    return Variant(
        name=f"{optimizer} {rate:g}",
        settings={"optimizer": optimizer, "learning_rate": rate, **settings},
    )


def _architecture(name: str, **arguments: Any) -> Variant:
    return Variant(name=name, network=partial(PaperNetwork, **arguments))


def _scaled(mean: float, deviation: float) -> nn.Module:
    return nn.Sequential(FixedScale(mean=mean, deviation=deviation), PaperNetwork())


PAPER: Final = Variant(name="paper")

QUESTIONS: Final[dict[str, tuple[Variant, ...]]] = {
    "optimisers": (
        PAPER,
        _optimiser("adam", 3e-3),
        _optimiser("adamw", 1e-3, weight_decay=0.05),
        _optimiser("adamw", 3e-3, weight_decay=0.05),
        _optimiser("sgd", 0.03),
        _optimiser("sgd", 0.1),
        _optimiser("momentum", 0.01),
        _optimiser("momentum", 0.03),
        _optimiser("adadelta", 0.3),
        _optimiser("adadelta", 1.0),
    ),
    "convolutions": (
        PAPER,
        _architecture("two convolutions", channels=(32, 64)),
        _architecture("four convolutions", channels=(32, 64, 128, 256)),
    ),
    "activation": (
        PAPER,
        _architecture("ReLU", negative_slope=0.0),
        _architecture("slope 0.1", negative_slope=0.1),
    ),
    "dropout": (
        PAPER,
        _architecture("no dropout", dropouts=(0.0,) * 4),
        _architecture("dropout 0.5", dropouts=(0.5,) * 4),
    ),
    "preparation": (
        PAPER,
        Variant(name="0 to 1", network=partial(_scaled, 0.0, 1.0), prepare=referenced),
        Variant(name="one scale", network=partial(_scaled, _MEAN, _DEVIATION), prepare=referenced),
        Variant(name="equalised", prepare=equalised),
        Variant(name="CLAHE", prepare=clahe),
    ),
    "precision": (
        PAPER,
        Variant(name="float32", settings={"precision": "float32"}),
    ),
}


def variant_named(name: str) -> Variant:
    """Return the variant of that name, whichever question asks for it."""
    return next(v for variants in QUESTIONS.values() for v in variants if v.name == name)


def parameters(variant: Variant) -> int:
    """Return the number of the network's learnt numbers."""
    with torch.random.fork_rng():
        return sum(parameter.numel() for parameter in variant.network().parameters())
