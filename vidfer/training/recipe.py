"""How a network is trained: the settings that remake its weights."""

from dataclasses import dataclass, fields
from importlib import resources
from pathlib import Path
from typing import Final, Literal

from vidfer.checks import require, settle_types
from vidfer.errors import SettingsError
from vidfer.toml_file import read_toml, refuse_unknown

Optimizer = Literal["adam", "sgd", "momentum", "adadelta"]
Schedule = Literal["constant", "cosine"]

# Batch normalisation has no variance to work with in a batch of one.
LEAST_BATCH: Final = 2


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything besides the data that decides a training run's outcome.

    Raises:
        SettingsError: a value is of another type or outside its range.
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
        settle_types(self)
        require(self, "learning_rate", holds=lambda value: value > 0, wanted="above 0")
        require(
            self,
            "batch_size",
            holds=lambda value: value >= LEAST_BATCH,
            wanted=f"at least {LEAST_BATCH}",
        )
        require(self, "epochs", holds=lambda value: value >= 1, wanted="at least 1")
        require(self, "seed", holds=lambda value: value >= 0, wanted="at least 0")


def read_recipe(path: Path) -> Recipe:
    """Read a recipe from a TOML file.

    Raises:
        SettingsError: the file cannot be read, or holds an unknown or wrong value.
    """
    values = read_toml(path)
    refuse_unknown(values, [f.name for f in fields(Recipe)], source=str(path))
    try:
        return Recipe(**values)
    except SettingsError as error:
        raise SettingsError(f"{path} has a value of the wrong type or range: {error}") from error


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
