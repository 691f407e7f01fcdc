"""Inside, weights lie a step uphill; outside, nothing has happened to them."""

import copy
import math

import pytest
import torch
from torch import nn

from tests.tiny import tiny_network
from vidfer.training.sharpness import uphill


def sloping_network() -> nn.Module:
    """A network in training that has gradients."""
    torch.manual_seed(0)
    network = tiny_network().train()
    loss_of(network).backward()
    return network


def loss_of(network: nn.Module) -> torch.Tensor:
    crops = torch.randn(14, 1, 48, 48, generator=torch.Generator().manual_seed(1))
    torch.manual_seed(2)  # the same units drop out each time
    return nn.functional.cross_entropy(network(crops), torch.arange(14) % 7)


def distance(one: nn.Module, other: nn.Module) -> float:
    pairs = zip(one.parameters(), other.parameters())
    return math.sqrt(sum(float(((p - q) ** 2).detach().sum()) for p, q in pairs))


@pytest.mark.parametrize("radius", [0.01, 0.1, 1.0])
def test_weights_move_by_the_radius_and_back(radius):
    network = sloping_network()
    before = copy.deepcopy(network)
    with uphill(network, radius=radius):
        assert distance(network, before) == pytest.approx(radius, rel=1e-3)
    assert all(torch.equal(p, q) for p, q in zip(network.parameters(), before.parameters()))


def test_the_loss_is_higher_there():
    network = sloping_network()
    here = loss_of(network)
    with uphill(network, radius=0.05):
        assert loss_of(network) > here


def test_running_statistics_are_those_of_the_weights_outside():
    network = sloping_network()
    before = copy.deepcopy(network)
    with uphill(network, radius=0.1):
        loss_of(network)
        assert any(not torch.equal(p, q) for p, q in zip(network.buffers(), before.buffers()))
    assert all(torch.equal(p, q) for p, q in zip(network.buffers(), before.buffers()))


def test_gradients_taken_inside_stay():
    network = sloping_network()
    with uphill(network, radius=0.1):
        network.zero_grad()
        loss_of(network).backward()
        inside = [p.grad.clone() for p in network.parameters()]
    assert all(torch.equal(p.grad, slope) for p, slope in zip(network.parameters(), inside))


def test_where_the_loss_is_level_weights_stay():
    network = sloping_network()
    before = copy.deepcopy(network)
    for weights in network.parameters():
        weights.grad.zero_()
    with uphill(network, radius=0.1):
        assert distance(network, before) == 0
