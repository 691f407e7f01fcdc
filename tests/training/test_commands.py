"""`train` leaves weights with a complete card; `evaluate` tells how well they do on each split."""

import hashlib
import json
import os
import platform
import signal
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from sklearn.metrics import confusion_matrix

import vidfer
from vidfer.cli import main
from vidfer.emotion.cards import ModelCard, read_card
from vidfer.emotion.models import load_model
from vidfer.emotion.networks import NETWORKS
from vidfer.emotions import EMOTIONS
from vidfer.errors import DataError, OutputError, SettingsError, WeightsError
from vidfer.training.commands import evaluate, train
from vidfer.training.data import LabelledFaces
from vidfer.training.loop import logits_of
from vidfer.training.recipe import Recipe

RECIPE = Recipe(batch_size=16, epochs=1, learning_rate=2e-3, seed=5)

TRAINING, PUBLIC, PRIVATE = 64, 21, 28
PUBLIC_COPIES, PRIVATE_COPIES = 2, 3

# Splits in the order of printing, with the number of their pictures.
SPLITS = {
    "training": TRAINING,
    "public_test": PUBLIC,
    "public_test_without_copies": PUBLIC - PUBLIC_COPIES,
    "private_test": PRIVATE,
    "private_test_without_copies": PRIVATE - PRIVATE_COPIES,
}


def with_copies(faces: LabelledFaces, training: LabelledFaces, count: int) -> LabelledFaces:
    pictures = faces.pictures.copy()
    pictures[:count] = training.pictures[:count]
    return LabelledFaces(pictures=pictures, labels=faces.labels)


@pytest.fixture(scope="module")
def data(tmp_path_factory, make_faces, write_faces) -> Path:
    """A folder with three tiny splits; some test pictures are copies of training pictures."""
    folder = tmp_path_factory.mktemp("data")
    training = make_faces(TRAINING)
    public = with_copies(make_faces(PUBLIC, seed=1), training, PUBLIC_COPIES)
    private = with_copies(make_faces(PRIVATE, seed=2), training, PRIVATE_COPIES)
    write_faces(folder / "training.parquet", training)
    write_faces(folder / "public_test.parquet", public)
    write_faces(folder / "private_test.parquet", private)
    return folder


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


def test_weights_and_card_stand_side_by_side_under_the_models_name(made):
    assert made.name == "mine.safetensors"
    assert sorted(path.name for path in made.parent.iterdir()) == ["mine.json", made.name]


def test_the_card_says_what_the_weights_are(made):
    card = card_of(made)
    assert (card.name, card.network) == ("mine", "paper")
    assert card.weights_sha256 == hashlib.sha256(made.read_bytes()).hexdigest()
    assert card.parameters == sum(p.numel() for p in NETWORKS["paper"]().parameters())
    assert card.labels == list(EMOTIONS)
    assert 0.05 <= card.temperature <= 20


def test_the_card_says_how_the_weights_were_made(made):
    card = card_of(made)
    assert Recipe(**card.recipe) == RECIPE
    assert card.recipe == asdict(RECIPE)
    assert card.made_with["vidfer"] == vidfer.__version__
    assert card.made_with["torch"] == torch.__version__
    assert card.made_with["python"] == platform.python_version()
    assert (card.made_with["device"], card.made_with["threads"]) == ("cpu", "1")
    assert {"machine", "date"} <= set(card.made_with)


def test_the_card_has_the_history_and_no_results_yet(made):
    (line,) = card_of(made).history
    assert set(line) == {"epoch", "loss", "training_accuracy", "held_out_accuracy"}
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
    train(data, output=tmp_path, recipe=RECIPE, device="cpu", on_epoch=seen.append)
    assert [result.as_dict() for result in seen] == card_of(tmp_path / "paper.safetensors").history


@pytest.mark.parametrize("missing", ["training.parquet", "public_test.parquet"])
def test_training_without_a_split_is_refused_by_its_file(
    missing, make_faces, write_faces, tmp_path
):
    for name in {"training.parquet", "public_test.parquet"} - {missing}:
        write_faces(tmp_path / name, make_faces(7))
    with pytest.raises(DataError, match=missing):
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


def test_a_device_that_does_not_exist_is_refused(data, made, tmp_path):
    with pytest.raises(SettingsError, match="'abacus'"):
        train(data, output=tmp_path, recipe=RECIPE, device="abacus")
    with pytest.raises(SettingsError, match="'abacus'"):
        evaluate(data, model=str(made), device="abacus")


@pytest.mark.parametrize("threads", [0, -1])
def test_no_threads_are_refused(threads, data, made, tmp_path):
    with pytest.raises(SettingsError, match="threads"):
        evaluate(data, model=str(made), device="cpu", threads=threads)
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


@pytest.mark.parametrize(
    "refused", ["safetensors.torch.save", "pathlib.Path.write_text", "os.fsync"]
)
def test_what_cannot_be_written_whole_leaves_the_older_model(refused, data, model, monkeypatch):
    before = contents_of(model.parent)
    monkeypatch.setattr(refused, refuse)
    with pytest.raises(OutputError, match="The disk is full"):
        train(data, model="mine", output=model.parent, recipe=OTHER, device="cpu")
    assert contents_of(model.parent) == before


def test_a_stop_between_the_two_files_leaves_a_card_that_refuses_the_older_weights(
    data, model, monkeypatch
):
    before, rename = contents_of(model.parent), os.replace

    def stop_at_weights(source: Path, target: Path) -> None:
        if target == model:
            raise KeyboardInterrupt
        rename(source, target)

    monkeypatch.setattr(os, "replace", stop_at_weights)
    with pytest.raises(KeyboardInterrupt):
        train(data, model="mine", output=model.parent, recipe=OTHER, device="cpu")
    after = contents_of(model.parent)
    assert set(after) == set(before)
    assert after[model.name] == before[model.name]
    assert card_of(model).recipe == asdict(OTHER)
    with pytest.raises(WeightsError, match="is not the file that its card describes"):
        load_model(str(model))


def test_a_stop_before_the_card_is_complete_leaves_the_older_card(data, model, monkeypatch):
    before = contents_of(model.parent)
    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OutputError, match="The disk is full"):
        evaluate(data, model=str(model), device="cpu", save_card=True)
    assert contents_of(model.parent) == before


def test_a_folder_is_evaluated_split_by_split(data, made):
    reports = evaluate(data, model=str(made), device="cpu").reports
    assert {name: int(report.support.sum()) for name, report in reports.items()} == SPLITS
    assert list(reports) == list(SPLITS)


def test_private_test_is_the_headline(data, made):
    evaluation = evaluate(data, model=str(made), device="cpu")
    assert evaluation.headline == "private_test"
    assert evaluation.as_dict()["accuracy"] == evaluation.reports["private_test"].accuracy


def copied(data: Path, folder: Path, *splits: str) -> Path:
    for split in splits:
        (folder / f"{split}.parquet").write_bytes((data / f"{split}.parquet").read_bytes())
    return folder


@pytest.mark.parametrize(
    ("present", "headline"),
    [(["training"], "training"), (["training", "public_test"], "public_test")],
)
def test_without_private_test_the_next_best_split_is_the_headline(
    present, headline, data, made, tmp_path
):
    evaluation = evaluate(copied(data, tmp_path, *present), model=str(made), device="cpu")
    assert evaluation.headline == headline


def test_without_the_training_split_nothing_is_known_of_copies(data, made, tmp_path):
    folder = copied(data, tmp_path, "public_test", "private_test")
    evaluation = evaluate(folder, model=str(made), device="cpu")
    assert list(evaluation.reports) == ["public_test", "private_test"]


def test_a_split_on_its_own_is_compared_with_the_training_split_beside_it(data, made):
    evaluation = evaluate(data / "private_test.parquet", model=str(made), device="cpu")
    assert list(evaluation.reports) == ["private_test", "private_test_without_copies"]
    assert evaluation.headline == "private_test"


def test_any_parquet_file_is_evaluated_under_its_name(make_faces, write_faces, made, tmp_path):
    path = write_faces(tmp_path / "holidays.parquet", make_faces(9))
    evaluation = evaluate(path, model=str(made), device="cpu")
    assert list(evaluation.reports) == [evaluation.headline] == ["holidays"]


def test_a_test_split_of_nothing_but_copies_is_evaluated(make_faces, write_faces, made, tmp_path):
    for split in ("training", "public_test"):
        write_faces(tmp_path / f"{split}.parquet", make_faces(14))
    evaluation = evaluate(tmp_path, model=str(made), device="cpu")
    assert list(evaluation.reports) == ["training", "public_test"]
    assert int(evaluation.reports["public_test"].support.sum()) == 14
    assert json.loads(evaluation.to_json())["split"] == "public_test"


def test_the_figures_are_those_of_the_models_predictions(data, made, make_faces):
    report = evaluate(data / "training.parquet", model=str(made), device="cpu").reports["training"]
    faces = make_faces(TRAINING)
    logits = logits_of(load_model(str(made)).network, faces, device=torch.device("cpu"))
    expected = confusion_matrix(faces.labels, logits.argmax(1), labels=range(len(EMOTIONS)))
    np.testing.assert_array_equal(report.confusion, expected)


def test_the_json_has_all_figures_and_says_whose_they_are(data, made):
    values = json.loads(evaluate(data, model=str(made), device="cpu").to_json())
    assert values["model"] == "mine"
    assert values["weights_sha256"] == card_of(made).weights_sha256
    assert values["split"] == "private_test"
    assert list(values["splits"]) == list(SPLITS)
    for figures in (values, *values["splits"].values()):
        assert 0 <= figures["accuracy"] <= 1
        assert 0 <= figures["macro_f1"] <= 1
        assert set(figures["report"]) == {*EMOTIONS, "accuracy", "macro avg", "weighted avg"}
        assert np.array(figures["confusion"]).shape == (len(EMOTIONS), len(EMOTIONS))
    headline = values["splits"]["private_test"]
    assert {name: values[name] for name in headline} == headline


def test_the_text_has_a_table_and_a_line_for_each_split(data, made):
    text = evaluate(data, model=str(made), device="cpu").as_text()
    lines = text.splitlines()
    assert lines[0].startswith("Model mine on ")
    assert sum("weighted avg" in line for line in lines) == len(SPLITS)
    summary = lines[-len(SPLITS) :]
    assert all("accuracy" in line and "macro F1" in line for line in summary)
    assert [int(line.split()[-1]) for line in summary] == list(SPLITS.values())
    assert "PrivateTest without copies of training" in summary[-1]


def test_evaluating_leaves_the_card_alone_unless_asked(data, model):
    before = model.with_suffix(".json").read_bytes()
    evaluate(data, model=str(model), device="cpu")
    assert model.with_suffix(".json").read_bytes() == before


def test_saved_results_are_the_evaluations_and_nothing_else_changes(data, model):
    before = card_of(model)
    evaluation = evaluate(data, model=str(model), device="cpu", save_card=True)
    after = card_of(model)
    assert after.results == evaluation.as_dict()["splits"]
    assert {**asdict(after), "results": None} == {**asdict(before), "results": None}
    assert load_model(str(model)).card == after


def test_saved_results_of_other_splits_are_kept(data, model, make_faces, write_faces, tmp_path):
    evaluate(data, model=str(model), device="cpu", save_card=True)
    path = write_faces(tmp_path / "holidays.parquet", make_faces(9))
    evaluate(path, model=str(model), device="cpu", save_card=True)
    assert list(card_of(model).results) == [*SPLITS, "holidays"]


def test_a_folder_without_splits_is_refused_with_the_files_looked_for(made, tmp_path):
    with pytest.raises(DataError) as refusal:
        evaluate(tmp_path, model=str(made), device="cpu")
    for name in ("training.parquet", "public_test.parquet", "private_test.parquet"):
        assert name in str(refusal.value)


def test_data_that_does_not_exist_is_refused_by_name(made, tmp_path):
    with pytest.raises(DataError, match="nowhere"):
        evaluate(tmp_path / "nowhere", model=str(made), device="cpu")


def test_an_unknown_model_is_refused_with_the_shipped_ones(data):
    with pytest.raises(WeightsError, match=r"There is no model 'mine'.*paper"):
        evaluate(data, model="mine", device="cpu")


@pytest.fixture
def run():
    """Runs the command line in this process, and leaves its signals as they were."""
    before = signal.getsignal(signal.SIGTERM)
    yield lambda *arguments: CliRunner().invoke(main, [str(one) for one in arguments])
    signal.signal(signal.SIGTERM, before)


def test_the_command_prints_json_and_saves_the_card(data, model, run):
    result = run("evaluate", data, "--model", model, "--device", "cpu", "--json", "--save-card")
    assert result.exit_code == 0, result.output
    values = json.loads(result.stdout)
    assert card_of(model).results == values["splits"]
    assert values["split"] == "private_test"


def test_the_command_prints_the_papers_table(data, made, run):
    result = run("evaluate", data / "training.parquet", "--model", made, "--device", "cpu")
    assert result.exit_code == 0, result.output
    for word in (*EMOTIONS, "precision", "weighted avg"):
        assert word in result.stdout


def test_the_command_trains_by_a_recipe_and_says_what_to_do_next(data, run, tmp_path):
    recipe = tmp_path / "quick.toml"
    recipe.write_text("epochs = 1\nbatch_size = 16\n", encoding="utf-8")
    result = run("train", data, "--model", "mine", "-o", tmp_path, "--recipe", recipe)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("epoch   1  loss ")
    assert f"vidfer evaluate {data} --model {tmp_path / 'mine.safetensors'}" in result.stdout
    assert (tmp_path / "mine.safetensors").is_file()


def test_the_command_reports_a_fault_in_one_sentence(made, run, tmp_path):
    result = run("evaluate", tmp_path / "nowhere", "--model", made)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("vidfer: ")
    assert "Traceback" not in result.stderr
