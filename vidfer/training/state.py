"""What changes from step to step in training, and how it becomes named tensors and back."""

import torch
from torch import nn

from vidfer.emotion.models import load_model
from vidfer.emotion.networks import make_network, require_side
from vidfer.errors import SettingsError
from vidfer.training.optimization import WeightAverage, make_optimizer
from vidfer.training.recipe import Recipe

_Tensors = dict[str, torch.Tensor]


class TrainingState:
    """A network in training, its optimiser, its running average and all random numbers.

    First weights are those that the recipe names (`initial_sha256` is their checksum, else
    None) or come, like dropout, from torch's own random numbers; `shuffler` draws the order
    of the pictures, `changer` (on the device) what happens to them.

    Raises:
        SettingsError: the network is unknown, does not take the recipe's crops, or has no
            place for some of the first weights.
        WeightsError: the first weights are unknown or altered.
    """

    def __init__(self, recipe: Recipe, *, device: torch.device) -> None:
        torch.manual_seed(recipe.seed)
        network = make_network(recipe.network)
        self.initial_sha256 = _fill(network, recipe)
        require_side(network, name=recipe.network, side_px=recipe.augmentation.crop_side_px)
        self.network = network.to(device).to(memory_format=torch.channels_last)
        self.average = WeightAverage(self.network, decay=recipe.average) if recipe.average else None
        self.optimizer = make_optimizer(self.network, recipe)
        self.shuffler = torch.Generator().manual_seed(recipe.seed)
        self.changer = torch.Generator(device).manual_seed(recipe.seed)
        self._device = device

    @property
    def result(self) -> nn.Module:
        """The network to use: the running average where the recipe keeps one."""
        return self.network if self.average is None else self.average.network

    def tensors(self) -> _Tensors:
        """Return all of it by name, as `restore` takes it."""
        tensors = _with_prefix("network", self.network.state_dict())
        tensors |= _with_prefix("optimizer", _memory_of(self.optimizer))
        if self.average is not None:
            tensors |= _with_prefix("average", self.average.network.state_dict())
            tensors["average_steps"] = torch.tensor(self.average.steps)
        tensors |= _with_prefix("random", self._random_states())
        return tensors

    def restore(self, tensors: _Tensors) -> None:
        """Go back to what `tensors` returned, in a state of the same recipe and device.

        Raises:
            KeyError: a tensor is missing.
            RuntimeError: a tensor is missing or has another shape.
        """
        self.network.load_state_dict(_without_prefix("network", tensors))
        _restore_memory(self.optimizer, _without_prefix("optimizer", tensors))
        if self.average is not None:
            self.average.network.load_state_dict(_without_prefix("average", tensors))
            self.average.steps = int(tensors["average_steps"])
        torch.set_rng_state(tensors["random.cpu"])
        self.shuffler.set_state(tensors["random.shuffler"])
        self.changer.set_state(tensors["random.changer"])
        if self._device.type == "cuda":
            torch.cuda.set_rng_state(tensors["random.device"], self._device)

    def _random_states(self) -> _Tensors:
        states = {
            "cpu": torch.get_rng_state(),
            "shuffler": self.shuffler.get_state(),
            "changer": self.changer.get_state(),
        }
        if self._device.type == "cuda":
            states["device"] = torch.cuda.get_rng_state(self._device)
        return states


def _fill(network: nn.Module, recipe: Recipe) -> str | None:
    """Give the network the first weights that the recipe names, if any; return their SHA-256.

    What the network has beyond those of another network stays as it was made.
    """
    if recipe.initial_weights is None:
        return None
    model = load_model(recipe.initial_weights)
    try:
        kept = network.load_state_dict(model.network.state_dict(), strict=False)
        fits = not kept.unexpected_keys
    except RuntimeError:
        fits = False
    if not fits:
        raise SettingsError(
            f"initial_weights '{recipe.initial_weights}' do not fit: they are of the network "
            f"'{model.card.network}', the recipe trains '{recipe.network}'."
        )
    return model.card.weights_sha256


def _memory_of(optimizer: torch.optim.Optimizer) -> _Tensors:
    """Return what the optimiser remembers of each parameter, by 'number.name'."""
    return {
        f"{number}.{name}": torch.as_tensor(value)
        for number, memory in optimizer.state_dict()["state"].items()
        for name, value in memory.items()
        if value is not None
    }


def _restore_memory(optimizer: torch.optim.Optimizer, tensors: _Tensors) -> None:
    memory: dict[int, _Tensors] = {}
    for name, tensor in tensors.items():
        number, key = name.split(".", 1)
        memory.setdefault(int(number), {})[key] = tensor
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": memory, "param_groups": groups})


def _with_prefix(prefix: str, tensors: _Tensors) -> _Tensors:
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}


def _without_prefix(prefix: str, tensors: _Tensors) -> _Tensors:
    start = f"{prefix}."
    return {n.removeprefix(start): t for n, t in tensors.items() if n.startswith(start)}
