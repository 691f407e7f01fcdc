"""The networks by name."""

from collections.abc import Callable
from itertools import pairwise
from typing import Final

import torch
from torch import nn

from vidfer.batches import CROP_SIDE_PX
from vidfer.emotions import EMOTIONS

# The slope of the paper's activation f(x) = max(0.01 x, x).
_NEGATIVE_SLOPE: Final = 0.01


class PaperNetwork(nn.Module):
    """Three convolution blocks and four dense blocks, as in the paper that we start from.

    Each convolution is followed by leaky ReLU, max pooling and batch normalisation; each
    dense layer by leaky ReLU, batch normalisation and dropout (0.25, 0.25, 0.25, 0.4).
    The paper gives no widths or kernel sizes: 3x3 kernels, 32-64-128 channels and
    256-256-128-64 units are ours.
    """

    def __init__(self) -> None:
        super().__init__()
        channels = (1, 32, 64, 128)
        pooled_side = CROP_SIDE_PX // 2 ** (len(channels) - 1)
        units = (channels[-1] * pooled_side**2, 256, 256, 128, 64)
        dropouts = (0.25, 0.25, 0.25, 0.4)
        self.convolutions = nn.Sequential(
            *(_convolution_block(n_in, n_out) for n_in, n_out in pairwise(channels))
        )
        self.dense = nn.Sequential(
            *(_dense_block(n_in, n_out, p) for n_in, n_out, p in zip(units, units[1:], dropouts))
        )
        self.output = nn.Linear(units[-1], len(EMOTIONS))
        self.apply(_initialise)

    def forward(self, crops: torch.Tensor) -> torch.Tensor:
        """Map prepared crops, float32 (N, 1, 48, 48), to logits (N, 7)."""
        logits: torch.Tensor = self.output(self.dense(self.convolutions(crops).flatten(1)))
        return logits


def _convolution_block(n_in: int, n_out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(n_in, n_out, kernel_size=3, padding=1),
        nn.LeakyReLU(_NEGATIVE_SLOPE),
        nn.MaxPool2d(2),
        nn.BatchNorm2d(n_out),
    )


def _dense_block(n_in: int, n_out: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(n_in, n_out),
        nn.LeakyReLU(_NEGATIVE_SLOPE),
        nn.BatchNorm1d(n_out),
        nn.Dropout(dropout),
    )


def _initialise(module: nn.Module) -> None:
    """Draw weights from He's normal distribution (He et al. 2015), biases zero."""
    if isinstance(module, (nn.Conv2d, nn.Linear)):
        nn.init.kaiming_normal_(module.weight, a=_NEGATIVE_SLOPE, nonlinearity="leaky_relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)


NETWORKS: Final[dict[str, Callable[[], nn.Module]]] = {
    "paper": PaperNetwork,
}
