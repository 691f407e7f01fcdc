"""A recipe may build on models that recipes of their own make."""

from pathlib import Path

import pytest

from tests.tiny_splits import write_tiny_splits
from vidfer.emotion.cards import read_card
from vidfer.errors import SettingsError
from vidfer.training.commands import train
from vidfer.training.earlier_models import with_models_made
from vidfer.training.recipe import Recipe, read_recipe

TINY = "batch_size = 16\nepochs = 1\n"


@pytest.fixture
def write(tmp_path):
    """Write a recipe file; return its path."""

    def write(name: str, text: str = "") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(TINY + text, encoding="utf-8")
        return path

    return write


class Maker:
    """Says that it made weights, and remembers of what."""

    def __init__(self) -> None:
        self.asked: list[tuple[Path, Recipe]] = []

    def __call__(self, path: Path, recipe: Recipe) -> Path:
        self.asked.append((path, recipe))
        return Path("made") / f"{path.stem}.safetensors"


def test_recipe_files_are_looked_for_beside_the_recipe_that_names_them(write, tmp_path):
    named = 'initial_weights = "first.toml"\nteachers = ["paper", "others/second.toml"]\n'
    recipe = read_recipe(write("mine/last.toml", named))
    assert recipe.initial_weights == str(tmp_path / "mine" / "first.toml")
    assert recipe.teachers == ("paper", str(tmp_path / "mine" / "others" / "second.toml"))


def test_each_recipe_is_made_once_and_its_weights_take_its_place(write):
    first, second = write("first.toml", "seed = 1\n"), write("second.toml", "seed = 2\n")
    recipe = Recipe(initial_weights=str(first), teachers=(str(first), "paper", str(second)))
    maker = Maker()
    settled = with_models_made(recipe, maker)
    assert [(path, made.seed) for path, made in maker.asked] == [(first, 1), (second, 2)]
    assert settled.initial_weights == "made/first.safetensors"
    assert settled.teachers == ("made/first.safetensors", "paper", "made/second.safetensors")


def test_what_several_recipes_build_on_is_made_once_and_before_them(write):
    write("base.toml", "seed = 1\n")
    write("middle.toml", 'initial_weights = "base.toml"\nseed = 2\n')
    write("other.toml", 'initial_weights = "base.toml"\nteachers = ["middle.toml"]\nseed = 3\n')
    named = 'initial_weights = "other.toml"\nteachers = ["base.toml", "middle.toml"]\n'
    recipe = read_recipe(write("last.toml", named))
    maker = Maker()
    settled = with_models_made(recipe, maker)
    assert [made.seed for _, made in maker.asked] == [1, 2, 3]
    base, middle, other = (f"made/{name}.safetensors" for name in ("base", "middle", "other"))
    assert [made.initial_weights for _, made in maker.asked] == [None, base, base]
    assert maker.asked[2][1].teachers == (middle,)
    assert (settled.initial_weights, settled.teachers) == (other, (base, middle))


def test_two_recipes_of_one_name_are_refused_before_anything_is_made(write):
    one, two = write("one/same.toml"), write("two/same.toml")
    maker = Maker()
    with pytest.raises(SettingsError, match=r"would write to one folder: rename one"):
        with_models_made(Recipe(teachers=(str(one), str(two))), maker)
    assert maker.asked == []


def test_a_recipe_that_names_no_other_stays_as_it_is():
    recipe = Recipe(initial_weights="compact", teachers=("paper", "mine.safetensors"))
    maker = Maker()
    assert with_models_made(recipe, maker) == recipe
    assert with_models_made(Recipe(), maker) == Recipe()
    assert maker.asked == []


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ('teachers = ["two.toml"]', r"one\.toml builds on itself: let its initial"),
        ('teachers = ["others/../one.toml"]', r"one\.toml builds on itself: let its initial"),
        ('teachers = ["nowhere.toml"]', r"nowhere\.toml"),
    ],
)
def test_what_cannot_be_made_is_refused_before_anything_is(named, words, write):
    write("one.toml", f"{named}\n")
    write("two.toml", 'initial_weights = "one.toml"\n')
    write("others/other.toml")
    fine = write("fine.toml")
    maker = Maker()
    recipe = read_recipe(write("last.toml", f'teachers = ["{fine.name}", "one.toml"]\n'))
    with pytest.raises(SettingsError, match=words):
        with_models_made(recipe, maker)
    assert maker.asked == []


def test_training_makes_what_its_recipe_builds_on_and_goes_on_from_it(
    write, tmp_path, make_faces, write_faces
):
    (tmp_path / "data").mkdir()
    data = write_tiny_splits(tmp_path / "data", make_faces, write_faces)
    write("first.toml", "seed = 1\n")
    last = write("last.toml", 'initial_weights = "first.toml"\nteachers = ["first.toml"]\n')

    def trained() -> Path:
        recipe = read_recipe(last)
        return train(data, model="last", output=tmp_path / "out", recipe=recipe, device="cpu")

    made = trained()
    first = tmp_path / "out" / "first" / "first.safetensors"
    assert read_card(first).recipe["seed"] == 1
    assert read_card(made).recipe["initial_weights"] == "first.safetensors"
    assert "began with the weights of 'first.safetensors'" in read_card(made).data
    assert "began with" not in read_card(first).data
    assert read_card(made).recipe["teachers"] == ["first.safetensors"]
    before = made.read_bytes()
    assert trained().read_bytes() == before
