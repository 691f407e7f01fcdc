"""The residual network of dlib's face recognition, with an output for emotions.

A network that has learnt to tell people apart knows faces from millions of pictures that
FER2013 does not have.
"""

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

from vidfer.emotion.residual import middle
from vidfer.emotions import EMOTIONS


class RecognitionNetwork(nn.Module):
    """dlib's convolutions (King 2017, after He et al. 2016), for grey crops.

    `levels` are channels and residual blocks, of dlib's five levels all or the first ones; each
    after the first halves the side. Of larger crops the network looks at the middle
    `view_side_px`, enlarged: dlib's was trained on faces about three times as large as FER2013's.
    """

    def __init__(
        self,
        *,
        levels: Sequence[tuple[int, int]],
        enlargement: int,
        dropout: float,
        view_side_px: int,
    ) -> None:
        super().__init__()
        self._enlargement = enlargement
        self._view_side_px = view_side_px
        self.stem = _convolution(1, 32, kernel_size=7, stride=2, padding=0)
        blocks: list[_Block] = []
        channels = 32
        for wider, count in levels:
            for i in range(count):
                blocks.append(_Block(channels, wider, halves=i == 0 and bool(blocks)))
                channels = wider
        self.blocks = nn.Sequential(*blocks)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(channels, len(EMOTIONS))
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")

    @property
    def convolutions(self) -> list[nn.Sequential]:
        """All convolutions, each with its normalisation, in the order of dlib's weights file."""
        rows = [self.stem]
        for block in self.blocks:
            assert isinstance(block, _Block)
            rows += [block.first, block.second]
        return rows

    def forward(self, crops: torch.Tensor) -> torch.Tensor:
        """Map prepared crops, float32 (N, 1, S, S), to logits (N, 7)."""
        viewed = middle(crops, self._view_side_px)
        large = functional.interpolate(viewed, scale_factor=self._enlargement, mode="bilinear")
        features = functional.max_pool2d(self.stem(large).relu(), kernel_size=3, stride=2)
        features = self.blocks(features).mean(dim=(2, 3))
        logits: torch.Tensor = self.output(self.dropout(features))
        return logits


class _Block(nn.Module):
    """Two convolutions beside what came in, which is averaged where the first one halves."""

    def __init__(self, n_in: int, n_out: int, *, halves: bool) -> None:
        super().__init__()
        self._halves = halves
        stride, padding = (2, 0) if halves else (1, 1)
        self.first = _convolution(n_in, n_out, kernel_size=3, stride=stride, padding=padding)
        self.second = _convolution(n_out, n_out, kernel_size=3, stride=1, padding=1)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        inner = self.second(self.first(features).relu())
        outer = functional.avg_pool2d(features, 2) if self._halves else features
        return _sum(inner, outer).relu()


def _sum(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Add two feature maps; what the smaller one lacks in channels, rows, columns is zero."""
    whole = [max(sizes) for sizes in zip(first.shape[1:], second.shape[1:])]
    return _padded(first, whole) + _padded(second, whole)


def _padded(features: torch.Tensor, whole: list[int]) -> torch.Tensor:
    channels, height, width = (w - n for w, n in zip(whole, features.shape[1:]))
    if channels == height == width == 0:
        return features
    return functional.pad(features, (0, width, 0, height, 0, channels))


def _convolution(
    n_in: int, n_out: int, *, kernel_size: int, stride: int, padding: int
) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(n_in, n_out, kernel_size, stride=stride, padding=padding, bias=False),
        nn.BatchNorm2d(n_out),
    )
