"""How a network is trained: the settings that remake its weights."""

from dataclasses import dataclass, fields
from importlib import resources
from pathlib import Path
from typing import Literal, get_args

from vidfer.errors import SettingsError
from vidfer.toml_file import read_toml, refuse_unknown

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
    values = read_toml(path)
    refuse_unknown(values, [f.name for f in fields(Recipe)], source=str(path))
    try:
        return Recipe(**values)
    except TypeError as error:
        raise SettingsError(f"{path} has a value of the wrong type: {error}") from error


def shipped_recipe(name: str) -> Recipe:
    """Return the recipe that made the shipped model `name`.

    Raises:
        SettingsError: there is no such recipe; the message lists those that there are.
    """
    folder = Path(str(resources.files("vidfer.training"))) / "recipes"
    known = sorted(path.stem for path in folder.glob("*.toml"))
    if name not in known:
        raise SettingsError(f"There is no recipe '{name}'. Known recipes: {', '.join(known)}.")
    return read_recipe(folder / f"{name}.toml")
