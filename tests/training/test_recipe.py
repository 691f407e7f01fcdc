"""Recipes refuse what makes no sense and say which value it is."""

import math
from dataclasses import FrozenInstanceError, asdict, fields

import pytest
import tomli_w

from vidfer.emotion.cards import shipped_models
from vidfer.emotion.networks import NETWORKS
from vidfer.errors import SettingsError
from vidfer.training.recipe import Recipe, read_recipe, shipped_recipe

OTHER = Recipe(
    network="other",
    optimizer="momentum",
    learning_rate=0.02,
    schedule="cosine",
    batch_size=8,
    epochs=2,
    flip=True,
    seed=3,
)


def recipe_file(tmp_path, text: str):
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("optimizer", "rmsprop"),
        ("optimizer", ""),
        ("schedule", "linear"),
        ("learning_rate", 0),
        ("learning_rate", -1e-3),
        *(("learning_rate", value) for value in (math.nan, math.inf, True, "fast", None)),
        *(("flip", value) for value in ("no", 0, None)),
        *(("network", value) for value in ("", 5, None)),
        *((name, value) for name in ("batch_size", "epochs", "seed") for value in (2.5, 4.0, True)),
        ("batch_size", 1),
        ("batch_size", 0),
        ("epochs", 0),
        ("epochs", -1),
        ("seed", -1),
    ],
)
def test_a_value_outside_its_range_is_refused_by_name(name, value):
    with pytest.raises(SettingsError) as refusal:
        Recipe(**{name: value})
    sentence = str(refusal.value)
    assert sentence.startswith(f"{name} must be ")
    assert sentence.endswith(".")
    assert str(value) in sentence


@pytest.mark.parametrize(
    ("name", "choices"),
    [
        ("optimizer", ("adam", "sgd", "momentum", "adadelta")),
        ("schedule", ("constant", "cosine")),
    ],
)
def test_an_unknown_choice_is_refused_with_the_known_ones(name, choices):
    with pytest.raises(SettingsError, match=", ".join(choices)):
        Recipe(**{name: "none of them"})
    for choice in choices:
        assert getattr(Recipe(**{name: choice}), name) == choice


def test_a_recipe_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        Recipe().epochs = 2


def test_a_recipe_survives_toml(tmp_path):
    assert read_recipe(recipe_file(tmp_path, tomli_w.dumps(asdict(OTHER)))) == OTHER


def test_what_a_file_leaves_out_keeps_its_default(tmp_path):
    assert read_recipe(recipe_file(tmp_path, "epochs = 2\n")) == Recipe(epochs=2)
    assert read_recipe(recipe_file(tmp_path, "")) == Recipe()


def test_an_unknown_name_is_refused_with_the_known_ones(tmp_path):
    path = recipe_file(tmp_path, "epoch = 2\n")
    with pytest.raises(SettingsError) as refusal:
        read_recipe(path)
    sentence = str(refusal.value)
    assert "'epoch'" in sentence
    assert str(path) in sentence
    for field in fields(Recipe):
        assert field.name in sentence


@pytest.mark.parametrize("text", ['learning_rate = "fast"', 'epochs = "ten"', "seed = []"])
def test_a_value_that_is_no_number_is_refused_by_file(text, tmp_path):
    path = recipe_file(tmp_path, text)
    with pytest.raises(SettingsError) as refusal:
        read_recipe(path)
    assert f"{path} has a value of the wrong type" in str(refusal.value)


@pytest.mark.parametrize(
    "text", ["epochs = 1.5", "batch_size = 32.5", 'flip = "no"', "network = 5", "epochs = true"]
)
def test_a_value_of_another_type_is_refused(text, tmp_path):
    with pytest.raises(SettingsError, match=text.split(maxsplit=1)[0]):
        read_recipe(recipe_file(tmp_path, text))


def test_a_value_outside_its_range_is_refused_from_a_file_too(tmp_path):
    path = recipe_file(tmp_path, "epochs = 0")
    with pytest.raises(SettingsError, match="epochs must be at least 1; got 0") as refusal:
        read_recipe(path)
    assert str(path) in str(refusal.value)


def test_a_whole_learning_rate_is_a_number_too():
    rate = Recipe(learning_rate=1).learning_rate
    assert (rate, type(rate)) == (1.0, float)


@pytest.mark.parametrize("content", [b"epochs = ", b"\xff\xfe", b"[recipe"])
def test_a_file_that_is_no_toml_is_refused_by_name(content, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match=r"Cannot read .*mine\.toml"):
        read_recipe(path)


def test_a_missing_file_is_refused_by_name(tmp_path):
    with pytest.raises(SettingsError, match=r"Cannot read .*none\.toml"):
        read_recipe(tmp_path / "none.toml")


@pytest.mark.parametrize("name", shipped_models())
def test_every_shipped_model_has_its_recipe(name):
    assert shipped_recipe(name).network in NETWORKS


def test_the_papers_recipe_is_the_papers():
    recipe = shipped_recipe("paper")
    assert (recipe.network, recipe.optimizer) == ("paper", "adam")
    assert (recipe.batch_size, recipe.epochs) == (32, 13)


@pytest.mark.parametrize("name", ["resnet", "", "paper.toml", "../recipes/paper"])
def test_an_unknown_shipped_recipe_is_refused_with_the_known_ones(name):
    with pytest.raises(SettingsError) as refusal:
        shipped_recipe(name)
    assert f"There is no recipe '{name}'" in str(refusal.value)
    assert "paper" in str(refusal.value).split("Known recipes: ")[1]
