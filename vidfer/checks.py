"""What settings, recipes and cards are checked with: types from their declarations, ranges."""

import dataclasses
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

    A field may be declared int, float, str or bool, each perhaps `| None`, as one of
    some Literal texts, as texts (`tuple[str, ...]`, a list of them becomes a tuple), or
    as another dataclass that checks itself. Whole numbers in float fields become floats,
    so that 2 and 2.0 are the same setting.

    Raises:
        SettingsError: a value is of another type.
    """
    for name, declared in get_type_hints(type(settings)).items():
        settled = _settled(name, getattr(settings, name), declared)
        object.__setattr__(settings, name, settled)


def _settled(name: str, value: object, declared: Any) -> object:
    """Return `value` as its field's declared type keeps it."""
    origin = get_origin(declared)
    if origin is Literal:
        return _choice(name, value, get_args(declared))
    if origin is tuple:
        return _texts(name, value)
    if dataclasses.is_dataclass(declared):
        return _table(name, value, declared)
    return _plain(name, value, get_args(declared) or (declared,))


def _choice(name: str, value: object, choices: tuple[object, ...]) -> object:
    if value not in choices:
        listed = ", ".join(map(str, choices))
        raise SettingsError(f"{name} must be one of {listed}; got {value!r}.")
    return value


def _texts(name: str, value: object) -> tuple[object, ...]:
    if not isinstance(value, (list, tuple)) or not all(map(is_text, value)):
        raise SettingsError(f"{name} must be a list of texts that are not empty; got {value!r}.")
    return tuple(value)


def _table(name: str, value: object, declared: Any) -> object:
    if not isinstance(value, declared):
        raise SettingsError(f"{name} must be of the type {declared.__name__}; got {value!r}.")
    return value


def _plain(name: str, value: Any, kinds: tuple[type, ...]) -> object:
    """Hold a value to the first of `kinds`; it may be None if that is the second."""
    if value is None and types.NoneType in kinds:
        return None
    fits, wanted = _KINDS[kinds[0]]
    if not fits(value):
        raise SettingsError(f"{name} must be {wanted}; got {value!r}.")
    return float(value) if kinds[0] is float else value


def require(settings: Any, *names: str, holds: Callable[[Any], bool], wanted: str) -> None:
    """Hold fields, whose types are settled, to a range; those that are None are passed over.

    Raises:
        SettingsError: `holds` is false for a value.
    """
    for name in names:
        value = getattr(settings, name)
        if value is not None and not holds(value):
            raise SettingsError(f"{name} must be {wanted}; got {value!r}.")
