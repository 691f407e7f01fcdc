"""A training run's file: everything that decides how it goes on, whole or refused."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import safetensors
import safetensors.torch
import torch

from vidfer.atomic import replacing
from vidfer.errors import DataError

# Readers refuse other numbers: what a tensor or value is called, or means, may change.
_FORMAT: Final = "2"

_FORMAT_KEY, _VALUES_KEY, _CHECKSUM_KEY = "vidfer_checkpoint", "values", "sha256"


@dataclass(frozen=True)
class Checkpoint:
    """The state after an epoch: tensors by name, and plain values that JSON can hold."""

    tensors: dict[str, torch.Tensor]
    values: dict[str, Any]


def save_checkpoint(checkpoint: Checkpoint, path: Path) -> None:
    """Write the checkpoint; the earlier one stays whole until the new one is.

    Raises:
        OutputError: the file system refuses.
    """
    values = json.dumps(checkpoint.values)
    tensors = {name: tensor.cpu().contiguous() for name, tensor in checkpoint.tensors.items()}
    metadata = {
        _FORMAT_KEY: _FORMAT,
        _VALUES_KEY: values,
        _CHECKSUM_KEY: _checksum(values, tensors),
    }
    content = safetensors.torch.save(tensors, metadata=metadata)
    with replacing(path) as (new,):
        new.write_bytes(content)


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint; safetensors hold numbers and text only, no code.

    Raises:
        DataError: it is damaged, no checkpoint, or of another version of vidfer.
    """
    metadata, tensors = _read(path)
    if _FORMAT_KEY not in metadata:
        raise refusal(path, "is none of vidfer's")
    if metadata[_FORMAT_KEY] != _FORMAT:
        raise refusal(path, f"has the format {metadata[_FORMAT_KEY]}, not {_FORMAT}")
    values = metadata.get(_VALUES_KEY, "")
    if metadata.get(_CHECKSUM_KEY) != _checksum(values, tensors):
        raise refusal(path, "is damaged (its SHA-256 is another)")
    return Checkpoint(tensors=tensors, values=json.loads(values))


def _read(path: Path) -> tuple[dict[str, str], dict[str, torch.Tensor]]:
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            return file.metadata() or {}, tensors
    except (OSError, safetensors.SafetensorError) as error:
        raise refusal(path, f"cannot be read ({error})") from error


def _checksum(values: str, tensors: dict[str, torch.Tensor]) -> str:
    digest = hashlib.sha256(values.encode("utf-8"))
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()


def refusal(path: Path, why: str) -> DataError:
    """Return the error of a checkpoint that no run can go on from; `why` is its predicate."""
    return DataError(
        f"The checkpoint {path} {why}: delete it, or train with --overwrite, to start anew."
    )
