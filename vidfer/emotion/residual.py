"""Residual networks for 48x48 crops (He et al. 2016)."""

from collections.abc import Sequence

import torch
from torch import nn

from vidfer.emotions import EMOTIONS


class ResidualNetwork(nn.Module):
    """A stem at full size, then stages that each halve the side, then one linear layer.

    Every stage is a row of residual blocks of two 3x3 convolutions. The features are
    averaged over the picture, so any input side works, but a network does best on the
    side that it was trained with (Touvron et al. 2019): of larger crops it looks at the
    middle `view_side_px`.
    """

    def __init__(
        self,
        *,
        stem_channels: int,
        stage_channels: Sequence[int],
        blocks: int,
        dropout: float,
        view_side_px: int,
    ) -> None:
        super().__init__()
        self._view_side_px = view_side_px
        self.stem = _convolution(1, stem_channels)
        stages = []
        channels = stem_channels
        for wider in stage_channels:
            stages.append(_Block(channels, wider, stride=2))
            stages += [_Block(wider, wider, stride=1) for _ in range(blocks - 1)]
            channels = wider
        self.stages = nn.Sequential(*stages)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(channels, len(EMOTIONS))
        self.apply(_initialise)

    def forward(self, crops: torch.Tensor) -> torch.Tensor:
        """Map prepared crops, float32 (N, 1, S, S), to logits (N, 7)."""
        viewed = middle(crops, self._view_side_px)
        features = self.stages(self.stem(viewed).relu()).mean(dim=(2, 3))
        logits: torch.Tensor = self.output(self.dropout(features))
        return logits


def middle(crops: torch.Tensor, side_px: int) -> torch.Tensor:
    """Return the middle of crops (..., S, S), or all of those that are not larger."""
    margin = max(0, crops.shape[-1] - side_px) // 2
    stop = margin + side_px
    return crops[..., margin:stop, margin:stop]


class _Block(nn.Module):
    def __init__(self, n_in: int, n_out: int, *, stride: int) -> None:
        super().__init__()
        self.first = _convolution(n_in, n_out, stride=stride)
        self.second = _convolution(n_out, n_out)
        same = n_in == n_out and stride == 1
        self.shortcut = (
            nn.Identity() if same else _convolution(n_in, n_out, stride=stride, kernel_size=1)
        )

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        inner = self.second(self.first(features).relu())
        joined: torch.Tensor = inner + self.shortcut(features)
        return joined.relu()


def _convolution(n_in: int, n_out: int, *, stride: int = 1, kernel_size: int = 3) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(n_in, n_out, kernel_size, stride=stride, padding=kernel_size // 2, bias=False),
        nn.BatchNorm2d(n_out),
    )


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
