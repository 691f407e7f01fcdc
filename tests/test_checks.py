"""Fields are held to their declared types; what means the same becomes the same."""

import math
from dataclasses import dataclass
from typing import Literal

import pytest

from vidfer.checks import require, settle_types
from vidfer.errors import SettingsError


@dataclass(frozen=True, kw_only=True)
class Inner:
    """A table of settings that checks itself."""

    share: float = 0.5

    def __post_init__(self) -> None:
        settle_types(self)


@dataclass(frozen=True, kw_only=True)
class Outer:
    """A field of every kind that can be declared."""

    whole: int = 1
    number: float = 1.0
    text: str = "a"
    flag: bool = False
    perhaps: float | None = None
    kind: Literal["one", "two"] = "one"
    texts: tuple[str, ...] = ()
    inner: Inner = Inner()

    def __post_init__(self) -> None:
        settle_types(self)


def refusal_of(**values: object) -> str:
    with pytest.raises(SettingsError) as refusal:
        Outer(**values)
    return str(refusal.value)


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        *(("whole", value, "an integer") for value in (1.0, True, "1", None)),
        *(("number", value, "a finite number") for value in (math.nan, True, "1", None, 10**400)),
        *(("text", value, "a text that is not empty") for value in ("", 3, None)),
        *(("flag", value, "true or false") for value in (0, "no", None)),
        *(("perhaps", value, "a finite number") for value in ("1", math.inf)),
        *(("kind", value, "one of one, two") for value in ("three", "", None, ["one"])),
        *(("texts", value, "a list of texts") for value in ("a", ("",), ["a", 3], None, {"a": 1})),
        *(("inner", value, "of the type Inner") for value in ({"share": 0.1}, None, 3)),
    ],
)
def test_a_value_of_another_type_is_refused_by_name(name, value, wanted):
    sentence = refusal_of(**{name: value})
    assert sentence.startswith(f"{name} must be {wanted}")
    assert sentence.endswith(f"; got {value!r}.")


def test_whole_numbers_in_float_fields_become_floats():
    settled = Outer(number=2, perhaps=3)
    assert (settled.number, type(settled.number)) == (2.0, float)
    assert (settled.perhaps, type(settled.perhaps)) == (3.0, float)
    assert Outer(number=2) == Outer(number=2.0)


def test_a_list_of_texts_becomes_a_tuple():
    assert Outer(texts=["a", "b"]).texts == ("a", "b")
    assert Outer(texts=["a", "b"]) == Outer(texts=("a", "b"))
    assert Outer(texts=[]).texts == ()


def test_none_is_a_value_only_where_it_is_declared():
    assert Outer(perhaps=None).perhaps is None


def test_a_table_is_kept_as_it_is_and_checks_itself():
    inner = Inner(share=1)
    assert Outer(inner=inner).inner is inner
    assert inner.share == 1.0
    with pytest.raises(SettingsError, match="share must be a finite number"):
        Inner(share="half")


def test_ranges_are_held_and_none_is_passed_over():
    settings = Outer(whole=3, number=4.0)
    require(settings, "whole", "perhaps", holds=lambda value: value < 4, wanted="below 4")
    with pytest.raises(SettingsError, match=r"^number must be below 4; got 4\.0\.$"):
        require(settings, "whole", "number", holds=lambda value: value < 4, wanted="below 4")
