"""Weights are loaded only when they are exactly what their card says, and never executed."""

import hashlib
import json
import math
import pickle
from dataclasses import replace
from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import nn

from vidfer.emotion.cards import ModelCard, model_path, read_card, shipped_models
from vidfer.emotion.models import load_model, save_weights
from vidfer.emotion.networks import NETWORKS
from vidfer.emotions import EMOTIONS
from vidfer.errors import WeightsError


def network_of(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return NETWORKS["paper"]()


def card_for(path: Path, **values: object) -> ModelCard:
    content = path.read_bytes()
    facts = {
        "name": "mine",
        "network": "paper",
        "weights_sha256": hashlib.sha256(content).hexdigest(),
        "temperature": 1.5,
        "parameters": 1,
    }
    return ModelCard(**{**facts, **values})


def write_card(path: Path, **values: object) -> None:
    path.with_suffix(".json").write_text(card_for(path, **values).to_json(), encoding="utf-8")


@pytest.fixture
def saved(tmp_path) -> Path:
    """A weights file with its card."""
    path = tmp_path / "mine.safetensors"
    save_weights(network_of(), path)
    write_card(path)
    return path


def refusal_of(name_or_path: object) -> str:
    with pytest.raises(WeightsError) as refusal:
        load_model(str(name_or_path))
    return str(refusal.value)


def test_what_is_saved_is_loaded_in_half_precision(saved):
    expected, loaded = network_of().state_dict(), load_model(str(saved)).network.state_dict()
    assert list(loaded) == list(expected)
    for key, tensor in expected.items():
        rounded = tensor.half().float() if tensor.is_floating_point() else tensor
        assert torch.equal(loaded[key], rounded), key
        assert loaded[key].dtype == tensor.dtype, key


def test_saving_what_was_loaded_gives_the_same_file(saved, tmp_path):
    again = tmp_path / "again.safetensors"
    save_weights(load_model(str(saved)).network, again)
    assert again.read_bytes() == saved.read_bytes()


def test_saving_returns_the_files_sha256(tmp_path):
    path = tmp_path / "mine.safetensors"
    assert save_weights(network_of(), path) == hashlib.sha256(path.read_bytes()).hexdigest()


def test_networks_in_another_memory_layout_are_saved_alike(saved, tmp_path):
    path = tmp_path / "other.safetensors"
    save_weights(network_of().to(memory_format=torch.channels_last), path)
    assert path.read_bytes() == saved.read_bytes()


def test_a_loaded_network_is_ready_to_evaluate(saved):
    model = load_model(str(saved))
    assert not model.network.training
    assert {parameter.device.type for parameter in model.network.parameters()} == {"cpu"}
    assert model.card == read_card(saved)


@pytest.mark.parametrize("place", [0, 8, 200, -1])
def test_one_altered_byte_is_refused(place, saved):
    content = bytearray(saved.read_bytes())
    content[place] ^= 1
    saved.write_bytes(content)
    sentence = refusal_of(saved)
    assert "is not the file that its card describes" in sentence
    assert hashlib.sha256(content).hexdigest() in sentence


@pytest.mark.parametrize("change", [lambda c: c[:-1], lambda c: c + b"\0", lambda _: b""])
def test_a_file_of_another_length_is_refused(change, saved):
    saved.write_bytes(change(saved.read_bytes()))
    assert "is not the file that its card describes" in refusal_of(saved)


class Payload:
    """What a forged pickle holds: it makes a file when it is loaded."""

    def __init__(self, victim: Path) -> None:
        self.victim = victim

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.victim,)


@pytest.fixture
def victim(tmp_path) -> Path:
    return tmp_path / "executed"


def test_the_payload_would_make_its_file(victim):
    pickle.loads(pickle.dumps(Payload(victim)))
    assert victim.exists()


@pytest.mark.parametrize("write", [pickle.dumps, None], ids=["pickle", "torch"])
def test_a_pickle_under_a_safetensors_name_is_refused_and_not_executed(write, victim, tmp_path):
    path = tmp_path / "forged.safetensors"
    if write is None:
        torch.save(Payload(victim), path)
    else:
        path.write_bytes(write(Payload(victim)))
    write_card(path)
    sentence = refusal_of(path)
    assert "does not fit the network 'paper' (it is no safetensors file)" in sentence
    assert not victim.exists()


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".pkl", ".bin", ""])
def test_a_pickle_under_its_own_name_is_refused_and_not_executed(suffix, victim, tmp_path):
    path = tmp_path / f"forged{suffix}"
    torch.save(Payload(victim), path)
    write_card(path)
    assert "a .safetensors file" in refusal_of(path)
    assert not victim.exists()


@pytest.mark.parametrize(
    "labels", [list(EMOTIONS[::-1]), list(EMOTIONS[:-1]), [*EMOTIONS, "contempt"], []]
)
def test_a_card_with_other_labels_is_refused(labels, saved):
    write_card(saved, labels=labels)
    sentence = refusal_of(saved)
    assert str(labels) in sentence
    assert str(list(EMOTIONS)) in sentence


def rewrite(path: Path, tensors: dict[str, torch.Tensor]) -> None:
    path.write_bytes(safetensors.torch.save(tensors))
    write_card(path)


@pytest.mark.parametrize(
    "shape", [(8, 64), (7, 63), (7,)], ids=["a class more", "a unit less", "an axis less"]
)
def test_weights_of_another_shape_are_refused(shape, saved):
    tensors = safetensors.torch.load(saved.read_bytes())
    rewrite(saved, {**tensors, "output.weight": torch.zeros(shape, dtype=torch.float16)})
    assert "does not fit the network 'paper'" in refusal_of(saved)


def test_weights_with_a_tensor_missing_are_refused(saved):
    tensors = safetensors.torch.load(saved.read_bytes())
    del tensors["output.bias"]
    rewrite(saved, tensors)
    sentence = refusal_of(saved)
    assert "does not fit the network 'paper' (its tensor 'output.bias' is missing)" in sentence


def test_weights_with_a_tensor_too_many_are_refused(saved):
    tensors = safetensors.torch.load(saved.read_bytes())
    rewrite(saved, {**tensors, "extra.weight": torch.zeros(1)})
    sentence = refusal_of(saved)
    assert "does not fit the network 'paper' (its tensor 'extra.weight' is unknown)" in sentence


def test_a_refusal_names_the_first_tensor_that_does_not_fit(saved):
    tensors = safetensors.torch.load(saved.read_bytes())
    wrong = {name: torch.zeros(8, 64) for name in ("output.weight", "output.bias")}
    rewrite(saved, {**tensors, **wrong})
    assert refusal_of(saved) == (
        f"{saved} does not fit the network 'paper' (its tensor 'output.weight' has the shape "
        "(8, 64) instead of (7, 64)): install vidfer again, or train again."
    )


@pytest.mark.parametrize("content", [b"", b"weights", bytes(8), b"\xff" * 64])
def test_a_file_that_is_no_safetensors_is_refused(content, saved):
    saved.write_bytes(content)
    write_card(saved)
    assert "(it is no safetensors file)" in refusal_of(saved)


def test_a_file_of_numbers_that_torch_has_not_is_refused(saved):
    header = b'{"a":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}}'
    saved.write_bytes(len(header).to_bytes(8, "little") + header + b"\0")
    write_card(saved)
    assert "does not fit the network 'paper'" in refusal_of(saved)


def test_a_card_for_an_unknown_network_is_refused_with_the_known_ones(saved):
    write_card(saved, network="transformer")
    sentence = refusal_of(saved)
    assert "'transformer'" in sentence
    for name in NETWORKS:
        assert name in sentence


@pytest.mark.parametrize("name", ["resnet", "", "paper.safe", "Paper", "../paper"])
def test_an_unknown_name_is_refused_with_the_known_ones(name):
    sentence = refusal_of(name)
    assert f"There is no model '{name}'" in sentence
    for known in shipped_models():
        assert known in sentence


def test_a_missing_file_is_refused_by_name(tmp_path):
    path = tmp_path / "none.safetensors"
    assert refusal_of(path) == f"The weights file {path} does not exist."


def test_a_folder_is_no_weights_file(tmp_path):
    path = tmp_path / "folder.safetensors"
    path.mkdir()
    assert str(path) in refusal_of(path)


def test_weights_without_their_card_are_refused(saved):
    saved.with_suffix(".json").unlink()
    assert "needs its card mine.json beside it" in refusal_of(saved)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"3", b"\xff\xfe{}", b"{}", b'{"name": "mine"}', b'{"colour": "blue"}'],
)
def test_a_damaged_card_is_refused(content, saved):
    saved.with_suffix(".json").write_bytes(content)
    sentence = refusal_of(saved)
    assert "needs its card mine.json beside it" in sentence
    assert "temperature" in sentence


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("temperature", value) for value in (0, -1.0, "warm", None, math.nan, math.inf, True)),
        *(("parameters", value) for value in (0, -1, 1.5, "many", None, True)),
        *(("settled", value) for value in (0, 1, "yes", None)),
        *(("network", value) for value in ("", None, 5, ["paper"], {})),
    ],
)
def test_a_card_with_a_senseless_value_is_refused(name, value, saved):
    write_card(saved, **{name: value})
    sentence = refusal_of(saved)
    assert f"'{name}'" in sentence
    assert repr(value) in sentence
    assert str(saved.with_suffix(".json")) in sentence


def test_a_card_survives_json(saved):
    card = replace(card_for(saved), data="Ä", results={"training": {"accuracy": 0.5}})
    saved.with_suffix(".json").write_text(card.to_json(), encoding="utf-8")
    assert read_card(saved) == card


def test_there_is_a_shipped_paper_model():
    assert "paper" in shipped_models()
    assert shipped_models() == sorted(shipped_models())


@pytest.mark.parametrize("name", shipped_models())
def test_a_shipped_model_loads_and_is_what_its_card_says(name):
    model = load_model(name)
    path = model_path(name)
    assert model.card.name == name
    assert model.card.weights_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert model.card.parameters == sum(p.numel() for p in model.network.parameters())
    assert model.card.labels == list(EMOTIONS)
    assert 0.05 < model.card.temperature < 20
    assert all(torch.isfinite(tensor).all() for tensor in model.network.state_dict().values())


@pytest.mark.parametrize("name", shipped_models())
def test_a_shipped_model_can_be_named_or_given_by_path(name):
    by_name, by_path = load_model(name), load_model(str(model_path(name)))
    assert by_name.card == by_path.card


@pytest.mark.parametrize("name", shipped_models())
def test_a_shipped_card_is_json_that_ends_with_a_line_break(name):
    text = model_path(name).with_suffix(".json").read_text(encoding="utf-8")
    assert text.endswith("}\n")
    json.loads(text)


def test_weights_beyond_half_precision_are_refused(tmp_path):
    network = NETWORKS["paper"]()
    with torch.no_grad():
        network.output.weight[0, 0] = 7e4
    with pytest.raises(WeightsError, match=r"'output\.weight'.*lower learning rate"):
        save_weights(network, tmp_path / "mine.safetensors")
    assert not (tmp_path / "mine.safetensors").exists()
