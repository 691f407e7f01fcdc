"""The cascade's three networks (Zhang et al. 2016) with facenet-pytorch's weights.

The layers are facenet-pytorch's, to which a test holds the outputs. Each network returns
one tensor, its outputs side by side in dimension 1.

P-Net pools before its first activation, see `network_weights`. In the other networks, with
28 and 32 channels, that takes a sixth longer than pooling after it.
"""

from typing import Literal, NamedTuple

import torch
from torch import nn
from torch.nn.functional import max_pool2d

from vidfer.faces.network_weights import PNET_CHANNELS, PNET_PAIRS, read_weights


class PNet(nn.Module):
    """Proposes boxes: judges every second pixel of a picture as the corner of a 12 px face."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, PNET_CHANNELS, kernel_size=3)
        self.prelu1 = nn.PReLU(PNET_CHANNELS)
        self.conv2 = nn.Conv2d(PNET_CHANNELS, 16, kernel_size=3)
        self.prelu2 = nn.PReLU(16)
        self.conv3 = nn.Conv2d(16, 32, kernel_size=3)
        self.prelu3 = nn.PReLU(32)
        self.heads = nn.Linear(32, 5)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Map pictures, float32 (N, 3, H, W), to (N, 5, h, w).

        The columns are offsets (4) and the probability of a face; h is
        ceil((H - 2) / 2) - 4, w likewise.
        """
        features = self.prelu1(_halved(self.conv1(pictures), overlapping=False))
        first = features[:, :PNET_PAIRS]
        torch.maximum(first, features[:, -PNET_PAIRS:], out=first)
        features = self.prelu3(self.conv3(self.prelu2(self.conv2(features))))
        count, channels, height, width = features.shape
        # Column by column of `heads`: in half of the time that it takes cell by cell.
        cells = features.permute(1, 0, 2, 3).reshape(channels, -1)
        outputs = torch.addmm(self.heads.bias[:, None], self.heads.weight, cells)
        outputs[4].sigmoid_()
        return outputs.view(-1, count, height, width).transpose(0, 1)


class RNet(nn.Module):
    """Refines boxes: judges squares of 24 px."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 28, kernel_size=3)
        self.prelu1 = nn.PReLU(28)
        self.conv2 = nn.Conv2d(28, 48, kernel_size=3)
        self.prelu2 = nn.PReLU(48)
        self.conv3 = nn.Conv2d(48, 64, kernel_size=2)
        self.prelu3 = nn.PReLU(64)
        self.dense4 = nn.Linear(576, 128)
        self.prelu4 = nn.PReLU(128)
        self.heads = nn.Linear(128, 6)

    def forward(self, squares: torch.Tensor) -> torch.Tensor:
        """Map squares, float32 (N, 3, 24, 24), to offsets (4) and probabilities (2), (N, 6)."""
        features = _halved(self.prelu1(self.conv1(squares)), overlapping=True)
        features = max_pool2d(self.prelu2(self.conv2(features)), 3, stride=2, ceil_mode=True)
        features = _flat(self.prelu3(self.conv3(features)))
        return _with_probabilities(self.heads(self.prelu4(self.dense4(features))))


class ONet(nn.Module):
    """Has the last word: judges squares of 48 px and places five landmarks.

    Convolutions may be bfloat16; inputs and outputs are float32.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, kernel_size=3)
        self.prelu1 = nn.PReLU(32)
        self.conv2 = nn.Conv2d(32, 64, kernel_size=3)
        self.prelu2 = nn.PReLU(64)
        self.conv3 = nn.Conv2d(64, 64, kernel_size=3)
        self.prelu3 = nn.PReLU(64)
        self.conv4 = nn.Conv2d(64, 128, kernel_size=2)
        self.prelu4 = nn.PReLU(128)
        self.dense5 = nn.Linear(1152, 256)
        self.prelu5 = nn.PReLU(256)
        self.heads = nn.Linear(256, 16)

    def forward(self, squares: torch.Tensor) -> torch.Tensor:
        """Map squares, float32 (N, 3, 48, 48), to (N, 16).

        The columns are offsets (4), landmarks (five x, five y), probabilities (2).
        """
        squares = squares.to(self.conv1.weight.dtype)
        features = _halved(self.prelu1(self.conv1(squares)), overlapping=True)
        features = max_pool2d(self.prelu2(self.conv2(features)), 3, stride=2, ceil_mode=True)
        features = max_pool2d(self.prelu3(self.conv3(features)), 2, stride=2, ceil_mode=True)
        features = _flat(self.prelu4(self.conv4(features))).to(self.dense5.weight.dtype)
        return _with_probabilities(self.heads(self.prelu5(self.dense5(features))))


class Cascade(NamedTuple):
    """The three networks, in evaluation mode, channels last, on one device."""

    pnet: PNet
    rnet: RNet
    onet: ONet


def load_cascade(
    device: torch.device, *, onet_precision: Literal["float32", "bfloat16"] = "float32"
) -> Cascade:
    """Return the networks with facenet-pytorch's weights.

    `onet_precision="bfloat16"` takes a third of O-Net's time away where the processor has
    bfloat16. On five clips boxes moved by at most 0.25 px, landmarks by 0.18 px, scores by
    0.004, except for one face of 195 of which another candidate won, 4.4 px away. R-Net in
    bfloat16 would move boxes by 1 to 2 px for 2 % of the detector's time.

    Raises:
        WeightsError: facenet-pytorch is not installed, or its weights are not those known.
    """
    weights = read_weights()
    pnet, rnet, onet = PNet(), RNet(), ONet()
    pnet.load_state_dict(weights.pnet)
    rnet.load_state_dict(weights.rnet)
    onet.load_state_dict(weights.onet)
    if onet_precision == "bfloat16":
        for name, layer in onet.named_children():
            if name.startswith(("conv", "prelu")) and name != "prelu5":
                layer.to(torch.bfloat16)
    for network in (pnet, rnet, onet):
        network.eval().to(device).to(memory_format=torch.channels_last)
    return Cascade(pnet, rnet, onet)


def _with_probabilities(outputs: torch.Tensor) -> torch.Tensor:
    """Turn the last two of dimension 1, the logits of no face and face, to probabilities."""
    # Along a dimension that is the last one in memory but not the tensor's last, torch's
    # softmax of two numbers is ten times as fast.
    outputs[:, -2:] = outputs[:, -2:].softmax(dim=1)
    return outputs


def _halved(features: torch.Tensor, *, overlapping: bool) -> torch.Tensor:
    """Return the maxima of windows two cells apart, (N, C, H / 2, W / 2), rounded up.

    A window has two cells, three if they overlap, in each direction; fewer at the
    ends, as max_pool2d with ceil_mode, in two thirds of its time on the large channels-last
    pictures behind a first layer. On smaller ones max_pool2d is faster.
    """
    count, channels, height, width = features.shape
    tall, wide = ((length + 1) // 2 - (overlapping and length % 2) for length in (height, width))
    rows = features.new_empty((count, tall, width, channels)).permute(0, 3, 1, 2)
    _maxima(features, rows, dim=2, overlapping=overlapping)
    cells = features.new_empty((count, tall, wide, channels)).permute(0, 3, 1, 2)
    _maxima(rows, cells, dim=3, overlapping=overlapping)
    return cells


def _maxima(features: torch.Tensor, out: torch.Tensor, *, dim: int, overlapping: bool) -> None:
    """Write the maximum of each window along `dim` to `out`."""
    features, out = features.movedim(dim, 0), out.movedim(dim, 0)
    first, second, third = features[0::2], features[1::2], features[2::2]
    pairs = min(len(out), len(second))
    torch.maximum(first[:pairs], second[:pairs], out=out[:pairs])
    out[pairs:] = first[pairs : len(out)]
    if overlapping:
        triples = min(len(out), len(third))
        torch.maximum(out[:triples], third[:triples], out=out[:triples])


def _flat(features: torch.Tensor) -> torch.Tensor:
    """Return (N, C, H, W) as (N, W * H * C), the order of the dense layers' weights."""
    return features.permute(0, 3, 2, 1).flatten(1)
