"""`vidfer evaluate` prints what `vidfer.evaluate` returns, or one sentence."""

import json
import signal
from pathlib import Path

import pytest
from click.testing import CliRunner

from vidfer.cli import main
from vidfer.emotions import EMOTIONS


@pytest.fixture
def run():
    """Runs the command line in this process, and leaves its signals as they were."""
    before = signal.getsignal(signal.SIGTERM)
    yield lambda *arguments: CliRunner().invoke(main, [str(one) for one in arguments])
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def data(make_faces, write_faces, tmp_path) -> Path:
    return write_faces(tmp_path / "holidays.parquet", make_faces(14))


def test_the_command_prints_the_figures_as_json(data, run):
    result = run("evaluate", data, "--model", "paper", "--device", "cpu", "--json")
    assert result.exit_code == 0, result.output
    values = json.loads(result.stdout)
    assert {"accuracy", "macro_f1", "ece", "report", "confusion"} <= set(values)
    assert values["split"] == "holidays"


def test_the_command_prints_the_papers_table_and_the_figures(data, run):
    result = run("evaluate", data, "--model", "paper", "--device", "cpu")
    assert result.exit_code == 0, result.output
    for word in (*EMOTIONS, "precision", "weighted avg", "top-2", "NLL", "ECE"):
        assert word in result.stdout


def test_the_command_takes_views_and_an_output(data, run, tmp_path):
    options = ("--model", "paper", "--device", "cpu", "--views", "flip", "-o", tmp_path / "out")
    result = run("evaluate", data, *options, "--json")
    assert result.exit_code == 0, result.output
    written = (tmp_path / "out" / "evaluation.json").read_text(encoding="utf-8")
    assert json.loads(written) == json.loads(result.stdout)
    assert json.loads(written)["views"] == "flip"


def test_other_views_are_refused_with_the_known_ones(data, run):
    result = run("evaluate", data, "--views", "six")
    assert result.exit_code == 2
    assert "'single', 'flip', 'ten'" in result.stderr


def test_the_command_reports_a_fault_in_one_sentence(run, tmp_path):
    result = run("evaluate", tmp_path / "nowhere", "--model", "paper")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("vidfer: ")
    assert "Traceback" not in result.stderr
