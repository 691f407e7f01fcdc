"""Residual networks take crops of any side from 16 and start as He et al. advise."""

import math

import pytest
import torch
from torch import nn

from vidfer.emotion.preparation import prepare_crops
from vidfer.emotion.residual import ResidualNetwork, middle
from vidfer.emotions import EMOTIONS


def made(**changes: object) -> ResidualNetwork:
    torch.manual_seed(0)
    shape = {"stem_channels": 16, "stage_channels": (24, 32, 40), "blocks": 2, "dropout": 0.2}
    shape["view_side_px"] = 48
    return ResidualNetwork(**{**shape, **changes})


def inputs(side: int, *, count: int = 2) -> torch.Tensor:
    return torch.randn(count, 1, side, side, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("side", [16, 17, 24, 40, 48, 64, 112])
def test_any_side_from_16_gives_seven_logits(side):
    with torch.inference_mode():
        logits = made().eval()(inputs(side))
    assert logits.shape == (2, len(EMOTIONS))
    assert torch.isfinite(logits).all()


def test_of_a_larger_crop_only_the_middle_counts():
    network = made(view_side_px=40).eval()
    crops = inputs(48)
    with torch.inference_mode():
        torch.testing.assert_close(network(crops), network(crops[:, :, 4:44, 4:44]))
        assert not torch.equal(network(crops), made(view_side_px=48).eval()(crops))


@pytest.mark.parametrize(
    ("side", "seen"),
    [(39, slice(0, 39)), (40, slice(0, 40)), (41, slice(0, 40)), (43, slice(1, 41))],
)
def test_the_middle_is_never_larger_than_asked_for(side, seen):
    crops = inputs(side)
    assert torch.equal(middle(crops, 40), crops[:, :, seen, seen])


def test_a_smaller_crop_is_seen_whole():
    crops = inputs(32)
    with torch.inference_mode():
        torch.testing.assert_close(made(view_side_px=40).eval()(crops), made().eval()(crops))


def test_every_stage_halves_the_side_and_has_its_channels():
    network = made()
    sizes = []
    for block in network.stages:
        block.register_forward_hook(lambda _, __, output: sizes.append(tuple(output.shape[1:])))
    network.eval()(inputs(48))
    assert sizes == [(24, 24, 24)] * 2 + [(32, 12, 12)] * 2 + [(40, 6, 6)] * 2


@pytest.mark.parametrize("blocks", [1, 3])
def test_a_stage_has_so_many_blocks_of_two_convolutions(blocks):
    kernels = [m.kernel_size for m in made(blocks=blocks).modules() if isinstance(m, nn.Conv2d)]
    assert kernels.count((3, 3)) == 1 + 3 * 2 * blocks
    assert kernels.count((1, 1)) == 3  # where a stage begins, the shortcut must halve as well


def test_within_a_stage_the_shortcut_is_the_input_itself():
    """With the last normalisation's weights at zero, such a block changes nothing."""
    block = made().stages[1].eval()
    nn.init.zeros_(block.second[1].weight)
    features = torch.rand(2, 24, 12, 12)
    with torch.inference_mode():
        torch.testing.assert_close(block(features), features)


def test_the_memory_layout_makes_no_difference():
    network = made().eval()
    crops = torch.randint(256, (3, 48, 48), dtype=torch.uint8)
    prepared = prepare_crops(crops)
    assert prepared.is_contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        plain = network(prepared.contiguous())
        fast = network.to(memory_format=torch.channels_last)(prepared)
    torch.testing.assert_close(fast, plain, rtol=1e-4, atol=1e-5)


def test_convolutions_start_from_hes_normal_distribution():
    for layer in made().modules():
        if isinstance(layer, nn.Conv2d):
            fan_out = layer.out_channels * math.prod(layer.kernel_size)
            assert layer.bias is None
            assert layer.weight.std().item() == pytest.approx(math.sqrt(2 / fan_out), rel=0.15)


def test_activations_neither_vanish_nor_explode_at_the_start():
    with torch.inference_mode():
        logits = made().train()(inputs(48, count=32))
    assert 0.05 < logits.std() < 5


def test_dropout_acts_in_training_only():
    network, crops = made(dropout=0.5), inputs(16, count=8)
    with torch.inference_mode():
        network.eval()
        assert torch.equal(network(crops), network(crops))
        network.train()
        assert not torch.equal(network(crops), network(crops))
