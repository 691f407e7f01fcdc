"""Reading TOML, on every Python that vidfer supports."""

import sys
from pathlib import Path
from typing import Any

from vidfer.errors import SettingsError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def read_toml(path: Path) -> dict[str, Any]:
    """Return the values of a TOML file.

    Raises:
        SettingsError: the file cannot be read or is not TOML.
    """
    try:
        values: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"Cannot read {path} as TOML: {error}") from error
    return values


def refuse_unknown(values: dict[str, Any], known: list[str], *, source: str) -> None:
    """Refuse a name that is no setting.

    Raises:
        SettingsError: the message names the first unknown one and lists the known ones.
    """
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise SettingsError(
            f"{source} has the unknown setting '{unknown[0]}'. Known: {', '.join(known)}."
        )


def parse_toml_value(text: str) -> Any:
    """Return a single TOML value; text that is none is returned as it is."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
