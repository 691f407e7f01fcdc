"""The aligner's network: its weights are the known ones, and light does not move it."""

import pytest
import torch

from vidfer.errors import WeightsError
from vidfer.faces import aligner
from vidfer.faces.aligner import VIEW_SIDE_PX, load_aligner

CPU = torch.device("cpu")


def views(count: int = 16) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    small = torch.rand(count, 1, 8, 8, generator=generator) * 255
    return torch.nn.functional.interpolate(small, size=VIEW_SIDE_PX, mode="bicubic")


@torch.inference_mode()
def test_each_view_gets_four_moves():
    moves = load_aligner(CPU)(views(3))
    assert moves.shape == (3, 4)
    assert moves.dtype == torch.float32


@torch.inference_mode()
def test_darker_or_paler_faces_lie_where_others_do():
    network = load_aligner(CPU)
    torch.testing.assert_close(network(views() * 0.3 + 40), network(views()), rtol=0, atol=1e-4)


@torch.inference_mode()
def test_a_flat_view_moves_by_a_finite_step():
    moves = load_aligner(CPU)(torch.full((1, 1, VIEW_SIDE_PX, VIEW_SIDE_PX), 12.0))
    assert moves.isfinite().all()


@torch.inference_mode()
def test_half_precision_moves_squares_by_less_than_a_hundredth_of_their_side():
    narrow, whole = (load_aligner(CPU, precision=p)(views()) for p in ("bfloat16", "float32"))
    assert narrow.dtype == torch.float32
    torch.testing.assert_close(narrow, whole, rtol=0, atol=0.01)


def test_altered_weights_are_refused_in_one_sentence(monkeypatch):
    monkeypatch.setattr(aligner, "_SHA256", "0" * 64)
    with pytest.raises(WeightsError, match=r"have been altered.*install vidfer again"):
        load_aligner(CPU)


def test_missing_weights_are_refused_in_one_sentence(monkeypatch):
    monkeypatch.setattr(aligner, "_WEIGHTS", ("emotion", "weights", "faces", "none.safetensors"))
    with pytest.raises(WeightsError, match=r"cannot be read.*install vidfer again"):
        load_aligner(CPU)
