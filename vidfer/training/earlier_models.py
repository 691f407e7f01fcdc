"""Models that a recipe builds on and that recipes of their own make."""

from collections.abc import Callable
from pathlib import Path

from vidfer.errors import SettingsError
from vidfer.training.recipe import RECIPE_SUFFIX, Recipe, read_recipe


def with_models_made(recipe: Recipe, make: Callable[[Path, Recipe], Path]) -> Recipe:
    """Return the recipe with weights in the place of each recipe file that it names.

    First weights and teachers may be recipe files, which may name others in turn. `make`
    trains one and returns the path of its weights: each file once, however often it is
    named, after those that it names, whose weights stand in its recipe. All files are read
    before the first is made.

    Raises:
        SettingsError: a file cannot be read, leads back to itself, or has the name of another.
    """
    files: dict[Path, Recipe] = {}
    _collect(recipe, files, above=())
    _require_different_names(files)
    made: dict[Path, str] = {}

    def weights_of(name: str) -> str:
        return made[Path(name).resolve()] if _is_recipe(name) else name

    for path, earlier in files.items():
        made[path] = str(make(path, earlier.with_models(weights_of)))
    return recipe.with_models(weights_of)


def _collect(recipe: Recipe, files: dict[Path, Recipe], *, above: tuple[Path, ...]) -> None:
    """Read the recipe files that a recipe builds on; each comes after those that it names."""
    for name in (recipe.initial_weights, *recipe.teachers):
        if name is None or not _is_recipe(name):
            continue
        path = Path(name).resolve()
        if path in above:
            raise SettingsError(
                f"The recipe {name} builds on itself: let its initial_weights and teachers name "
                "others."
            )
        if path not in files:
            earlier = read_recipe(path)
            _collect(earlier, files, above=(*above, path))
            files[path] = earlier


def _require_different_names(files: dict[Path, Recipe]) -> None:
    by_name: dict[str, Path] = {}
    for path in files:
        other = by_name.setdefault(path.stem, path)
        if other != path:
            raise SettingsError(
                f"The recipes {other} and {path} would write to one folder: rename one of them."
            )


def _is_recipe(name: str) -> bool:
    return name.endswith(RECIPE_SUFFIX)
