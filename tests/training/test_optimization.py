"""Learning rates rise and fall where they should; the average is the average."""

from itertools import pairwise
from typing import get_args

import pytest
import torch
from torch import nn

from tests.tiny import tiny_network
from vidfer.training.optimization import (
    WeightAverage,
    autocast,
    learning_rate_at,
    make_optimizer,
    set_learning_rate,
)
from vidfer.training.recipe import Optimizer, Recipe, Schedule

TRAPEZOID = Recipe(
    schedule="trapezoid", learning_rate=0.1, epochs=10, warmup_epochs=2, decay_epochs=4
)
COSINE = Recipe(schedule="cosine", learning_rate=0.1, epochs=10, warmup_epochs=2)
CPU = torch.device("cpu")


@pytest.mark.parametrize("recipe", [TRAPEZOID, COSINE])
@pytest.mark.parametrize(("epochs_done", "share"), [(0, 0), (0.5, 0.25), (1, 0.5), (2, 1)])
def test_the_learning_rate_rises_linearly_over_the_warmup(epochs_done, share, recipe):
    assert learning_rate_at(epochs_done, recipe) == pytest.approx(0.1 * share)


@pytest.mark.parametrize(("epochs_done", "share"), [(4, 1), (6, 1), (7, 0.75), (9, 0.25), (10, 0)])
def test_a_trapezoid_stays_and_then_falls_linearly_to_zero(epochs_done, share):
    assert learning_rate_at(epochs_done, TRAPEZOID) == pytest.approx(0.1 * share)


@pytest.mark.parametrize(
    ("epochs_done", "share"), [(2, 1), (4, 0.853553), (6, 0.5), (8, 0.146447), (10, 0)]
)
def test_a_cosine_falls_to_zero_at_the_end(epochs_done, share):
    assert learning_rate_at(epochs_done, COSINE) == pytest.approx(0.1 * share, abs=1e-7)


@pytest.mark.parametrize("epochs_done", [0, 0.01, 5, 10])
def test_a_constant_learning_rate_and_a_trapezoid_without_decay_stay(epochs_done):
    for schedule in ("constant", "trapezoid"):
        recipe = Recipe(schedule=schedule, learning_rate=0.1, epochs=10)
        assert learning_rate_at(epochs_done, recipe) == 0.1


@pytest.mark.parametrize("schedule", get_args(Schedule))
def test_a_warmup_may_last_to_the_end(schedule):
    recipe = Recipe(schedule=schedule, learning_rate=0.1, epochs=4, warmup_epochs=4)
    assert learning_rate_at(2, recipe) == pytest.approx(0.05)
    assert learning_rate_at(4, recipe) == 0.1


@pytest.mark.parametrize("schedule", get_args(Schedule))
@pytest.mark.parametrize(("warmup", "decay"), [(0, 0), (3, 0), (0, 3), (1, 4), (2, 3), (5, 0)])
def test_a_learning_rate_never_leaves_its_range_nor_jumps(schedule, warmup, decay):
    recipe = Recipe(
        schedule=schedule, learning_rate=1, epochs=5, warmup_epochs=warmup, decay_epochs=decay
    )
    rates = [learning_rate_at(step / 100, recipe) for step in range(501)]
    assert all(0 <= rate <= 1 for rate in rates)
    assert all(abs(rate - before) <= 0.011 for before, rate in pairwise(rates))


@pytest.mark.parametrize("optimizer", get_args(Optimizer))
def test_weights_are_decayed_and_biases_and_normalisations_are_not(optimizer):
    network = tiny_network()
    made = make_optimizer(network, Recipe(optimizer=optimizer, weight_decay=0.01))
    decay = {id(p): group["weight_decay"] for group in made.param_groups for p in group["params"]}
    for name, parameter in network.named_parameters():
        assert decay[id(parameter)] == (0.01 if parameter.ndim > 1 else 0), name


@pytest.mark.parametrize("optimizer", get_args(Optimizer))
def test_the_learning_rate_is_that_of_all_parameters(optimizer):
    network = tiny_network()
    before = [p.detach().clone() for p in network.parameters()]
    made = make_optimizer(network, Recipe(optimizer=optimizer, learning_rate=0.5))
    set_learning_rate(made, 0.0)
    network(torch.zeros(2, 1, 16, 16)).sum().backward()
    made.step()
    assert all(torch.equal(p, b) for p, b in zip(network.parameters(), before))


@pytest.mark.parametrize(
    ("precision", "kind"), [("float32", torch.float32), ("bfloat16", torch.bfloat16)]
)
def test_networks_compute_in_the_recipes_precision(precision, kind):
    with autocast(Recipe(precision=precision), CPU):
        assert nn.Linear(2, 2)(torch.ones(1, 2)).dtype == kind


class Numbers(nn.Module):
    """A weight, a statistic and a counter, all at the same value."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(value, dtype=torch.float64))
        self.register_buffer("statistic", torch.tensor(value, dtype=torch.float64))
        self.register_buffer("counter", torch.tensor(int(value)))

    def become(self, value: float) -> "Numbers":
        for tensor in self.state_dict().values():
            tensor.fill_(value)
        return self


def test_the_average_is_its_closed_form():
    """After n steps value i weighs (1 - d_i) times all later d, where d_i <= i / (i + 10)."""
    decay, values = 0.5, [float(value) for value in range(1, 31)]
    network = Numbers(100.0)
    average = WeightAverage(network, decay=decay)
    for value in values:
        average.update(network.become(value))
    kept = [min(decay, step / (step + 10)) for step in range(1, len(values) + 1)]
    expected = 100.0
    for share, value in zip(kept, values):
        expected = share * expected + (1 - share) * value
    assert average.network.weight.item() == pytest.approx(expected, rel=1e-12)
    assert average.network.statistic.item() == pytest.approx(expected, rel=1e-12)
    assert average.network.counter.item() == 30
    assert average.steps == 30


def test_early_on_the_average_follows_fast_and_later_slowly():
    network = Numbers(0.0)
    average = WeightAverage(network, decay=0.999)
    average.update(network.become(1.0))
    assert average.network.weight.item() == pytest.approx(10 / 11)
    average.steps = 1_000_000
    average.update(network.become(2.0))
    assert average.network.weight.item() == pytest.approx(10 / 11 + 0.001 * (2 - 10 / 11))


def test_the_average_of_a_network_that_stands_still_is_the_network():
    network = tiny_network()
    average = WeightAverage(network, decay=0.9)
    for _ in range(5):
        average.update(network)
    for name, tensor in average.network.state_dict().items():
        torch.testing.assert_close(tensor, network.state_dict()[name])


def test_the_average_is_a_network_of_its_own_in_evaluation_mode_without_gradients():
    network = tiny_network().train()
    average = WeightAverage(network, decay=0.9)
    assert not average.network.training
    assert network.training
    assert not any(p.requires_grad for p in average.network.parameters())
    assert all(p.requires_grad for p in network.parameters())
