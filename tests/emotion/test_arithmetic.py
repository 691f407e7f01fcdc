"""Multiply-adds are counted as by hand."""

import pytest
import torch
from torch import nn

from vidfer.emotion.arithmetic import multiply_adds
from vidfer.emotion.networks import NETWORKS


def on_crops(*layers: nn.Module) -> nn.Module:
    return nn.Sequential(*layers)


@pytest.mark.parametrize(
    ("network", "count"),
    [
        (on_crops(nn.Conv2d(1, 8, 3, padding=1)), 48 * 48 * 8 * 9),
        (on_crops(nn.Conv2d(1, 8, 3, padding=1, bias=False)), 48 * 48 * 8 * 9),
        (on_crops(nn.Conv2d(1, 8, 3, padding=1, stride=2)), 24 * 24 * 8 * 9),
        (on_crops(nn.Conv2d(1, 8, 5)), 44 * 44 * 8 * 25),
        (on_crops(nn.Conv2d(1, 8, 1), nn.Conv2d(8, 8, 3, groups=8)), 48**2 * 8 + 46**2 * 8 * 9),
        (on_crops(nn.Flatten(), nn.Linear(48 * 48, 10)), 48 * 48 * 10),
        (on_crops(nn.MaxPool2d(2), nn.BatchNorm2d(1), nn.ReLU(), nn.Conv2d(1, 2, 1)), 24 * 24 * 2),
    ],
)
def test_layers_are_counted_as_by_hand(network, count):
    assert multiply_adds(network) == count


def test_a_layer_that_is_used_twice_counts_twice():
    shared = nn.Conv2d(1, 1, 3, padding=1)
    assert multiply_adds(on_crops(shared, shared)) == 2 * 48 * 48 * 9


def test_counting_leaves_nothing_behind():
    network = NETWORKS["paper"]()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    assert multiply_adds(network) == multiply_adds(network)
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, before[name]), name
    assert not any(module._forward_hooks for module in network.modules())
