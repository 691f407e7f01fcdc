"""A run goes on only where the same run stopped; it may become longer."""

import json
from dataclasses import fields, replace

import numpy as np
import pytest

from tests.tiny import striped_faces
from vidfer.errors import SettingsError
from vidfer.training.augmentation import Augmentation
from vidfer.training.identity import RunIdentity, data_sha256
from vidfer.training.recipe import Recipe

RECIPE = Recipe(network="tiny", epochs=10, teachers=("one", "two"))
IDENTITY = RunIdentity(
    recipe=RECIPE,
    data_sha256="a" * 64,
    initial_sha256="e" * 64,
    teachers_sha256=("b" * 64, "c" * 64),
    device="cpu",
)

# A value of every setting but the length that is not the default.
OTHER_SETTINGS = {
    "network": "paper",
    "settled": True,
    "initial_weights": "mine",
    "optimizer": "sgd",
    "learning_rate": 0.5,
    "weight_decay": 0.1,
    "sharpness_radius": 0.1,
    "schedule": "cosine",
    "warmup_epochs": 2,
    "batch_size": 7,
    "average": 0.9,
    "precision": "bfloat16",
    "label_smoothing": 0.1,
    "class_balance": 0.1,
    "votes_weight": 0.1,
    "teachers": ("one",),
    "teachers_weight": 0.1,
    "teachers_temperature": 2.0,
    "teachers_flip": True,
    "teachers_see": "whole",
    "augmentation": Augmentation(flip=True),
    "seed": 9,
}


def difference(epochs_done: int = 3, **changes: object) -> str | None:
    return IDENTITY.difference(replace(IDENTITY, **changes), epochs_done=epochs_done)


def test_a_run_goes_on_where_it_stopped():
    assert difference() is None
    assert difference(epochs_done=10) is None


def test_an_identity_survives_json():
    text = json.dumps(IDENTITY.as_dict())
    assert RunIdentity.from_dict(json.loads(text), source="mine") == IDENTITY


def test_a_recipe_of_another_version_is_refused():
    values = IDENTITY.as_dict()
    values["recipe"]["moon_phase"] = 3
    with pytest.raises(SettingsError, match="moon_phase"):
        RunIdentity.from_dict(values, source="mine")


@pytest.mark.parametrize(("name", "value"), OTHER_SETTINGS.items())
def test_every_other_setting_is_another_run_and_is_named(name, value):
    assert name in difference(recipe=replace(RECIPE, **{name: value}))


def test_every_setting_has_been_tried():
    lengths = {"epochs", "decay_epochs"}
    assert set(OTHER_SETTINGS) | lengths == {field.name for field in fields(Recipe)}


def test_a_setting_in_a_table_is_named_with_both_values():
    other = replace(RECIPE, augmentation=Augmentation(shift=0.1))
    assert difference(recipe=other) == "augmentation.shift 0.1, not 0.0"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"data_sha256": "d" * 64}, "pictures, labels or votes"),
        ({"initial_sha256": None}, "first weights"),
        ({"teachers_sha256": ("b" * 64, "d" * 64)}, "weights of a teacher"),
        ({"device": "cuda"}, "device cuda, not cpu"),
    ],
)
def test_other_data_teachers_or_devices_are_another_run(change, words):
    assert words in difference(**change)


@pytest.mark.parametrize("schedule", ["constant", "trapezoid"])
def test_a_run_may_become_longer_and_shorter_while_the_learning_rate_is_the_same(schedule):
    recipe = replace(RECIPE, schedule=schedule, warmup_epochs=1, decay_epochs=2)
    wanted = replace(IDENTITY, recipe=recipe)
    for other in (replace(recipe, epochs=20), replace(recipe, epochs=6, decay_epochs=1)):
        found = replace(IDENTITY, recipe=other)
        assert wanted.difference(found, epochs_done=4) is None


@pytest.mark.parametrize(
    ("changes", "epochs_done"),
    [
        ({"schedule": "cosine"}, 1),  # falls from the start
        ({"schedule": "trapezoid", "decay_epochs": 4}, 7),  # has begun to fall
        ({"schedule": "trapezoid", "decay_epochs": 4}, 10),
    ],
)
def test_a_run_may_not_become_longer_once_the_learning_rate_would_have_differed(
    changes, epochs_done
):
    found = replace(RECIPE, **changes)
    wanted = replace(IDENTITY, recipe=replace(found, epochs=20))
    reason = wanted.difference(replace(IDENTITY, recipe=found), epochs_done=epochs_done)
    assert reason == "other learning rates so far"


def test_a_run_does_not_go_back():
    shorter = replace(IDENTITY, recipe=replace(RECIPE, epochs=2))
    assert shorter.difference(IDENTITY, epochs_done=2) is None
    assert "3 epochs are over, more than 2" in shorter.difference(IDENTITY, epochs_done=3)


def test_every_change_of_the_training_data_changes_its_digest():
    faces = striped_faces(14, votes=True)
    others = [replace(faces, votes=None), faces.rows(np.arange(14)[::-1])]
    for name in ("pictures", "labels", "votes"):
        changed = getattr(faces, name).copy()
        changed[3] = 1
        others.append(replace(faces, **{name: changed}))
    digests = {data_sha256(one) for one in (faces, *others)}
    assert len(digests) == 1 + len(others)
    assert data_sha256(faces) == data_sha256(striped_faces(14, votes=True))
