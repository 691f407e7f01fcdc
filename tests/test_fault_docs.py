"""docs/faults.md says what the tests hold, and names tests that exist."""

import re
from pathlib import Path

import pytest

from tests.fault_cases import CASES
from tests.hostile import HOSTILE

REPOSITORY = Path(__file__).resolve().parents[1]
PAGE = (REPOSITORY / "docs" / "faults.md").read_text(encoding="utf-8")


def row_of(name: str) -> list[str]:
    """Return the cells of the table's row that begins with this name."""
    [line] = [line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |")]
    return [cell.strip() for cell in line.strip("|").split("|")]


@pytest.mark.parametrize("name", CASES)
def test_the_row_of_a_file_of_the_corpus_is_its_case(name):
    case = CASES[name]
    _, status, reason, frames, sentence = row_of(name)
    assert (status, reason) == (case.status, case.reason or "")
    assert case.frames in (None, int(frames))
    assert case.says in sentence


@pytest.mark.parametrize("name", HOSTILE)
def test_the_row_of_a_hostile_file_is_its_case(name):
    _, reason, sentence = row_of(name)
    assert reason == HOSTILE[name].reason
    assert HOSTILE[name].says in sentence


def test_every_file_that_it_names_exists():
    named = set(re.findall(r"`((?:tests|benchmarks|vidfer)/[\w/]+\.py)`", PAGE))
    assert len(named) > 20
    assert all((REPOSITORY / name).is_file() for name in named), named


def test_all_fifty_cases_are_there_in_their_order():
    table = PAGE.split("## The fifty cases")[1]
    numbers = [int(number) for number in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)]
    assert numbers == list(range(1, 51))
