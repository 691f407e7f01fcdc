"""A checkpoint comes back to the bit, or is refused in one sentence."""

import errno
import json
from pathlib import Path

import pytest
import safetensors.torch
import torch

from vidfer.errors import DataError, OutputError
from vidfer.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint

TENSORS = {
    "network.weight": torch.randn(3, 4, generator=torch.Generator().manual_seed(0)),
    "network.count": torch.tensor(7),
    "random.cpu": torch.get_rng_state(),
}
VALUES = {"epoch": 3, "history": [{"loss": 0.1 + 0.2}], "recipe": {"network": "tiny"}}
CHECKPOINT = Checkpoint(tensors=TENSORS, values=VALUES)


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "mine.checkpoint.safetensors"


def refusal_of(path: Path) -> str:
    with pytest.raises(DataError) as refusal:
        load_checkpoint(path)
    sentence = str(refusal.value)
    assert str(path) in sentence
    assert sentence.endswith("delete it, or train with --overwrite, to start anew.")
    assert "\n" not in sentence
    return sentence


def test_tensors_and_values_come_back_to_the_bit(path):
    save_checkpoint(CHECKPOINT, path)
    loaded = load_checkpoint(path)
    assert loaded.values == VALUES
    assert set(loaded.tensors) == set(TENSORS)
    for name, tensor in loaded.tensors.items():
        assert tensor.dtype == TENSORS[name].dtype
        assert torch.equal(tensor, TENSORS[name]), name


def test_any_memory_layout_can_be_kept(path):
    weights = torch.randn(4, 3, 2, 2).to(memory_format=torch.channels_last)
    save_checkpoint(Checkpoint(tensors={"a": weights, "b": weights[0, 0].T}, values={}), path)
    loaded = load_checkpoint(path).tensors
    assert torch.equal(loaded["a"], weights)
    assert torch.equal(loaded["b"], weights[0, 0].T)


def test_a_checkpoint_replaces_the_earlier_one_and_leaves_nothing_else(path):
    save_checkpoint(Checkpoint(tensors={}, values={"epoch": 1}), path)
    save_checkpoint(Checkpoint(tensors={}, values={"epoch": 2}), path)
    assert load_checkpoint(path).values == {"epoch": 2}
    assert list(path.parent.iterdir()) == [path]


def test_a_full_disk_is_one_sentence_and_leaves_the_earlier_checkpoint_whole(path, monkeypatch):
    save_checkpoint(CHECKPOINT, path)

    def write_half(target: Path, content: bytes) -> None:
        with target.open("wb") as file:
            file.write(content[: len(content) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", write_half)
    with pytest.raises(OutputError, match="The disk is full"):
        save_checkpoint(Checkpoint(tensors=TENSORS, values={"epoch": 4}), path)
    assert load_checkpoint(path).values == VALUES
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_that_is_gone_is_one_sentence(tmp_path):
    with pytest.raises(OutputError, match="cannot be written"):
        save_checkpoint(CHECKPOINT, tmp_path / "gone" / "mine.checkpoint.safetensors")


@pytest.mark.parametrize("kept", [0.0, 0.01, 0.5, 0.999])
def test_a_checkpoint_that_is_cut_off_is_refused(kept, path):
    save_checkpoint(CHECKPOINT, path)
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    assert "cannot be read" in refusal_of(path)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.999])
def test_a_single_flipped_bit_among_the_numbers_is_found(share, path):
    save_checkpoint(CHECKPOINT, path)
    content = bytearray(path.read_bytes())
    header = 8 + int.from_bytes(content[:8], "little")
    content[header + int(share * (len(content) - header))] ^= 1
    path.write_bytes(content)
    assert "is damaged" in refusal_of(path)


def test_a_changed_value_is_found(path):
    save_checkpoint(CHECKPOINT, path)
    content = path.read_bytes()
    assert content.count(b'epoch\\": 3') == 1
    path.write_bytes(content.replace(b'epoch\\": 3', b'epoch\\": 4'))
    assert "is damaged" in refusal_of(path)


def test_a_tensor_under_another_name_is_found(path):
    save_checkpoint(CHECKPOINT, path)
    path.write_bytes(path.read_bytes().replace(b"network.weight", b"network.height"))
    assert "is damaged" in refusal_of(path)


@pytest.mark.parametrize("content", [b"", b"hello", b"{}", b"\x00" * 100, b"\xff" * 100])
def test_a_file_of_another_kind_is_refused(content, path):
    path.write_bytes(content)
    refusal_of(path)


def test_a_folder_and_a_missing_file_are_refused(path):
    refusal_of(path)
    path.mkdir()
    refusal_of(path)


@pytest.mark.parametrize("metadata", [None, {}, {"format": "pt"}, {"values": json.dumps(VALUES)}])
def test_tensors_of_someone_else_are_refused(metadata, path):
    path.write_bytes(safetensors.torch.save(TENSORS, metadata=metadata))
    assert "is none of vidfer's" in refusal_of(path)


def test_another_format_is_refused_by_number(path):
    path.write_bytes(safetensors.torch.save(TENSORS, metadata={"vidfer_checkpoint": "99"}))
    assert "has the format 99, not " in refusal_of(path)
