"""Every network maps crops to seven logits; `paper` is built as its author describes.

The default is small and cheap enough for a CPU.
"""

import math

import pytest
import torch
from torch import nn

from vidfer.config import DEFAULT_MODEL
from vidfer.emotion.arithmetic import multiply_adds
from vidfer.emotion.cards import model_path, read_card
from vidfer.emotion.networks import NETWORKS, PaperNetwork, make_network, require_side
from vidfer.emotions import EMOTIONS
from vidfer.errors import SettingsError

LEAKY_RELU_SLOPE = 0.01


def made(name: str, *, seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return NETWORKS[name]()


def inputs(count: int) -> torch.Tensor:
    return torch.randn(count, 1, 48, 48, generator=torch.Generator().manual_seed(3))


def of_type(network: nn.Module, *types: type) -> list[nn.Module]:
    return [module for module in network.modules() if isinstance(module, types)]


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("count", [1, 2, 5])
def test_crops_become_seven_logits_each(name, count):
    with torch.inference_mode():
        logits = made(name).eval()(inputs(count))
    assert logits.shape == (count, len(EMOTIONS))
    assert logits.dtype == torch.float32
    assert torch.isfinite(logits).all()


@pytest.mark.parametrize("name", NETWORKS)
def test_in_evaluation_mode_the_same_input_gives_the_same_logits(name):
    network = made(name).eval()
    with torch.inference_mode():
        assert torch.equal(network(inputs(4)), network(inputs(4)))


@pytest.mark.parametrize("name", NETWORKS)
def test_evaluation_changes_neither_weights_nor_statistics(name):
    network = made(name).eval()
    before = {key: tensor.clone() for key, tensor in network.state_dict().items()}
    with torch.inference_mode():
        network(inputs(4))
    for key, tensor in network.state_dict().items():
        assert torch.equal(tensor, before[key]), key


@pytest.mark.parametrize("name", NETWORKS)
def test_the_same_seed_makes_the_same_network(name):
    one, same, other = (made(name, seed=seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(one[key], same[key]) for key in one)
    assert any(not torch.equal(one[key], other[key]) for key in one)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_parameter_learns(name):
    network = made(name).train()
    labels = torch.arange(len(EMOTIONS))
    nn.functional.cross_entropy(network(inputs(len(EMOTIONS))), labels).backward()
    for key, parameter in network.named_parameters():
        assert parameter.grad is not None, key
        assert torch.isfinite(parameter.grad).all(), key


@pytest.mark.parametrize(
    ("name", "parameters", "work"),
    [
        ("paper", 1_381_831, 23_183_808),
        ("compact", 1_209_063, 69_275_392),
        ("mirror", 812_231, 96_410_496),
        ("attentive", 828_357, 96_423_072),
        ("wide", 11_023_303, 630_070_784),
    ],
)
def test_networks_have_the_size_and_the_work_that_the_documents_tell(name, parameters, work):
    network = made(name)
    assert sum(p.numel() for p in network.parameters()) == parameters
    assert multiply_adds(network) == work


def test_the_default_network_fits_its_budget_on_a_cpu():
    network = made(read_card(model_path(DEFAULT_MODEL)).network)
    assert sum(p.numel() for p in network.parameters()) <= 5_000_000
    assert multiply_adds(network) <= 100_000_000


def test_an_unknown_network_is_refused_with_the_known_ones():
    with pytest.raises(SettingsError) as refusal:
        make_network("resnet")
    assert "There is no network 'resnet'" in str(refusal.value)
    for name in NETWORKS:
        assert name in str(refusal.value)


@pytest.mark.parametrize("name", ["compact", "mirror", "wide"])
@pytest.mark.parametrize("side", [16, 40, 48])
def test_residual_networks_take_smaller_crops(name, side):
    require_side(made(name), name=name, side_px=side)


def test_a_network_that_does_not_take_a_side_is_refused_by_name():
    with pytest.raises(SettingsError, match=r"'paper' takes no crops of 40 px: set crop_side_px"):
        require_side(made("paper"), name="paper", side_px=40)


def test_paper_has_three_convolutions_and_four_dense_layers_before_the_output():
    network = PaperNetwork()
    assert len(of_type(network, nn.Conv2d)) == 3
    assert len(of_type(network, nn.Linear)) == 5
    assert of_type(network, nn.Linear)[-1].out_features == len(EMOTIONS)


def test_papers_layers_stand_in_the_authors_order():
    kinds = (
        nn.Conv2d,
        nn.Linear,
        nn.LeakyReLU,
        nn.MaxPool2d,
        nn.BatchNorm2d,
        nn.BatchNorm1d,
        nn.Dropout,
    )
    convolution = ["Conv2d", "LeakyReLU", "MaxPool2d", "BatchNorm2d"]
    dense = ["Linear", "LeakyReLU", "BatchNorm1d", "Dropout"]
    layers = [type(module).__name__ for module in of_type(PaperNetwork(), *kinds)]
    assert layers == convolution * 3 + dense * 4 + ["Linear"]


def test_paper_drops_out_as_the_author_does():
    assert [layer.p for layer in of_type(PaperNetwork(), nn.Dropout)] == [0.25, 0.25, 0.25, 0.4]


def test_papers_activation_leaks_a_hundredth():
    for layer in of_type(PaperNetwork(), nn.LeakyReLU):
        assert layer.negative_slope == LEAKY_RELU_SLOPE


def test_papers_weights_start_from_hes_normal_distribution():
    gain = math.sqrt(2 / (1 + LEAKY_RELU_SLOPE**2))
    for layer in of_type(made("paper"), nn.Conv2d, nn.Linear):
        fan_in = layer.weight[0].numel()
        assert layer.weight.std().item() == pytest.approx(gain / math.sqrt(fan_in), rel=0.15)
        assert layer.weight.mean().item() == pytest.approx(0, abs=0.1)
        assert not layer.bias.any()


def test_the_papers_network_can_be_built_with_one_choice_changed():
    network = PaperNetwork(channels=(32, 64, 128, 256), negative_slope=0.0, dropouts=(0.0,) * 4)
    assert len(of_type(network, nn.Conv2d)) == 4
    assert {layer.negative_slope for layer in of_type(network, nn.LeakyReLU)} == {0.0}
    assert {layer.p for layer in of_type(network, nn.Dropout)} == {0.0}
    assert network.eval()(inputs(2)).shape == (2, len(EMOTIONS))
