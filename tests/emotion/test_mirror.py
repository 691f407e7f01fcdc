"""A mirrored face gets the same logits, in training as well, and costs no second look."""

from functools import partial

import pytest
import torch
from torch import nn

from vidfer.emotion.arithmetic import multiply_adds
from vidfer.emotion.folding import for_inference, input_dtype
from vidfer.emotion.mirror import MirrorNetwork
from vidfer.emotion.networks import require_side
from vidfer.emotions import EMOTIONS
from vidfer.errors import SettingsError


def made(**changes: object) -> MirrorNetwork:
    torch.manual_seed(0)
    shape = {"stem_channels": 8, "stage_channels": (16, 24, 32), "blocks": (1, 2, 1)}
    return MirrorNetwork(**{**shape, "dropout": 0.2, "view_side_px": 40, **changes})


def trained(**changes: object) -> MirrorNetwork:
    """A network that changes something everywhere, as after training."""
    network = made(**changes).train()
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if parameter.ndim != 4 and "output" not in name:
                parameter.add_(0.3 * torch.randn_like(parameter))
        for seed in range(3):
            network(crops(64, seed=seed) * 3 + 1)
    return network.eval()


def crops(count: int = 4, *, side: int = 48, seed: int = 1) -> torch.Tensor:
    return torch.randn(count, 1, side, side, generator=torch.Generator().manual_seed(seed))


BOTH = pytest.mark.parametrize("attentive", [False, True])


@BOTH
@pytest.mark.parametrize("side", [40, 48, 56])
def test_a_mirrored_face_gets_the_same_logits(side, attentive):
    network, faces = trained(attentive=attentive), crops(side=side)
    with torch.inference_mode():
        logits = network(faces)
        assert logits.shape == (4, len(EMOTIONS))
        assert logits.std() > 0.01
        torch.testing.assert_close(network(faces.flip(3)), logits, rtol=1e-4, atol=1e-5)


@BOTH
def test_a_face_upside_down_does_not(attentive):
    network, faces = trained(attentive=attentive), crops()
    with torch.inference_mode():
        assert not torch.allclose(network(faces.flip(2)), network(faces), atol=1e-3)


@BOTH
def test_a_batch_with_all_faces_mirrored_trains_the_network_in_the_same_way(attentive):
    """Statistics are taken over the batch, and belong to both channels of a pair."""
    make = partial(made, dropout=0.0, attentive=attentive)
    one, other = make().train(), make().train()
    labels = torch.arange(len(EMOTIONS))
    for network, faces in ((one, crops(7)), (other, crops(7).flip(3))):
        nn.functional.cross_entropy(network(faces), labels).backward()
    for (name, mine), theirs in zip(one.named_parameters(), other.parameters()):
        torch.testing.assert_close(mine.grad, theirs.grad, rtol=1e-3, atol=1e-5, msg=name)
    for name, value in one.state_dict().items():
        torch.testing.assert_close(value, other.state_dict()[name], rtol=1e-4, atol=1e-6, msg=name)


def test_every_layer_s_second_half_is_the_first_one_of_the_mirrored_face():
    network, faces = trained(), crops(side=40)
    with torch.inference_mode():
        features = network.stages[0](network.stem(faces).relu())
        mirrored = network.stages[0](network.stem(faces.flip(3)).relu())
        first, second = mirrored.flip(3).chunk(2, dim=1)
        torch.testing.assert_close(torch.cat([second, first], dim=1), features)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_for_inference_only_ordinary_convolutions_are_left(precision):
    ready = for_inference(trained(), precision=precision)
    kinds = {
        type(m) for m in ready.modules() if next(m.parameters(recurse=False), None) is not None
    }
    assert kinds == {nn.Conv2d, nn.Linear}


@BOTH
@pytest.mark.parametrize(("precision", "tolerance"), [("float32", 1e-5), ("bfloat16", 0.05)])
def test_made_ready_for_inference_it_says_the_same(precision, tolerance, attentive):
    network, faces = trained(attentive=attentive), crops()
    with torch.inference_mode():
        ready = for_inference(network, precision=precision)
        logits = ready(faces.to(input_dtype(precision)))
        assert logits.dtype == torch.float32
        torch.testing.assert_close(logits, network(faces), rtol=tolerance, atol=tolerance)


def test_attention_changes_nothing_as_it_is_made():
    plain, attentive, faces = trained(), made(attentive=True), crops()
    attentive.load_state_dict(plain.state_dict(), strict=False)
    with torch.inference_mode():
        assert torch.equal(attentive.eval()(faces), plain(faces))


@pytest.mark.parametrize("layer", ["stages.3.gates.excite.weight", "places.weight"])
def test_every_kind_of_attention_counts(layer):
    network, faces = trained(attentive=True), crops()
    with torch.inference_mode():
        before = network(faces)
        network.get_parameter(layer).zero_()
        assert not torch.equal(network(faces), before)


def test_a_network_that_weighs_places_refuses_smaller_crops():
    with pytest.raises(SettingsError, match="'mine' takes no crops of 16 px"):
        require_side(made(attentive=True), name="mine", side_px=16)


def test_half_of_the_weights_are_kept_and_all_of_the_work_is_counted():
    network = made()
    ready = for_inference(network, precision="float32")
    kept, used = (
        sum(p.numel() for p in each.stages.parameters() if p.ndim == 4) for each in (network, ready)
    )
    assert kept * 2 == used
    assert multiply_adds(network) == multiply_adds(ready)


def test_all_layers_compute_channels_last():
    """Kernels of one channel are of either layout: nothing may fall back to the slow one."""
    network = made().to(memory_format=torch.channels_last).train()
    for layer in network.modules():
        if isinstance(layer, nn.Sequential):
            layer.register_forward_hook(lambda _, __, output: seen.append(output))
    seen: list[torch.Tensor] = []
    network(crops(side=40))
    assert len(seen) > 10
    assert all(output.is_contiguous(memory_format=torch.channels_last) for output in seen)


def test_as_many_numbers_of_blocks_as_stages():
    with pytest.raises(ValueError, match="zip"):
        made(blocks=(1, 2))
