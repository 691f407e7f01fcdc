"""The cascade's networks compute what facenet-pytorch's compute, from the same weights."""

import subprocess
import sys
from importlib.machinery import ModuleSpec

import facenet_pytorch.models.mtcnn as facenet
import pytest
import torch

from vidfer.compute import BLOCK_ITEMS, in_blocks
from vidfer.errors import WeightsError
from vidfer.faces import network_weights
from vidfer.faces.networks import load_cascade

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _one_thread(one_torch_thread):
    """Networks give the same bits only with the same number of threads."""


@pytest.fixture(scope="module")
def cascade():
    return load_cascade(CPU)


def pictures(count: int, height: int, width: int) -> torch.Tensor:
    """Normalised noise, channels last, as the detector hands it over."""
    generator = torch.Generator().manual_seed(height * width)
    noise = torch.rand(count, 3, height, width, generator=generator) * 2 - 1
    return noise.contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("size", [(12, 12), (13, 12), (40, 71), (41, 72), (64, 97)])
def test_pnet_computes_what_facenet_pytorch_computes(cascade, size):
    items = pictures(2, *size)
    with torch.inference_mode():
        offsets, probabilities = facenet.PNet()(items)
        outputs = cascade.pnet(items)
    torch.testing.assert_close(outputs[:, :4], offsets, rtol=0, atol=1e-6)
    torch.testing.assert_close(outputs[:, 4:], probabilities[:, 1:], rtol=0, atol=1e-6)


def test_pnets_first_slopes_are_of_either_sign_and_above_one():
    slopes = facenet.PNet().prelu1.weight
    assert (slopes < 0).sum() == network_weights.PNET_PAIRS
    assert ((slopes > 0) & (slopes < 1)).any()
    assert (slopes > 1).any()


def test_rnet_computes_what_facenet_pytorch_computes(cascade):
    items = pictures(40, 24, 24)
    with torch.inference_mode():
        expected = torch.cat(facenet.RNet()(items), dim=1)
        outputs = cascade.rnet(items)
    torch.testing.assert_close(outputs, expected, rtol=0, atol=1e-6)


def test_onet_computes_what_facenet_pytorch_computes(cascade):
    items = pictures(40, 48, 48)
    with torch.inference_mode():
        expected = torch.cat(facenet.ONet()(items), dim=1)
        outputs = cascade.onet(items)
    torch.testing.assert_close(outputs, expected, rtol=0, atol=1e-6)


def test_onet_in_bfloat16_stays_close_and_returns_float32(cascade):
    items = pictures(40, 48, 48)
    with torch.inference_mode():
        expected = cascade.onet(items)
        outputs = load_cascade(CPU, onet_precision="bfloat16").onet(items)
    assert outputs.dtype == torch.float32
    torch.testing.assert_close(outputs, expected, rtol=0, atol=0.02)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize(("name", "side_px"), [("rnet", 24), ("onet", 48)])
def test_a_square_has_the_same_bits_in_any_company(precision, name, side_px):
    network = getattr(load_cascade(CPU, onet_precision=precision), name)
    items = pictures(2 * BLOCK_ITEMS + 5, side_px, side_px)
    with torch.inference_mode():
        expected = in_blocks(network, items)
        for count in (1, 7, BLOCK_ITEMS + 1):
            assert torch.equal(in_blocks(network, items[:count]), expected[:count])


def test_probabilities_of_face_and_no_face_sum_to_one(cascade):
    with torch.inference_mode():
        outputs = cascade.rnet(pictures(20, 24, 24))
    torch.testing.assert_close(outputs[:, 4:].sum(dim=1), torch.ones(20))


def test_networks_are_ready_for_inference(cascade):
    for network in cascade:
        assert not network.training
        assert network.conv2.weight.is_contiguous(memory_format=torch.channels_last)


def test_loading_imports_neither_facenet_pytorch_nor_torchvision():
    script = (
        "import sys, torch; from vidfer.faces.networks import load_cascade;"
        "load_cascade(torch.device('cpu'));"
        "print({'facenet_pytorch', 'torchvision', 'requests'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.strip() == "set()"


def put_package(folder, monkeypatch, content: bytes | None) -> None:
    """Let the package be found in `folder`, its weights with this content."""
    (folder / "data").mkdir()
    if content is not None:
        (folder / "data" / "pnet.pt").write_bytes(content)
    spec = ModuleSpec("facenet_pytorch", None, origin=str(folder / "__init__.py"))
    monkeypatch.setattr(network_weights, "find_spec", lambda name: spec)


def test_a_missing_package_is_one_clear_error(monkeypatch):
    monkeypatch.setattr(network_weights, "find_spec", lambda name: None)
    with pytest.raises(
        WeightsError, match=r"not installed here: run 'pip install facenet-pytorch'"
    ):
        load_cascade(CPU)


def test_missing_weights_are_one_clear_error(tmp_path, monkeypatch):
    put_package(tmp_path, monkeypatch, None)
    with pytest.raises(WeightsError, match=r"pnet\.pt cannot be read .*: run 'pip install"):
        load_cascade(CPU)


def test_altered_weights_are_refused_before_they_are_interpreted(tmp_path, monkeypatch):
    put_package(tmp_path, monkeypatch, b"cos\nsystem\n(S'exit 1'\ntR.")
    with pytest.raises(WeightsError, match=r"pnet\.pt have been altered: their SHA-256 is"):
        load_cascade(CPU)
