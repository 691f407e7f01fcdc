"""What settings, recipes and cards are checked with: types from their declarations, ranges."""

import math
import types
from collections.abc import Callable
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

from vidfer.errors import SettingsError


def is_whole(value: object) -> bool:
    """Tell whether `value` is an int; True and False are not."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: object) -> bool:
    """Tell whether `value` is an int or float that a float can hold and that is finite."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def is_text(value: object) -> bool:
    """Tell whether `value` is a str with at least one character."""
    return isinstance(value, str) and value != ""


_KINDS: Final[dict[type, tuple[Callable[[object], bool], str]]] = {
    int: (is_whole, "an integer"),
    float: (is_number, "a finite number"),
    str: (is_text, "a text that is not empty"),
    bool: (lambda value: isinstance(value, bool), "true or false"),
}


def settle_types(settings: Any) -> None:
    """Hold each field of a frozen dataclass to its declared type.

    A field may be declared int, float, str or bool, each perhaps `| None`, or as one of
    some Literal texts. Whole numbers in float fields become floats, so that 2 and 2.0
    are the same setting.

    Raises:
        SettingsError: a value is of another type.
    """
    for name, declared in get_type_hints(type(settings)).items():
        value = getattr(settings, name)
        if get_origin(declared) is Literal:
            _require_choice(name, value, get_args(declared))
            continue
        kinds = get_args(declared) if get_origin(declared) is types.UnionType else (declared,)
        if value is None and types.NoneType in kinds:
            continue
        fits, wanted = _KINDS[kinds[0]]
        if not fits(value):
            raise SettingsError(f"{name} must be {wanted}; got {value!r}.")
        if kinds[0] is float:
            object.__setattr__(settings, name, float(value))


def require(settings: Any, *names: str, holds: Callable[[Any], bool], wanted: str) -> None:
    """Hold fields, whose types are settled, to a range; those that are None are passed over.

    Raises:
        SettingsError: `holds` is false for a value.
    """
    for name in names:
        value = getattr(settings, name)
        if value is not None and not holds(value):
            raise SettingsError(f"{name} must be {wanted}; got {value!r}.")


def _require_choice(name: str, value: object, choices: tuple[object, ...]) -> None:
    if value not in choices:
        listed = ", ".join(map(str, choices))
        raise SettingsError(f"{name} must be one of {listed}; got {value!r}.")
