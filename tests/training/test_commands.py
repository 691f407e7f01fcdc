"""`train` leaves weights with a complete card; `evaluate` tells how well they do on each split."""

import hashlib
import json
import os
import platform
import signal
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import torch
from click.testing import CliRunner

import vidfer
from tests.tiny_splits import PUBLIC, write_tiny_splits
from vidfer.cli import main
from vidfer.emotion.cards import ModelCard, read_card
from vidfer.emotion.models import load_model
from vidfer.emotion.networks import NETWORKS
from vidfer.emotions import EMOTIONS
from vidfer.errors import DataError, OutputError, SettingsError, WeightsError
from vidfer.training.commands import train
from vidfer.training.data import read_split
from vidfer.training.data.settling import settled
from vidfer.training.recipe import Recipe, recipe_from

RECIPE = Recipe(batch_size=16, epochs=1, learning_rate=2e-3, seed=5)


@pytest.fixture(scope="module")
def data(tmp_path_factory, make_faces, write_faces) -> Path:
    """A folder with three tiny splits; some test pictures are copies of training pictures."""
    return write_tiny_splits(tmp_path_factory.mktemp("data"), make_faces, write_faces)


@pytest.fixture(scope="module")
def made(data, tmp_path_factory) -> Path:
    """Weights trained on the tiny splits."""
    return train(
        data, model="mine", output=tmp_path_factory.mktemp("out"), recipe=RECIPE, device="cpu"
    )


@pytest.fixture
def model(made, tmp_path) -> Path:
    """A copy of the trained model whose card may be changed."""
    path = tmp_path / made.name
    path.write_bytes(made.read_bytes())
    path.with_suffix(".json").write_bytes(made.with_suffix(".json").read_bytes())
    return path


def card_of(made: Path) -> ModelCard:
    return read_card(made)


def as_json(recipe: Recipe) -> dict[str, Any]:
    return json.loads(json.dumps(asdict(recipe)))


def test_weights_and_card_stand_side_by_side_under_the_models_name(made):
    assert made.name == "mine.safetensors"
    assert made.with_suffix(".json").is_file()


def test_the_card_says_what_the_weights_are(made):
    card = card_of(made)
    assert (card.name, card.network) == ("mine", "paper")
    assert card.weights_sha256 == hashlib.sha256(made.read_bytes()).hexdigest()
    assert card.parameters == sum(p.numel() for p in NETWORKS["paper"]().parameters())
    assert card.labels == list(EMOTIONS)
    assert card.multiply_adds > card.parameters
    assert 0.05 <= card.temperature <= 20


def test_the_card_says_how_the_weights_were_made(made):
    card = card_of(made)
    assert recipe_from(card.recipe, source="the card") == RECIPE
    assert card.recipe == as_json(RECIPE)
    assert card.made_with["vidfer"] == vidfer.__version__
    assert card.made_with["torch"] == torch.__version__
    assert card.made_with["python"] == platform.python_version()
    assert (card.made_with["device"], card.made_with["threads"]) == ("cpu", "1")
    assert {"machine", "date"} <= set(card.made_with)


def test_the_card_has_the_history_and_no_results_yet(made):
    (line,) = card_of(made).history
    assert set(line) == {
        *("epoch", "loss", "training_accuracy"),
        *("held_out_loss", "held_out_accuracy"),
    }
    assert card_of(made).results == {}


def test_the_card_names_data_licence_and_limits(made):
    card = card_of(made)
    assert "FER2013" in card.data
    assert "copyright" in card.licence
    assert "not what a person feels" in card.limits


def test_the_card_holds_no_path_of_this_machine(made, data):
    text = made.with_suffix(".json").read_text(encoding="utf-8")
    assert str(data) not in text
    assert str(made.parent) not in text
    assert str(Path.home()) + "/" not in text


def test_what_was_trained_can_be_loaded(made):
    assert load_model(str(made)).card == card_of(made)


def test_settled_faces_are_those_that_were_cut_again_before(data, tmp_path, write_faces):
    again = tmp_path / "again"
    again.mkdir()
    for split in ("training", "public_test"):
        faces = settled(read_split(data, split), device=torch.device("cpu"))
        write_faces(again / f"{split}.parquet", faces)
    recipe = replace(RECIPE, settled=True)
    ours = train(data, model="mine", output=tmp_path / "ours", recipe=recipe, device="cpu")
    theirs = train(again, model="mine", output=tmp_path / "theirs", recipe=RECIPE, device="cpu")
    assert ours.read_bytes() == theirs.read_bytes()
    assert card_of(ours).temperature == card_of(theirs).temperature
    assert (card_of(ours).settled, card_of(theirs).settled) == (True, False)


def test_training_again_gives_the_same_file(made, data, tmp_path):
    again = train(data, model="mine", output=tmp_path, recipe=RECIPE, device="cpu")
    assert again.read_bytes() == made.read_bytes()
    assert card_of(again).temperature == card_of(made).temperature


def test_private_test_is_not_touched_by_training(make_faces, write_faces, tmp_path):
    write_faces(tmp_path / "training.parquet", make_faces(16))
    write_faces(tmp_path / "public_test.parquet", make_faces(7, seed=1))
    (tmp_path / "private_test.parquet").write_bytes(b"no Parquet file")
    assert train(tmp_path, output=tmp_path / "out", recipe=RECIPE, device="cpu").is_file()


def test_each_epoch_is_told(data, tmp_path):
    seen = []
    path = train(data, output=tmp_path, recipe=RECIPE, device="cpu", on_epoch=seen.append)
    assert [result.as_dict() for result in seen] == card_of(path).history


def test_data_without_training_pictures_is_refused(make_faces, write_faces, tmp_path):
    write_faces(tmp_path / "public_test.parquet", make_faces(7))
    with pytest.raises(DataError, match=r"training\.parquet"):
        train(tmp_path, output=tmp_path / "out", recipe=RECIPE)
    assert not (tmp_path / "out").exists()


def test_an_output_that_is_a_file_is_refused(data, tmp_path):
    taken = tmp_path / "taken"
    taken.touch()
    with pytest.raises(OutputError, match="taken cannot be written"):
        train(data, output=taken, recipe=RECIPE, device="cpu")


def test_a_model_without_a_recipe_is_refused(data, tmp_path):
    with pytest.raises(SettingsError, match="There is no recipe 'mine'"):
        train(data, model="mine", output=tmp_path)


def test_a_device_that_does_not_exist_is_refused(data, tmp_path):
    with pytest.raises(SettingsError, match="'abacus'"):
        train(data, output=tmp_path, recipe=RECIPE, device="abacus")


@pytest.mark.parametrize("threads", [0, -1])
def test_no_threads_are_refused(threads, data, tmp_path):
    with pytest.raises(SettingsError, match="threads"):
        train(data, output=tmp_path / "out", recipe=RECIPE, device="cpu", threads=threads)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "name", ["my/model", "", ".", "..", "../mine", ".hidden", "my model", "mine\n", "a" * 101, "ü"]
)
def test_a_model_name_that_is_no_file_name_is_refused_before_training(name, data, tmp_path):
    epochs = []
    with pytest.raises(SettingsError, match="model"):
        train(data, model=name, output=tmp_path / "out", recipe=RECIPE, on_epoch=epochs.append)
    assert epochs == []
    assert not (tmp_path / "out").exists()


def test_a_model_name_may_hold_points(data, tmp_path):
    path = train(data, model="Mine_1.2-b", output=tmp_path, recipe=RECIPE, device="cpu")
    assert path.name == "Mine_1.2-b.safetensors"
    assert load_model(str(path)).card.name == "Mine_1.2-b"


def contents_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


OTHER = replace(RECIPE, seed=6)


def refuse(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")


def made_of(folder: Path) -> dict[str, bytes]:
    """The weights and their card: what a user loads."""
    return {name: data for name, data in contents_of(folder).items() if name in MODEL_FILES}


MODEL_FILES = ("mine.safetensors", "mine.json")


def test_beside_the_weights_lie_history_confusion_and_checkpoint(made):
    names = ("checkpoint.safetensors", "history.parquet", "confusion.parquet")
    for ending in (*names, "history.png", "confusion.png"):
        assert (made.parent / f"mine.{ending}").stat().st_size > 0
    history = pq.read_table(made.parent / "mine.history.parquet").to_pylist()
    assert history == card_of(made).history
    confusion = pq.read_table(made.parent / "mine.confusion.parquet")
    assert confusion.column_names == ["label", "prediction", "pictures"]
    assert sum(confusion["pictures"].to_pylist()) == PUBLIC


@pytest.mark.parametrize("refused", ["pathlib.Path.write_bytes", "os.fsync", "os.replace"])
def test_what_cannot_be_written_whole_leaves_the_older_model(refused, data, model, monkeypatch):
    before = contents_of(model.parent)
    monkeypatch.setattr(refused, refuse)
    with pytest.raises(OutputError, match="The disk is full"):
        train(data, model="mine", output=model.parent, recipe=OTHER, device="cpu")
    assert contents_of(model.parent) == before


def test_a_stop_between_the_two_files_leaves_a_card_that_refuses_the_older_weights(
    data, model, monkeypatch
):
    before, rename = made_of(model.parent), os.replace

    def stop_at_weights(source: Path, target: Path) -> None:
        if target == model:
            raise KeyboardInterrupt
        rename(source, target)

    monkeypatch.setattr(os, "replace", stop_at_weights)
    with pytest.raises(KeyboardInterrupt):
        train(data, model="mine", output=model.parent, recipe=OTHER, device="cpu")
    after = made_of(model.parent)
    assert set(after) == set(before)
    assert after[model.name] == before[model.name]
    assert card_of(model).recipe == as_json(OTHER)
    with pytest.raises(WeightsError, match="is not the file that its card describes"):
        load_model(str(model))


def test_a_stopped_run_goes_on_to_the_weights_of_an_undisturbed_one(data, tmp_path):
    mine = {"model": "mine", "recipe": replace(RECIPE, epochs=3), "device": "cpu"}
    whole = train(data, output=tmp_path / "whole", **mine)

    def stop(result):
        if result.epoch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(data, output=tmp_path, on_epoch=stop, **mine)
    seen = []
    resumed = train(data, output=tmp_path, on_epoch=seen.append, **mine)
    assert [result.epoch for result in seen] == [3]
    assert resumed.read_bytes() == whole.read_bytes()
    assert card_of(resumed).history == card_of(whole).history


def test_another_recipes_checkpoint_is_refused_unless_overwritten(data, tmp_path):
    train(data, model="mine", output=tmp_path, recipe=RECIPE, device="cpu")
    with pytest.raises(DataError, match="--overwrite"):
        train(data, model="mine", output=tmp_path, recipe=OTHER, device="cpu")
    path = train(data, model="mine", output=tmp_path, recipe=OTHER, device="cpu", overwrite=True)
    assert card_of(path).recipe == as_json(OTHER)


def test_data_of_ones_own_is_what_the_card_names(make_faces, write_faces, tmp_path):
    write_faces(tmp_path / "ours.parquet", make_faces(70))
    path = train(tmp_path / "ours.parquet", output=tmp_path, recipe=RECIPE, device="cpu")
    card = card_of(path)
    assert card.data.startswith("ours.parquet: trained on ")
    assert "FER2013" not in card.data + card.limits + card.licence


@pytest.fixture
def run():
    """Runs the command line in this process, and leaves its signals as they were."""
    before = signal.getsignal(signal.SIGTERM)
    yield lambda *arguments: CliRunner().invoke(main, [str(one) for one in arguments])
    signal.signal(signal.SIGTERM, before)


def test_the_command_trains_by_a_recipe_and_says_what_to_do_next(data, run, tmp_path):
    recipe = tmp_path / "quick.toml"
    recipe.write_text("epochs = 1\nbatch_size = 16\n", encoding="utf-8")
    result = run("train", data, "--model", "mine", "-o", tmp_path, "--recipe", recipe)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("epoch   1  loss ")
    assert f"vidfer evaluate {data} --model {tmp_path / 'mine.safetensors'}" in result.stdout
    assert (tmp_path / "mine.safetensors").is_file()
