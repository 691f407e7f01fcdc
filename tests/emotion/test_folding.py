"""What is made ready for inference computes what the network computes."""

import pytest
import torch
from torch import nn

from vidfer.emotion.folding import for_inference, input_dtype
from vidfer.emotion.networks import NETWORKS
from vidfer.emotion.preparation import prepare_crops


def trained_network(name: str) -> nn.Module:
    """A network whose normalisations are not the identity, as after training."""
    torch.manual_seed(0)
    network = NETWORKS[name]()
    for layer in network.modules():
        if hasattr(layer, "running_mean"):
            nn.init.uniform_(layer.weight, -1.5, 1.5)
            nn.init.normal_(layer.bias)
            layer.running_mean.normal_()
            layer.running_var.uniform_(0.3, 3)
    return network.eval()


@pytest.fixture(params=NETWORKS)
def network(request) -> nn.Module:
    return trained_network(request.param)


def logits_of(network: nn.Module, crops, precision="float32") -> torch.Tensor:
    prepared = prepare_crops(torch.from_numpy(crops)).to(input_dtype(precision))
    with torch.inference_mode():
        return network(prepared)


def deviation(logits: torch.Tensor, expected: torch.Tensor) -> float:
    """The largest difference, relative to the spread of the logits."""
    return float((logits - expected).abs().max() / expected.std())


def test_folded_logits_are_those_of_the_network(network, crops):
    folded = for_inference(network, precision="float32")
    assert deviation(logits_of(folded, crops), logits_of(network, crops)) < 1e-4


def test_bfloat16_logits_are_float32_and_close_to_those_of_the_network(network, crops):
    ready = for_inference(network, precision="bfloat16")
    logits = logits_of(ready, crops, "bfloat16")
    assert logits.dtype == torch.float32
    assert deviation(logits, logits_of(network, crops)) < 0.25


def test_the_network_itself_is_left_as_it_is(network, crops):
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    for_inference(network, precision="bfloat16")
    after = network.state_dict()
    assert after.keys() == before.keys()
    assert all(torch.equal(after[name], before[name]) for name in before)
    assert logits_of(network, crops).dtype == torch.float32


@pytest.mark.parametrize("name", ["compact", "mirror", "wide"])
def test_residual_networks_have_no_normalisation_left(name):
    ready = for_inference(trained_network(name), precision="float32")
    assert not [layer for layer in ready.modules() if isinstance(layer, nn.BatchNorm2d)]


def test_a_normalisation_before_a_padded_convolution_is_not_folded():
    row = nn.Sequential(nn.BatchNorm2d(1), nn.Conv2d(1, 2, 3, padding=1))
    ready = for_inference(row, precision="float32")
    assert isinstance(ready[0], nn.BatchNorm2d)


def test_a_network_in_training_is_folded_as_in_evaluation(crops):
    network = trained_network("compact")
    expected = logits_of(network, crops)
    ready = for_inference(network.train(), precision="float32")
    assert deviation(logits_of(ready, crops), expected) < 1e-4
    assert network.training
