"""A network that says how a square must move to lie about a face as others do."""

from importlib import resources
from pathlib import Path
from typing import Final

import safetensors.torch
import torch
from torch import nn

from vidfer.faces.network_weights import read_known
from vidfer.precision import Precision

# The side of the grey views that the network looks at.
VIEW_SIDE_PX: Final = 32

# Its weights lie with all weights that the package brings.
_WEIGHTS: Final = ("emotion", "weights", "faces", "aligner.safetensors")
_SHA256: Final = "69c361422ff5cb43f7ca7fdd35d2211b47226703902d932abed03ea20815a822"

# A flat view (a black frame, a lens cap) is not blown up to noise.
_LEAST_DEVIATION: Final = 4.0


class AlignerNetwork(nn.Module):
    """Reads from a view of a square how far the square is from the face's own.

    Our own, 0.55 million weights; benchmarks/aligner.py trains it. A residual network (He et al.
    2016) without normalisation layers, which training has and folds into the convolutions.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, 32, kernel_size=3, stride=2, padding=1)
        self.first = _Block(32, 64)
        self.second = _Block(64, 128)
        self.dense = nn.Linear(128 * (VIEW_SIDE_PX // 8) ** 2, 128)
        self.output = nn.Linear(128, 4)

    def forward(self, views: torch.Tensor) -> torch.Tensor:
        """Map grey views, float32 (N, 1, 32, 32), to moves, (N, 4).

        The columns, in sides of the square and along its own edges: how far its centre moves to
        the right and down; by how much its upper edge grows along itself, and downwards (which
        turns the square).
        """
        features = self.stem(_standardised(views).to(self.stem.weight.dtype)).relu()
        features = self.second(self.first(features))
        flat = features.flatten(1).to(self.dense.weight.dtype)
        moves: torch.Tensor = self.output(self.dense(flat).relu())
        return moves


class _Block(nn.Module):
    """Halves the side."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(n_in, n_out, kernel_size=3, stride=2, padding=1)
        self.second = nn.Conv2d(n_out, n_out, kernel_size=3, padding=1)
        self.shortcut = nn.Conv2d(n_in, n_out, kernel_size=1, stride=2)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        inner = self.second(self.first(features).relu())
        joined: torch.Tensor = inner + self.shortcut(features)
        return joined.relu()


def load_aligner(device: torch.device, *, precision: Precision = "float32") -> AlignerNetwork:
    """Return the network with its weights, in evaluation mode, channels last.

    With bfloat16 its convolutions take half the time where the processor has it. Nothing of
    the file is interpreted before its SHA-256 is the known one.

    Raises:
        WeightsError: its weights are missing or altered.
    """
    network = AlignerNetwork()
    network.load_state_dict({name: t.float() for name, t in _read_weights().items()})
    if precision == "bfloat16":
        for layer in network.modules():
            if isinstance(layer, nn.Conv2d):
                layer.to(torch.bfloat16)
    return network.eval().to(device).to(memory_format=torch.channels_last)


def _read_weights() -> dict[str, torch.Tensor]:
    path = Path(str(resources.files("vidfer")), *_WEIGHTS)
    content = read_known(path, sha256=_SHA256, owner="aligner", advice="install vidfer again")
    return safetensors.torch.load(content)


def _standardised(views: torch.Tensor) -> torch.Tensor:
    """Bring each view to mean 0 and standard deviation 1, so that light does not matter."""
    mean = views.mean(dim=(2, 3), keepdim=True)
    deviation = views.std(dim=(2, 3), keepdim=True, correction=0)
    standard = (views - mean) / deviation.clamp_min(_LEAST_DEVIATION)
    return standard.contiguous(memory_format=torch.channels_last)
