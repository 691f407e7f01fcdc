"""Weights on disk: a safetensors file and, beside it, a JSON card that vouches for it."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import nn

from vidfer.emotion.cards import ModelCard, model_path, read_card
from vidfer.emotion.networks import NETWORKS
from vidfer.errors import WeightsError


@dataclass(frozen=True)
class EmotionModel:
    """A network with its weights, in evaluation mode on the CPU, and its card."""

    card: ModelCard
    network: nn.Module


def load_model(name_or_path: str) -> EmotionModel:
    """Load a shipped model by name, or one of your own by path.

    Nothing of the file is interpreted before its SHA-256 equals the card's, and only
    safetensors are read: no pickle, hence no code, comes from a weights file.

    Raises:
        WeightsError: the model is unknown, altered, or does not fit its network.
    """
    path = model_path(name_or_path)
    card = read_card(path)
    content = path.read_bytes()
    actual = hashlib.sha256(content).hexdigest()
    if actual != card.weights_sha256:
        raise WeightsError(
            f"{path} is not the file that its card describes: its SHA-256 is {actual}, "
            f"the card says {card.weights_sha256}. Install vidfer again, or train again."
        )
    if card.network not in NETWORKS:
        raise WeightsError(
            f"{path} is for the network '{card.network}'; known are {', '.join(NETWORKS)}."
        )
    return EmotionModel(card=card, network=_filled_network(card, content, path))


def _filled_network(card: ModelCard, content: bytes, path: Path) -> nn.Module:
    network = NETWORKS[card.network]()
    try:
        tensors = safetensors.torch.load(content)
    except (safetensors.SafetensorError, KeyError) as error:  # KeyError: numbers torch has not
        raise _misfit_error(card, path, "it is no safetensors file") from error
    reason = _misfit(tensors, network.state_dict())
    if reason:
        raise _misfit_error(card, path, reason)
    network.load_state_dict({name: _widened(tensor) for name, tensor in tensors.items()})
    return network.eval()


def _misfit(tensors: dict[str, torch.Tensor], wanted: dict[str, torch.Tensor]) -> str | None:
    """Return what is wrong with the first tensor that is not as wanted, if any."""
    for name, tensor in wanted.items():
        if name not in tensors:
            return f"its tensor '{name}' is missing"
        have, want = tuple(tensors[name].shape), tuple(tensor.shape)
        if have != want:
            return f"its tensor '{name}' has the shape {have} instead of {want}"
    extra = next((name for name in tensors if name not in wanted), None)
    return f"its tensor '{extra}' is unknown" if extra is not None else None


def _misfit_error(card: ModelCard, path: Path, reason: str) -> WeightsError:
    return WeightsError(
        f"{path} does not fit the network '{card.network}' ({reason}): "
        "install vidfer again, or train again."
    )


def save_weights(network: nn.Module, path: Path) -> str:
    """Write the weights in half precision to `path`; return the file's SHA-256.

    Raises:
        WeightsError: half precision cannot hold a weight.
    """
    tensors = {name: _narrowed(tensor) for name, tensor in network.state_dict().items()}
    beyond = next((name for name, tensor in tensors.items() if not tensor.isfinite().all()), None)
    if beyond is not None:
        raise WeightsError(
            f"The tensor '{beyond}' holds numbers that half precision cannot ({path} was not "
            "written): train again with a lower learning rate or with weight decay."
        )
    content = safetensors.torch.save(tensors)
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def _narrowed(tensor: torch.Tensor) -> torch.Tensor:
    narrow = tensor.half() if tensor.is_floating_point() else tensor
    return narrow.cpu().contiguous()


def _widened(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor
