"""A residual network that says the same of a face and of its mirror image."""

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

from vidfer.emotion.mirror_attention import ChannelGates, PlaceWeights
from vidfer.emotion.residual import middle
from vidfer.emotions import EMOTIONS


class MirrorNetwork(nn.Module):
    """A residual network whose channels come in pairs, each the other's mirror image.

    A mirrored crop swaps the two halves of every layer's channels and mirrors them, so that
    half of the weights follow from the others and logits do not change (group convolutions,
    Cohen and Welling 2016, for the group of one reflection). `blocks` says how many each
    stage has; every stage halves the side. Of larger crops the network looks at the middle
    `view_side_px`, which halving must keep whole, or the picture has no middle to mirror at.
    An `attentive` network also weighs each block's channels by what the whole picture shows,
    and each place of its last features by channel, which ties it to crops that have that view.
    """

    def __init__(
        self,
        *,
        stem_channels: int,
        stage_channels: Sequence[int],
        blocks: Sequence[int],
        dropout: float,
        view_side_px: int,
        attentive: bool = False,
    ) -> None:
        super().__init__()
        self._view_side_px = view_side_px
        self.stem = _convolution(1, stem_channels)
        stages = []
        channels = stem_channels
        for wider, count in zip(stage_channels, blocks, strict=True):
            sizes = [(channels, wider)] + [(wider, wider)] * (count - 1)
            stages += [
                _Block(*size, halves=i == 0, attentive=attentive) for i, size in enumerate(sizes)
            ]
            channels = wider
        self.stages = nn.Sequential(*stages)
        last_side = view_side_px // 2 ** len(stage_channels)
        self.places = PlaceWeights(channels, side=last_side) if attentive else nn.Identity()
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(channels // 2, len(EMOTIONS))

    def forward(self, crops: torch.Tensor) -> torch.Tensor:
        """Map prepared crops, float32 (N, 1, S, S), to logits (N, 7)."""
        viewed = middle(crops, self._view_side_px)
        features = self.places(self.stages(self.stem(viewed).relu())).mean(dim=(2, 3))
        both = features.unflatten(1, (2, -1)).mean(dim=1)
        logits: torch.Tensor = self.output(self.dropout(both))
        return logits


class _Block(nn.Module):
    def __init__(self, n_in: int, n_out: int, *, halves: bool, attentive: bool) -> None:
        super().__init__()
        # Where the side is halved, kernels of an even width look at both middle columns:
        # those of an odd width would see other places of a mirrored picture.
        self.first = _convolution(n_in, n_out, kernel_size=(3, 4) if halves else (3, 3))
        self.second = _convolution(n_out, n_out)
        self.gates = ChannelGates(n_out) if attentive else nn.Identity()
        self.shortcut = _convolution(n_in, n_out, kernel_size=(1, 2)) if halves else nn.Identity()

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        inner = self.gates(self.second(self.first(features).relu()))
        joined: torch.Tensor = inner + self.shortcut(features)
        return joined.relu()


class _MirrorConvolution(nn.Module):
    """A convolution between pairs of channels; one with kernels of an even width halves the side.

    `weight` are the kernels of the first half of the channels that come out, (n_out / 2, n_in,
    height, width). The grey picture is its own pair.
    """

    def __init__(self, n_in: int, n_out: int, *, kernel_size: tuple[int, int]) -> None:
        super().__init__()
        height, width = kernel_size
        self.stride = 1 if width % 2 else 2
        self.padding = (height // 2, (width - 1) // 2)
        self.weight = nn.Parameter(torch.empty(n_out // 2, n_in, height, width))
        nn.init.normal_(self.weight, std=(2 / (n_out * height * width)) ** 0.5)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return functional.conv2d(
            features, self._kernels(), stride=self.stride, padding=self.padding
        )

    def plain(self) -> nn.Conv2d:
        """Return an ordinary convolution that computes the same."""
        kernels = self._kernels().detach()
        n_out, n_in, height, width = kernels.shape
        plain = nn.Conv2d(n_in, n_out, (height, width), self.stride, self.padding, bias=False)
        plain.weight.data = kernels
        return plain

    def _kernels(self) -> torch.Tensor:
        mirrored = self.weight.flip(3).roll(self.weight.shape[1] // 2, dims=1)
        # `contiguous` would leave kernels of one channel alone, which are of either layout, and
        # what follows from them would be computed in the slow one.
        return torch.cat([self.weight, mirrored]).to(memory_format=torch.channels_last)


class _MirrorNormalisation(nn.Module):
    """Batch normalisation with the same numbers for both channels of each pair."""

    running_mean: torch.Tensor
    running_var: torch.Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels // 2))
        self.bias = nn.Parameter(torch.zeros(channels // 2))
        self.register_buffer("running_mean", torch.zeros(channels // 2))
        self.register_buffer("running_var", torch.ones(channels // 2))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        mean, variance = self.running_mean.repeat(2), self.running_var.repeat(2)
        weight, bias = self.weight.repeat(2), self.bias.repeat(2)
        normal = functional.batch_norm(features, mean, variance, weight, bias, self.training)
        if self.training:
            # In training each channel is normalised by itself, and both count afterwards.
            self.running_mean.copy_(mean.unflatten(0, (2, -1)).mean(dim=0))
            self.running_var.copy_(variance.unflatten(0, (2, -1)).mean(dim=0))
        return normal

    def plain(self) -> nn.BatchNorm2d:
        """Return an ordinary normalisation that computes the same outside of training."""
        plain = nn.BatchNorm2d(2 * len(self.weight))
        plain.load_state_dict(
            {name: value.repeat(2) for name, value in self.state_dict().items()}, strict=False
        )
        return plain


def _convolution(n_in: int, n_out: int, *, kernel_size: tuple[int, int] = (3, 3)) -> nn.Sequential:
    return nn.Sequential(
        _MirrorConvolution(n_in, n_out, kernel_size=kernel_size), _MirrorNormalisation(n_out)
    )
