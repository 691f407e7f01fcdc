"""How a network is trained: the settings that remake its weights."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib import resources
from pathlib import Path
from typing import Literal, get_args

from vidfer.errors import SettingsError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Optimizer = Literal["adam", "sgd", "momentum", "adadelta"]
Schedule = Literal["constant", "cosine"]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything besides the data that decides a training run's outcome.

    Raises:
        SettingsError: a value is outside its range.
    """

    network: str = "paper"
    optimizer: Optimizer = "adam"
    learning_rate: float = 1e-3
    schedule: Schedule = "constant"
    batch_size: int = 32
    epochs: int = 13
    flip: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        for name, choices in (("optimizer", Optimizer), ("schedule", Schedule)):
            if getattr(self, name) not in get_args(choices):
                raise SettingsError(
                    f"{name} must be one of {', '.join(get_args(choices))}; "
                    f"got '{getattr(self, name)}'."
                )
        if not self.learning_rate > 0:
            raise SettingsError(f"learning_rate must be above 0; got {self.learning_rate}.")
        for name, least in (("batch_size", 2), ("epochs", 1), ("seed", 0)):
            if getattr(self, name) < least:
                raise SettingsError(f"{name} must be at least {least}; got {getattr(self, name)}.")


def read_recipe(path: Path) -> Recipe:
    """Read a recipe from a TOML file.

    Raises:
        SettingsError: the file cannot be read, or holds an unknown or wrong value.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"Cannot read the recipe {path}: {error}") from error
    return _recipe_of(values, source=str(path))


def shipped_recipe(name: str) -> Recipe:
    """Return the recipe that made the shipped model `name`.

    Raises:
        SettingsError: there is no such recipe; the message lists those that there are.
    """
    folder = resources.files("vidfer.training") / "recipes"
    known = sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir())
    if name not in known:
        raise SettingsError(f"There is no recipe '{name}'. Known recipes: {', '.join(known)}.")
    text = (folder / f"{name}.toml").read_text(encoding="utf-8")
    return _recipe_of(tomllib.loads(text), source=f"{name}.toml")


def _recipe_of(values: Mapping[str, object], *, source: str) -> Recipe:
    known = {field.name for field in fields(Recipe)}
    unknown = sorted(set(values) - known)
    if unknown:
        raise SettingsError(
            f"{source} has the unknown setting '{unknown[0]}'. Known: {', '.join(sorted(known))}."
        )
    try:
        return Recipe(**values)  # type: ignore[arg-type]
    except TypeError as error:
        raise SettingsError(f"{source} has a value of the wrong type: {error}") from error
