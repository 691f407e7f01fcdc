"""Layers that weigh channels and places, and treat a mirrored face like the face.

As made they change nothing, so that a network that has learnt without them can go on with them.
Their input are features (N, C, H, W) whose channels c and c + C / 2 are each other's mirror image.
"""

from typing import Final

import torch
from torch import nn

# As many times fewer numbers tell what the picture shows as there are pairs of channels.
_NARROWING: Final = 4


class ChannelGates(nn.Module):
    """Scale each pair of channels, from 0 to 2, by the means of all (Hu et al. 2018)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        pairs = channels // 2
        self.squeeze = nn.Linear(pairs, max(1, pairs // _NARROWING))
        self.excite = nn.Linear(self.squeeze.out_features, pairs)
        nn.init.zeros_(self.excite.weight)
        nn.init.zeros_(self.excite.bias)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return features of the same shape and dtype."""
        pairs = features.mean(dim=(2, 3)).unflatten(1, (2, -1)).mean(dim=1)
        gates = 2 * self.excite(self.squeeze(pairs).relu()).sigmoid()
        scales: torch.Tensor = gates.to(features.dtype).repeat(1, 2)[:, :, None, None]
        return features * scales


class PlaceWeights(nn.Module):
    """Weigh each place by channel, where faces lie alike in all pictures (after Chen et al. 2018).

    `weight` is what each place counts more or less than all others, (C / 2, side, side).
    """

    def __init__(self, channels: int, *, side: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(channels // 2, side, side))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return features of the same shape and dtype."""
        weights = torch.cat([self.weight, self.weight.flip(2)]) + 1
        return features * weights.to(features.dtype)
