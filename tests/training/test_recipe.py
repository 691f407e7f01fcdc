"""Recipes refuse what makes no sense and say which value it is."""

import json
import math
from dataclasses import FrozenInstanceError, asdict, fields
from pathlib import Path

import pytest
import tomli_w

from vidfer.emotion.cards import shipped_models
from vidfer.emotion.networks import NETWORKS
from vidfer.errors import SettingsError
from vidfer.training.augmentation import Augmentation
from vidfer.training.recipe import Recipe, read_recipe, recipe_from, shipped_recipe

# No field has its default.
OTHER = Recipe(
    network="other",
    settled=True,
    optimizer="nesterov",
    initial_weights="runs/mine/mine.safetensors",
    learning_rate=0.02,
    weight_decay=1e-4,
    sharpness_radius=0.05,
    schedule="trapezoid",
    warmup_epochs=1,
    decay_epochs=2,
    batch_size=8,
    epochs=5,
    average=0.99,
    precision="bfloat16",
    label_smoothing=0.1,
    class_balance=0.5,
    votes_weight=0.3,
    teachers=("paper", "runs/mine/mine.safetensors"),
    teachers_weight=0.7,
    teachers_temperature=3.0,
    teachers_flip=True,
    teachers_see="whole",
    augmentation=Augmentation(flip=True, shift=0.1, mixup=0.2),
    seed=3,
)

# The values beyond each bound, and of another type.
REFUSED = {
    "network": ("", 5, None),
    "settled": (1, "yes", None),
    "initial_weights": ("", 5),
    "optimizer": ("rmsprop", "", 3, None),
    "learning_rate": (0, -1e-3, math.nan, math.inf, True, "fast", None),
    "weight_decay": (-1e-4, math.nan, "much"),
    "sharpness_radius": (-0.1, math.inf, "far"),
    "schedule": ("linear", None),
    "warmup_epochs": (-1, 1.5, True),
    "decay_epochs": (-1, 1.5),
    "batch_size": (1, 0, 2.5, 4.0, True, 2**63),
    "epochs": (0, -1, 2.5, True, 2**63),
    "average": (1, -0.1),
    "precision": ("float16", None),
    "label_smoothing": (1, -0.1),
    "class_balance": (1.1, -0.1),
    "votes_weight": (1.1, -0.1),
    "teachers": ("paper", 3, None, ("",), ("paper", 3)),
    "teachers_weight": (1.1, -0.1),
    "teachers_temperature": (0, -1),
    "teachers_flip": (1, "yes", None),
    "teachers_see": ("all", 1, None),
    "augmentation": (None, True, {"flip": True}),
    "seed": (-1, 2.5, True, 2**64),
}


def recipe_file(tmp_path, text: str):
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in REFUSED.items() for value in values]
)
def test_a_value_outside_its_range_is_refused_by_name(name, value):
    with pytest.raises(SettingsError) as refusal:
        Recipe(**{name: value})
    sentence = str(refusal.value)
    assert sentence.startswith(f"{name} must be ")
    assert sentence.endswith(".")
    assert str(value) in sentence


def test_every_field_has_been_tried():
    names = {field.name for field in fields(Recipe)}
    assert set(REFUSED) == names
    assert {name for name in names if getattr(OTHER, name) != getattr(Recipe(), name)} == names


@pytest.mark.parametrize(
    ("name", "choices"),
    [
        ("optimizer", ("adam", "adamw", "sgd", "momentum", "nesterov", "adadelta")),
        ("schedule", ("constant", "cosine", "trapezoid")),
        ("precision", ("float32", "bfloat16")),
    ],
)
def test_an_unknown_choice_is_refused_with_the_known_ones(name, choices):
    with pytest.raises(SettingsError, match=", ".join(choices)):
        Recipe(**{name: "none of them"})
    for choice in choices:
        assert getattr(Recipe(**{name: choice}), name) == choice


@pytest.mark.parametrize(("warmup", "decay"), [(6, 0), (0, 6), (3, 3)])
def test_warmup_and_decay_must_fit_in_the_run(warmup, decay):
    with pytest.raises(SettingsError, match=f"got {warmup} and {decay} in 5"):
        Recipe(epochs=5, warmup_epochs=warmup, decay_epochs=decay)
    Recipe(epochs=6, warmup_epochs=warmup, decay_epochs=decay)


def test_a_recipe_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        Recipe().epochs = 2


def test_a_recipe_survives_toml(tmp_path):
    assert read_recipe(recipe_file(tmp_path, tomli_w.dumps(asdict(OTHER)))) == OTHER


def test_a_recipe_survives_json_as_in_cards_and_checkpoints():
    assert recipe_from(json.loads(json.dumps(asdict(OTHER))), source="a card") == OTHER


def test_what_a_file_leaves_out_keeps_its_default(tmp_path):
    assert read_recipe(recipe_file(tmp_path, "")) == Recipe()
    assert read_recipe(recipe_file(tmp_path, "epochs = 2\n")) == Recipe(epochs=2)
    flipped = read_recipe(recipe_file(tmp_path, "[augmentation]\nflip = true\n"))
    assert flipped == Recipe(augmentation=Augmentation(flip=True))


def test_reading_leaves_the_values_as_they_are():
    values = {"epochs": 2, "augmentation": {"flip": True}}
    recipe_from(values, source="mine")
    assert values == {"epochs": 2, "augmentation": {"flip": True}}


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [("epoch = 2", "epoch", Recipe), ("[augmentation]\nturn = 2", "turn", Augmentation)],
)
def test_an_unknown_name_is_refused_with_the_known_ones(text, name, kind, tmp_path):
    path = recipe_file(tmp_path, text)
    with pytest.raises(SettingsError) as refusal:
        read_recipe(path)
    sentence = str(refusal.value)
    assert f"'{name}'" in sentence
    assert str(path) in sentence
    for field in fields(kind):
        assert field.name in sentence


@pytest.mark.parametrize(
    "text",
    [
        *('learning_rate = "fast"', 'epochs = "ten"', "seed = []", "epochs = 1.5", "epochs = true"),
        *("batch_size = 32.5", "network = 5", 'teachers = "paper"', "epochs = 0"),
    ],
)
def test_a_wrong_value_is_refused_by_file_and_name(text, tmp_path):
    path = recipe_file(tmp_path, text)
    with pytest.raises(SettingsError) as refusal:
        read_recipe(path)
    name = text.split(maxsplit=1)[0]
    assert f"{path} has a value of the wrong type or range: {name} must be " in str(refusal.value)


@pytest.mark.parametrize("text", ['flip = "no"', "shift = 1.5", "crop_side_px = 40.5"])
def test_a_wrong_value_in_the_table_is_refused_by_file_table_and_name(text, tmp_path):
    path = recipe_file(tmp_path, f"[augmentation]\n{text}\n")
    with pytest.raises(SettingsError) as refusal:
        read_recipe(path)
    name = text.split(maxsplit=1)[0]
    assert f"{path} [augmentation] has a value" in str(refusal.value)
    assert f": {name} must be " in str(refusal.value)


@pytest.mark.parametrize("value", ["true", '"flip"', "[1]"])
def test_an_augmentation_that_is_no_table_is_refused(value, tmp_path):
    path = recipe_file(tmp_path, f"augmentation = {value}\n")
    with pytest.raises(SettingsError, match="augmentation must be a table of settings"):
        read_recipe(path)


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
    assert recipe.augmentation == Augmentation()
    assert (recipe.votes_weight, recipe.average, recipe.precision) == (0, 0, "float32")


@pytest.mark.parametrize("name", ["compact", "mirror"])
def test_small_networks_are_trained_on_pictures_that_are_changed_as_by_video(name):
    recipe = shipped_recipe(name)
    assert recipe.network == name
    assert recipe.augmentation.flip
    assert recipe.augmentation.degrade_share > 0


def test_mirror_begins_with_more_changes_than_it_ends_with():
    recipe = shipped_recipe("mirror")
    assert recipe.initial_weights is not None
    first = read_recipe(Path(recipe.initial_weights))
    assert first.network == recipe.network
    assert first.epochs > recipe.epochs
    assert first.augmentation.mixup > recipe.augmentation.mixup == 0


def test_hardened_goes_on_from_mirror_and_its_teachers_see_what_is_whole():
    recipe = shipped_recipe("hardened")
    assert (recipe.network, recipe.initial_weights) == ("mirror", "mirror")
    assert recipe.augmentation.degrade_share > shipped_recipe("mirror").augmentation.degrade_share
    assert recipe.teachers_see == "whole"
    *shipped, other = recipe.teachers
    assert set(shipped) <= set(shipped_models())
    assert read_recipe(Path(other)).network == "mirror"


def test_settled_goes_on_from_hardened_with_faces_that_lie_where_analyze_cuts_them():
    recipe, before = shipped_recipe("settled"), shipped_recipe("hardened")
    assert (recipe.network, recipe.initial_weights) == ("mirror", "hardened")
    assert (recipe.settled, before.settled) == (True, False)
    for change in ("shift", "rotation_deg", "scale"):
        assert getattr(recipe.augmentation, change) < getattr(before.augmentation, change)
    assert recipe.teachers == before.teachers


@pytest.mark.parametrize("name", ["resnet", "", "paper.toml", "../recipes/paper"])
def test_an_unknown_shipped_recipe_is_refused_with_the_known_ones(name):
    with pytest.raises(SettingsError) as refusal:
        shipped_recipe(name)
    assert f"There is no recipe '{name}'" in str(refusal.value)
    assert "paper" in str(refusal.value).split("Known recipes: ")[1]
