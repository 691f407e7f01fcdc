"""A network with dlib's convolutions, whose weights it can begin with."""

import pytest
import torch
from torch import nn

from vidfer.emotion.arithmetic import multiply_adds
from vidfer.emotion.folding import for_inference
from vidfer.emotion.networks import make_network
from vidfer.emotion.recognition import RecognitionNetwork
from vidfer.emotions import EMOTIONS

DLIB_LEVELS = ((32, 3), (64, 4), (128, 3), (256, 3), (256, 1))


def made(**changes: object) -> RecognitionNetwork:
    torch.manual_seed(0)
    shape = {"levels": DLIB_LEVELS[:4], "enlargement": 2, "dropout": 0.2, "view_side_px": 40}
    return RecognitionNetwork(**{**shape, **changes}).eval()


def crops(side: int = 48) -> torch.Tensor:
    return torch.randn(2, 1, side, side, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("side", [40, 48, 64])
def test_only_the_middle_counts_and_gives_seven_logits(side):
    network, whole = made(), crops(side)
    margin = (side - 40) // 2
    middle = whole[:, :, margin : side - margin, margin : side - margin]
    with torch.inference_mode():
        assert network(whole).shape == (2, len(EMOTIONS))
        torch.testing.assert_close(network(whole), network(middle))


def test_all_five_levels_are_dlibs_29_convolutions_in_their_order():
    rows = made(levels=DLIB_LEVELS, enlargement=3).convolutions
    layers = [m for m in made(levels=DLIB_LEVELS).modules() if isinstance(m, nn.Conv2d)]
    shapes = [tuple(row[0].weight.shape) for row in rows]
    assert len(rows) == len(layers) == 29
    assert shapes == [tuple(layer.weight.shape) for layer in layers]
    assert shapes[0] == (32, 1, 7, 7)
    assert [shape[0] for shape in shapes[1:]] == [32] * 6 + [64] * 8 + [128] * 6 + [256] * 8


def test_what_a_smaller_map_lacks_is_zero():
    # At an odd side the convolutions beside the mean of 2x2 give one row and column less.
    with torch.inference_mode():
        logits = made(enlargement=3, view_side_px=43)(crops())
    assert torch.isfinite(logits).all()


def test_folded_for_inference_it_says_the_same():
    network = made()
    with torch.inference_mode():
        torch.testing.assert_close(
            for_inference(network, precision="float32")(crops()),
            network(crops()),
            rtol=1e-4,
            atol=1e-4,
        )


def test_familiar_is_small_enough_to_look_at_every_face():
    network = make_network("familiar")
    assert sum(p.numel() for p in network.parameters()) < 5e6
    assert multiply_adds(network) < 100e6
