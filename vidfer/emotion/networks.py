"""The networks by name."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Final

import torch
from torch import nn

from vidfer.batches import CROP_SIDE_PX
from vidfer.emotion.mirror import MirrorNetwork
from vidfer.emotion.recognition import RecognitionNetwork
from vidfer.emotion.residual import ResidualNetwork
from vidfer.emotions import EMOTIONS
from vidfer.errors import SettingsError

# The slope of the paper's activation f(x) = max(0.01 x, x).
_NEGATIVE_SLOPE: Final = 0.01

# Residual networks are trained on the middle of shifted, turned and scaled pictures, and
# look at the middle of crops: what lies outside is margin, and less work.
_VIEW_SIDE_PX: Final = 40


class PaperNetwork(nn.Module):
    """Three convolution blocks and four dense blocks, as in the paper that we start from.

    Each convolution is followed by leaky ReLU, max pooling and batch normalisation; each
    dense layer by leaky ReLU, batch normalisation and dropout (0.25, 0.25, 0.25, 0.4).
    The paper gives no widths or kernel sizes: 3x3 kernels, 32-64-128 channels and
    256-256-128-64 units are ours. Other `channels` (one block each, at most five),
    `negative_slope` (0 is ReLU) and `dropouts` serve to ask what each choice is worth.
    """

    def __init__(
        self,
        *,
        channels: Sequence[int] = (32, 64, 128),
        negative_slope: float = _NEGATIVE_SLOPE,
        dropouts: tuple[float, float, float, float] = (0.25, 0.25, 0.25, 0.4),
    ) -> None:
        super().__init__()
        pooled_side = CROP_SIDE_PX // 2 ** len(channels)
        units = (channels[-1] * pooled_side**2, 256, 256, 128, 64)
        self.convolutions = nn.Sequential(
            *(_convolution_block(*sizes, negative_slope) for sizes in pairwise((1, *channels)))
        )
        self.dense = nn.Sequential(
            *(
                _dense_block(*sizes, negative_slope, dropout)
                for sizes, dropout in zip(pairwise(units), dropouts)
            )
        )
        self.output = nn.Linear(units[-1], len(EMOTIONS))
        self.apply(partial(_initialise, negative_slope=negative_slope))

    def forward(self, crops: torch.Tensor) -> torch.Tensor:
        """Map prepared crops, float32 (N, 1, 48, 48), to logits (N, 7)."""
        logits: torch.Tensor = self.output(self.dense(self.convolutions(crops).flatten(1)))
        return logits


def _convolution_block(n_in: int, n_out: int, negative_slope: float) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(n_in, n_out, kernel_size=3, padding=1),
        nn.LeakyReLU(negative_slope),
        nn.MaxPool2d(2),
        nn.BatchNorm2d(n_out),
    )


def _dense_block(n_in: int, n_out: int, negative_slope: float, dropout: float) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(n_in, n_out),
        nn.LeakyReLU(negative_slope),
        nn.BatchNorm1d(n_out),
        nn.Dropout(dropout),
    )


def _initialise(module: nn.Module, *, negative_slope: float) -> None:
    """Draw weights from He's normal distribution (He et al. 2015), biases zero."""
    if isinstance(module, (nn.Conv2d, nn.Linear)):
        nn.init.kaiming_normal_(module.weight, a=negative_slope, nonlinearity="leaky_relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)


_mirror = partial(
    MirrorNetwork,
    stem_channels=32,
    stage_channels=(48, 128, 256),
    blocks=(1, 2, 1),
    dropout=0.2,
    view_side_px=_VIEW_SIDE_PX,
)

NETWORKS: Final[dict[str, Callable[[], nn.Module]]] = {
    "paper": PaperNetwork,
    "compact": partial(
        ResidualNetwork,
        stem_channels=32,
        stage_channels=(64, 128, 256),
        blocks=1,
        dropout=0.2,
        view_side_px=_VIEW_SIDE_PX,
    ),
    "wide": partial(
        ResidualNetwork,
        stem_channels=64,
        stage_channels=(128, 256, 512),
        blocks=2,
        dropout=0.3,
        view_side_px=_VIEW_SIDE_PX,
    ),
    "mirror": _mirror,
    "attentive": partial(_mirror, attentive=True),
    "familiar": partial(
        RecognitionNetwork,
        levels=((32, 3), (64, 4), (128, 3), (256, 3)),
        enlargement=2,
        dropout=0.3,
        view_side_px=_VIEW_SIDE_PX,
    ),
}


def make_network(name: str) -> nn.Module:
    """Return a new network, its weights drawn from torch's random numbers.

    Raises:
        SettingsError: there is no such network; the message lists those that there are.
    """
    if name not in NETWORKS:
        raise SettingsError(f"There is no network '{name}'. Known: {', '.join(sorted(NETWORKS))}.")
    return NETWORKS[name]()


def require_side(network: nn.Module, *, name: str, side_px: int) -> None:
    """Try the network, on the CPU, with a crop of `side_px`; leave it in evaluation mode.

    Raises:
        SettingsError: it does not take crops of that side.
    """
    try:
        with torch.inference_mode():
            network.eval()(torch.zeros(1, 1, side_px, side_px))
    except RuntimeError as error:
        raise SettingsError(
            f"The network '{name}' takes no crops of {side_px} px: "
            f"set crop_side_px to {CROP_SIDE_PX}, or take another network."
        ) from error
