"""Changing single values of a recipe, as typed on a command line."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from vidfer.errors import SettingsError
from vidfer.toml_file import parse_toml_value
from vidfer.training.recipe import Recipe, recipe_from

_TABLE: Final = "augmentation"


def changed(recipe: Recipe, changes: Sequence[str]) -> Recipe:
    """Return the recipe with `NAME=VALUE` changes; a dot leads into a table.

    A value is TOML (`epochs=5`, `augmentation.flip=true`, `teachers=["a", "b"]`); what
    is not TOML is taken as text (`optimizer=sgd`).

    Raises:
        SettingsError: a change is not of that form, or its name or value is wrong.
    """
    values = asdict(recipe)
    for change in changes:
        name, equals, text = change.partition("=")
        if not equals or not name:
            raise SettingsError(
                f"'{change}' is no change of a recipe: write NAME=VALUE, like epochs=5."
            )
        table, key = _place(values, name.strip())
        table[key] = parse_toml_value(text.strip())
    return recipe_from(values, source="The changed recipe")


def _place(values: dict[str, Any], name: str) -> tuple[dict[str, Any], str]:
    table, dot, key = name.partition(".")
    if dot and table == _TABLE:
        return values[_TABLE], key
    return values, name
