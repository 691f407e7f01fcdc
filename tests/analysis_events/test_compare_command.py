"""`vidfer compare` prints, saves and refuses."""

import json

import polars as pl
import pytest
from click.testing import CliRunner

from tests.analysis_events.making import face, no_face, write_output
from vidfer.cli import main


@pytest.fixture
def outputs(tmp_path):
    rows = [face(n, "happy", video=v) for v in ("a.mp4", "b.mp4") for n in range(6)]
    other = [
        face(n, "sad" if n < 2 else "happy", video=v) for v in ("a.mp4", "b.mp4") for n in range(5)
    ]
    gone = [no_face(5, video) for video in ("a.mp4", "b.mp4")]
    return write_output(tmp_path / "one", rows), write_output(tmp_path / "two", [*other, *gone])


def run(*arguments):
    return CliRunner().invoke(main, ["compare", *map(str, arguments)])


def test_tables_to_read_are_printed(outputs):
    result = run(*outputs)
    assert result.exit_code == 0
    assert (
        "2 videos; frames in both: 12, 100.0% of 12 here and 100.0% of 12 in the other"
        in result.output
    )
    assert "a face in both 10, only here 2" in result.output
    assert "agreement 0.600 [0.600, 0.600]" in result.output
    assert "ICC(A,1)" in result.output


def test_everything_as_json(outputs):
    found = json.loads(run(*outputs, "--json").output)
    assert found["total"]["agreement"] == 0.6
    assert [row["video"] for row in found["by_video"]] == ["a.mp4", "b.mp4"]


def test_a_row_per_video_is_written(outputs, tmp_path):
    result = run(*outputs, "-o", tmp_path / "figures.csv")
    assert result.exit_code == 0
    assert pl.read_csv(tmp_path / "figures.csv")["video"].to_list() == ["a.mp4", "b.mp4"]


def test_codes_with_labels_of_their_own(outputs, tmp_path):
    path = tmp_path / "codes.csv"
    path.write_text("start,end,label\n0,0.4,smile\n", encoding="utf-8")
    result = run(outputs[0], path, "--label", "smile=happy", "--uncoded", "neutral", "--json")
    assert json.loads(result.output)["total"]["pairs"] == 12


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--label", "smile"], "--label must be LABEL=EMOTION"),
        (["-o", "figures.txt"], "must end in"),
        (["--min-iou", "7"], "min_iou must be a number"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence_and_exit_code_2(outputs, arguments, sentence):
    result = run(*outputs, *arguments)
    assert result.exit_code == 2
    assert sentence in result.output
    assert result.output.count("\n") == 1


def test_a_name_cannot_steer_the_terminal(tmp_path):
    rows = [face(0, video=video) for video in ("a.mp4", "\x1b[31mred.mp4")]
    result = run(write_output(tmp_path / "one", rows), write_output(tmp_path / "two", rows))
    assert result.exit_code == 0
    assert "\x1b" not in result.output
