"""What options of the analysis functions are held to."""

from collections.abc import Sequence

from vidfer.checks import is_number, is_whole
from vidfer.errors import SettingsError


def require_number(
    name: str,
    value: object,
    *,
    above: float | None = None,
    below: float | None = None,
    least: float | None = None,
    most: float | None = None,
) -> None:
    """Hold an option to a finite number within limits.

    Raises:
        SettingsError: it is none, or outside of them.
    """
    limits = {"above": above, "below": below, "at least": least, "at most": most}
    wanted = " and ".join(
        f"{word} {limit:g}" for word, limit in limits.items() if limit is not None
    )
    fits = (
        isinstance(value, (int, float))
        and is_number(value)
        and (above is None or value > above)
        and (below is None or value < below)
        and (least is None or value >= least)
        and (most is None or value <= most)
    )
    if not fits:
        raise SettingsError(f"{name} must be a number {wanted}; got {value!r}.".replace("  ", " "))


def require_count(name: str, value: object, *, least: int) -> None:
    """Hold an option to an integer of at least `least`.

    Raises:
        SettingsError: it is none, or too small.
    """
    if not isinstance(value, int) or not is_whole(value) or value < least:
        raise SettingsError(f"{name} must be an integer of at least {least}; got {value!r}.")


def require_choice(name: str, value: object, choices: Sequence[str]) -> None:
    """Hold an option to one of some words.

    Raises:
        SettingsError: it is another.
    """
    if value not in choices:
        raise SettingsError(f"{name} must be one of {', '.join(choices)}; got {value!r}.")
