"""How a network is trained: the settings that remake its weights."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from importlib import resources
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

from vidfer.checks import require, settle_types
from vidfer.errors import SettingsError
from vidfer.toml_file import read_toml, refuse_unknown
from vidfer.training.augmentation import Augmentation

Optimizer = Literal["adam", "adamw", "sgd", "momentum", "nesterov", "adadelta"]
Schedule = Literal["constant", "cosine", "trapezoid"]
Precision = Literal["float32", "bfloat16"]
TeachersView = Literal["changed", "whole", "original"]

# Batch normalisation has no variance to work with in a batch of one.
LEAST_BATCH: Final = 2

# First weights and teachers of this suffix are recipes, which are followed before.
RECIPE_SUFFIX: Final = ".toml"

# What torch's whole numbers, and TOML's, can hold.
_MOST_WHOLE: Final = 2**63 - 1


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything besides the data that decides a training run's outcome.

    Raises:
        SettingsError: a value is of another type or outside its range.
    """

    network: str = "paper"
    settled: bool = False
    initial_weights: str | None = None
    optimizer: Optimizer = "adam"
    learning_rate: float = 1e-3
    weight_decay: float = 0.0
    schedule: Schedule = "constant"
    warmup_epochs: int = 0
    decay_epochs: int = 0
    batch_size: int = 32
    epochs: int = 13
    sharpness_radius: float = 0.0
    average: float = 0.0
    precision: Precision = "float32"
    label_smoothing: float = 0.0
    class_balance: float = 0.0
    votes_weight: float = 0.0
    teachers: tuple[str, ...] = ()
    teachers_weight: float = 0.5
    teachers_temperature: float = 1.0
    teachers_flip: bool = False
    teachers_see: TeachersView = "changed"
    augmentation: Augmentation = Augmentation()
    seed: int = 0

    def __post_init__(self) -> None:
        settle_types(self)
        _require_ranges(self)
        if self.warmup_epochs + self.decay_epochs > self.epochs:
            raise SettingsError(
                f"warmup_epochs and decay_epochs must fit in epochs; got {self.warmup_epochs} "
                f"and {self.decay_epochs} in {self.epochs}."
            )

    def with_models(self, named: Callable[[str], str]) -> "Recipe":
        """Return the recipe with other names for first weights and teachers."""
        first = self.initial_weights
        return replace(
            self,
            initial_weights=None if first is None else named(first),
            teachers=tuple(map(named, self.teachers)),
        )


def _require_ranges(recipe: Recipe) -> None:
    above_0 = ("learning_rate", "teachers_temperature")
    require(recipe, *above_0, holds=lambda value: value > 0, wanted="above 0")
    at_least_0 = ("weight_decay", "sharpness_radius", "warmup_epochs", "decay_epochs", "seed")
    require(recipe, *at_least_0, holds=lambda value: value >= 0, wanted="at least 0")
    below_1 = ("average", "label_smoothing")
    require(recipe, *below_1, holds=lambda value: 0 <= value < 1, wanted="at least 0, below 1")
    shares = ("class_balance", "votes_weight", "teachers_weight")
    require(recipe, *shares, holds=lambda value: 0 <= value <= 1, wanted="from 0 to 1")
    require(recipe, "epochs", holds=lambda value: value >= 1, wanted="at least 1")
    whole = ("seed", "batch_size", "epochs")
    require(recipe, *whole, holds=lambda value: value <= _MOST_WHOLE, wanted="below 2**63")
    require(
        recipe,
        "batch_size",
        holds=lambda value: value >= LEAST_BATCH,
        wanted=f"at least {LEAST_BATCH}",
    )


_Settings = TypeVar("_Settings", Recipe, Augmentation)


def recipe_from(values: dict[str, Any], *, source: str) -> Recipe:
    """Make a recipe of plain values, as TOML and JSON hold them.

    Raises:
        SettingsError: a value is unknown or wrong; the message names `source`.
    """
    table = values.get("augmentation", {})
    if not isinstance(table, dict):
        raise SettingsError(f"{source}: augmentation must be a table of settings; got {table!r}.")
    augmentation = _made(Augmentation, table, source=f"{source} [augmentation]")
    return _made(Recipe, {**values, "augmentation": augmentation}, source=source)


def _made(kind: type[_Settings], values: dict[str, Any], *, source: str) -> _Settings:
    refuse_unknown(values, [f.name for f in fields(kind)], source=source)
    try:
        return kind(**values)
    except SettingsError as error:
        raise SettingsError(f"{source} has a value of the wrong type or range: {error}") from error


def read_recipe(path: Path) -> Recipe:
    """Read a recipe from a TOML file.

    Recipe files that it names in turn are looked for from the file's own folder.

    Raises:
        SettingsError: the file cannot be read, or holds an unknown or wrong value.
    """
    recipe = recipe_from(read_toml(path), source=str(path))
    return recipe.with_models(lambda name: _found_from(path, name))


def _found_from(path: Path, name: str) -> str:
    """Return where a recipe file that `path` names lies; other names stay as they are."""
    return str(path.parent / name) if name.endswith(RECIPE_SUFFIX) else name


def shipped_recipe(name: str) -> Recipe:
    """Return the recipe that made the shipped model `name`.

    Raises:
        SettingsError: there is no such recipe; the message lists those that there are.
    """
    folder = Path(str(resources.files("vidfer.training"))) / "recipes"
    known = sorted(path.stem for path in folder.glob("*.toml"))
    if name not in known:
        raise SettingsError(
            f"There is no recipe '{name}'. Known recipes: {', '.join(known)}; for a model of your "
            "own give a recipe file with --recipe."
        )
    return read_recipe(folder / f"{name}.toml")
