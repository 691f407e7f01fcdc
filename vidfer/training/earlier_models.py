"""Models that a recipe builds on and that recipes of their own make."""

from collections.abc import Callable
from pathlib import Path

from vidfer.errors import SettingsError
from vidfer.training.recipe import RECIPE_SUFFIX, Recipe, read_recipe


def with_models_made(recipe: Recipe, make: Callable[[Path, Recipe], Path]) -> Recipe:
    """Return the recipe with weights in the place of each recipe file that it names.

    First weights and teachers may be recipe files. `make` trains one, once, and returns the
    path of its weights. All files are read before the first is made.

    Raises:
        SettingsError: a file cannot be read, or leads back to itself.
    """
    recipes = {name: _read(name, above=()) for name in _named_by(recipe)}
    made = {name: str(make(Path(name), earlier)) for name, earlier in recipes.items()}
    return recipe.with_models(lambda name: made.get(name, name))


def _read(name: str, *, above: tuple[Path, ...]) -> Recipe:
    """Read a recipe file, and those that it names to see that they can be read."""
    path = Path(name).resolve()
    if path in above:
        raise SettingsError(
            f"The recipe {name} builds on itself: let its initial_weights and teachers name others."
        )
    recipe = read_recipe(Path(name))
    for earlier in _named_by(recipe):
        _read(earlier, above=(*above, path))
    return recipe


def _named_by(recipe: Recipe) -> list[str]:
    """Return the recipe files among first weights and teachers, each once."""
    names = [*([recipe.initial_weights] if recipe.initial_weights else []), *recipe.teachers]
    return list(dict.fromkeys(name for name in names if name.endswith(RECIPE_SUFFIX)))
