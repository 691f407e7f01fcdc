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
    network = NETWORKS[card.network]()
    try:
        tensors = safetensors.torch.load(content)
        network.load_state_dict({name: _widened(tensor) for name, tensor in tensors.items()})
    except (safetensors.SafetensorError, RuntimeError) as error:
        first_line = str(error).splitlines()[0]
        raise WeightsError(
            f"{path} does not fit the network '{card.network}' ({first_line}): "
            "it was made by another version. Install vidfer again, or train again."
        ) from error
    return EmotionModel(card=card, network=network.eval())


def save_weights(network: nn.Module, path: Path) -> str:
    """Write the weights in half precision to `path`; return the file's SHA-256."""
    tensors = {name: _narrowed(tensor) for name, tensor in network.state_dict().items()}
    content = safetensors.torch.save(tensors)
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def _narrowed(tensor: torch.Tensor) -> torch.Tensor:
    narrow = tensor.half() if tensor.is_floating_point() else tensor
    return narrow.cpu().contiguous()


def _widened(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor
