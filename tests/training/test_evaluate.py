"""`evaluate` tells how well a model does on each split of labelled faces."""

import json
import os
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import confusion_matrix, log_loss, top_k_accuracy_score

from tests.tiny_splits import (
    PRIVATE,
    PRIVATE_COPIES,
    PUBLIC,
    PUBLIC_COPIES,
    TRAINING,
    write_tiny_splits,
)
from vidfer.emotion.cards import ModelCard, read_card
from vidfer.emotion.models import load_model, save_weights
from vidfer.emotion.networks import make_network
from vidfer.emotions import EMOTIONS
from vidfer.errors import DataError, OutputError, SettingsError, WeightsError
from vidfer.training.data.settling import settled
from vidfer.training.evaluation.command import evaluate
from vidfer.training.loop import logits_of

TEMPERATURE = 1.5

# Splits in the order of printing, with the number of their pictures.
SPLITS = {
    "training": TRAINING,
    "public_test": PUBLIC,
    "public_test_without_copies": PUBLIC - PUBLIC_COPIES,
    "private_test": PRIVATE,
    "private_test_without_copies": PRIVATE - PRIVATE_COPIES,
}


@pytest.fixture(scope="module")
def data(tmp_path_factory, make_faces, write_faces) -> Path:
    """A folder with three tiny splits; some test pictures are copies of training pictures."""
    return write_tiny_splits(tmp_path_factory.mktemp("data"), make_faces, write_faces)


@pytest.fixture
def model(tmp_path) -> str:
    """A model with random weights and a card that may be changed."""
    torch.manual_seed(1)
    path = tmp_path / "models" / "mine.safetensors"
    path.parent.mkdir()
    card = ModelCard(
        name="mine",
        network="paper",
        weights_sha256=save_weights(make_network("paper"), path),
        temperature=TEMPERATURE,
        parameters=1,
    )
    path.with_suffix(".json").write_text(card.to_json(), encoding="utf-8")
    return str(path)


def card_of(model: str) -> ModelCard:
    return read_card(Path(model))


def copied(data: Path, folder: Path, *splits: str) -> Path:
    for split in splits:
        (folder / f"{split}.parquet").write_bytes((data / f"{split}.parquet").read_bytes())
    return folder


def test_a_folder_is_evaluated_split_by_split(data, model):
    splits = evaluate(data, model=model, device="cpu").splits
    assert {name: len(split) for name, split in splits.items()} == SPLITS
    assert list(splits) == list(SPLITS)


def test_private_test_is_the_headline(data, model):
    evaluation = evaluate(data, model=model, device="cpu")
    assert evaluation.headline == "private_test"
    assert evaluation.as_dict()["accuracy"] == evaluation.reports["private_test"].accuracy


@pytest.mark.parametrize(
    ("present", "headline"),
    [(["training", "public_test"], "public_test"), (["public_test"], "public_test")],
)
def test_without_private_test_the_next_best_split_is_the_headline(
    present, headline, data, model, tmp_path
):
    evaluation = evaluate(copied(data, tmp_path, *present), model=model, device="cpu")
    assert evaluation.headline == headline


def test_without_a_test_split_the_held_out_tenth_is_the_headline(
    make_faces, write_faces, model, tmp_path
):
    write_faces(tmp_path / "training.parquet", make_faces(140))
    evaluation = evaluate(tmp_path, model=model, device="cpu")
    assert list(evaluation.splits) == ["training", "held_out"]
    assert evaluation.headline == "held_out"


def test_without_the_training_split_nothing_is_known_of_copies(data, model, tmp_path):
    folder = copied(data, tmp_path, "public_test", "private_test")
    evaluation = evaluate(folder, model=model, device="cpu")
    assert list(evaluation.splits) == ["public_test", "private_test"]
    assert all(split.copied is None for split in evaluation.splits.values())


def test_a_split_on_its_own_is_compared_with_the_training_split_beside_it(data, model):
    evaluation = evaluate(data / "private_test.parquet", model=model, device="cpu")
    assert list(evaluation.splits) == ["private_test", "private_test_without_copies"]
    assert evaluation.headline == "private_test"


def test_any_parquet_file_is_evaluated_under_its_name(make_faces, write_faces, model, tmp_path):
    path = write_faces(tmp_path / "holidays.parquet", make_faces(9))
    evaluation = evaluate(path, model=model, device="cpu")
    assert list(evaluation.splits) == [evaluation.headline] == ["holidays"]


def test_class_folders_are_evaluated_by_source(make_faces, encode, model, tmp_path):
    faces = make_faces(28)
    for number, (picture, label) in enumerate(zip(faces.pictures, faces.labels)):
        folder = tmp_path / "mine" / ("lab" if number < 14 else "street") / EMOTIONS[label]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.png").write_bytes(encode(picture))
    figures = evaluate(tmp_path / "mine", model=model, device="cpu").as_dict()
    assert figures["split"] == "mine"
    sources = figures["sources"]
    assert {name: one["pictures"] for name, one in sources.items()} == {"lab": 14, "street": 14}


@pytest.mark.parametrize("shared", [0, 14])
def test_where_no_or_all_pictures_are_copies_there_is_one_report(
    shared, make_faces, write_faces, model, tmp_path
):
    write_faces(tmp_path / "training.parquet", make_faces(14))
    write_faces(tmp_path / "public_test.parquet", make_faces(14, seed=0 if shared else 1))
    evaluation = evaluate(tmp_path, model=model, device="cpu")
    assert list(evaluation.splits) == ["training", "public_test"]
    assert int(evaluation.splits["public_test"].copied.sum()) == shared


def test_a_model_of_settled_faces_sees_them_settled(data, model, make_faces):
    card = replace(card_of(model), settled=True)
    Path(model).with_suffix(".json").write_text(card.to_json(), encoding="utf-8")
    evaluation = evaluate(data / "training.parquet", model=model, device="cpu")
    cpu = torch.device("cpu")
    seen = settled(make_faces(TRAINING), device=cpu)
    logits = logits_of(load_model(model).network, seen, device=cpu).double()
    expected = torch.softmax(logits / TEMPERATURE, dim=1).numpy()
    np.testing.assert_allclose(evaluation.splits["training"].probabilities, expected, atol=1e-6)
    assert evaluation.as_dict()["settled"]
    assert "faces cut again" in evaluation.as_text()


def test_the_figures_are_those_of_the_models_probabilities(data, model, make_faces):
    figures = evaluate(data / "training.parquet", model=model, device="cpu").as_dict()
    faces = make_faces(TRAINING)
    logits = logits_of(load_model(model).network, faces, device=torch.device("cpu")).double()
    probabilities = torch.softmax(logits / TEMPERATURE, dim=1).numpy()
    known = {"labels": range(len(EMOTIONS))}
    expected = confusion_matrix(faces.labels, probabilities.argmax(axis=1), **known)
    np.testing.assert_array_equal(figures["confusion"], expected)
    assert figures["negative_log_likelihood"] == pytest.approx(
        log_loss(faces.labels, probabilities, **known), abs=1e-6
    )
    assert figures["top2_accuracy"] == pytest.approx(
        top_k_accuracy_score(faces.labels, probabilities, k=2, **known)
    )


def test_the_json_has_all_figures_and_says_whose_they_are(data, model):
    values = json.loads(evaluate(data, model=model, device="cpu").to_json())
    assert (values["model"], values["temperature"]) == ("mine", TEMPERATURE)
    assert values["weights_sha256"] == card_of(model).weights_sha256
    assert (values["split"], values["views"]) == ("private_test", "single")
    assert list(values["splits"]) == list(SPLITS)
    headline = values["splits"]["private_test"]
    assert {name: values[name] for name in headline} == headline
    for figures in (values, *values["splits"].values()):
        for name in ("accuracy", "macro_f1", "ece", "top2_accuracy"):
            assert 0 <= figures[name] <= 1
        assert set(figures["report"]) == {*EMOTIONS, "accuracy", "macro avg", "weighted avg"}
        assert np.array(figures["confusion"]).shape == (len(EMOTIONS), len(EMOTIONS))


def test_evaluating_again_gives_the_same_json(data, model):
    first, second = (evaluate(data, model=model, device="cpu").to_json() for _ in range(2))
    assert first == second


def test_the_text_has_tables_and_a_line_for_each_split(data, model):
    lines = evaluate(data, model=model, device="cpu").as_text().splitlines()
    assert lines[0].startswith("Model mine on ")
    assert sum("weighted avg" in line for line in lines) == len(SPLITS)
    summary = lines[-len(SPLITS) :]
    assert [int(line.split()[-1]) for line in summary] == list(SPLITS.values())
    assert "PrivateTest without copies of training" in summary[-1]


@pytest.mark.parametrize("views", ["flip", "ten"])
def test_several_views_are_averaged_and_told(views, data, model):
    path = data / "public_test.parquet"
    single = evaluate(path, model=model, device="cpu")
    several = evaluate(path, model=model, device="cpu", views=views)
    assert several.as_dict()["views"] == views
    assert f"({views} views)" in several.as_text().splitlines()[0]
    assert not np.allclose(
        several.splits["public_test"].probabilities, single.splits["public_test"].probabilities
    )


def test_evaluating_leaves_the_card_alone_unless_asked(data, model):
    card = Path(model).with_suffix(".json")
    before = card.read_bytes()
    evaluate(data, model=model, device="cpu")
    assert card.read_bytes() == before


def test_saved_results_are_the_evaluations_and_nothing_else_changes(data, model):
    before = card_of(model)
    evaluation = evaluate(data, model=model, device="cpu", save_card=True)
    after = card_of(model)
    assert after.results == json.loads(evaluation.to_json())["splits"]
    assert {**asdict(after), "results": None} == {**asdict(before), "results": None}
    assert load_model(model).card == after


def test_saved_results_of_other_splits_are_kept(data, model, make_faces, write_faces, tmp_path):
    evaluate(data, model=model, device="cpu", save_card=True)
    path = write_faces(tmp_path / "holidays.parquet", make_faces(9))
    evaluate(path, model=model, device="cpu", save_card=True)
    assert list(card_of(model).results) == [*SPLITS, "holidays"]


def test_results_of_several_views_do_not_go_into_a_card(data, model):
    before = card_of(model)
    with pytest.raises(SettingsError, match="leave out either save_card or views 'ten'"):
        evaluate(data, model=model, device="cpu", views="ten", save_card=True)
    assert card_of(model) == before


def refuse(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")


def test_a_stop_before_the_card_is_complete_leaves_the_older_card(data, model, monkeypatch):
    before = card_of(model)
    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OutputError, match="The disk is full"):
        evaluate(data, model=model, device="cpu", save_card=True)
    assert card_of(model) == before


@pytest.mark.parametrize(
    ("options", "named"),
    [({"device": "abacus"}, "'abacus'"), ({"threads": 0}, "threads"), ({"views": "six"}, "'six'")],
)
def test_wrong_settings_are_refused_by_name(options, named, data, model):
    with pytest.raises(SettingsError, match=named):
        evaluate(data, model=model, **{"device": "cpu", **options})


def test_a_folder_without_labelled_faces_is_refused_by_name(model, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="empty"):
        evaluate(tmp_path / "empty", model=model, device="cpu")


def test_data_that_does_not_exist_is_refused_by_name(model, tmp_path):
    with pytest.raises(DataError, match="nowhere"):
        evaluate(tmp_path / "nowhere", model=model, device="cpu")


def test_an_unknown_model_is_refused_with_the_shipped_ones(data):
    with pytest.raises(WeightsError, match=r"There is no model 'mine'.*paper"):
        evaluate(data, model="mine", device="cpu")
