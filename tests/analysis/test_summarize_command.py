"""`vidfer summarize`: a table that fits the terminal, or a file with everything."""

import json

import polars as pl
import pytest
from click.testing import CliRunner

import vidfer
from tests.analysis.timelines import no_face, steady, write_results
from vidfer.cli import main

VIDEOS = {
    "interview/first person.mp4": steady([0.9] * 10),
    "interview/second person with a rather long name.mp4": steady([0.2] * 20, emotion="sad"),
    "nobody.mp4": [no_face(n, n / 10) for n in range(5)],
}


@pytest.fixture
def results(tmp_path):
    return write_results(tmp_path / "out", VIDEOS)


def run(*arguments, columns: int = 80):
    words = ["summarize", *map(str, arguments)]
    return CliRunner().invoke(main, words, env={"COLUMNS": str(columns)})


def test_the_table_tells_time_usable_share_and_emotions(results):
    printed = run(results, columns=120)
    assert printed.exit_code == 0
    lines = printed.output.splitlines()
    head = ["video", "time", "usable", "angry", "disgust", "fear", "happy", "sad"]
    assert lines[0].split()[:8] == head
    assert lines[1].split()[-9:] == ["s", "100", "0", "0", "0", "100", "0", "0", "0"]
    assert lines[3].split() == ["nobody.mp4", "0.5", "s", "0", *"-------"]


@pytest.mark.parametrize("columns", [40, 60, 80, 100, 200])
@pytest.mark.parametrize("by", [["video"], ["track"], ["window", "--window-s", "0.5"], ["group"]])
def test_no_line_is_longer_than_the_terminal(results, columns, by):
    printed = run(results, "--by", *by, columns=columns)
    assert printed.exit_code == 0
    assert max(map(len, printed.output.splitlines())) <= columns


def test_intervals_stand_below_shares(results):
    lines = run(results, "--by", "group", "--smooth-s", "0").output.splitlines()
    assert lines[0].split()[0] == "time"
    assert "0-100" in lines[2]


def test_a_name_cannot_steer_the_terminal(tmp_path):
    output = write_results(tmp_path, {"a\x1b[31m\n.mp4": steady([0.9])})
    printed = run(output).output
    assert "\x1b" not in printed
    assert "a\\x1b[31m\\n.mp4" in printed


def test_of_many_rows_the_first_are_shown(results):
    printed = run(results, "--by", "window", "--window-s", "0.02").output
    assert "more rows" in printed
    assert len(printed.splitlines()) < 50


@pytest.mark.parametrize("ending", ["parquet", "csv", "json"])
def test_a_file_holds_all_columns(results, tmp_path, ending):
    path = tmp_path / f"summary.{ending}"
    printed = run(results, "-o", path)
    assert (printed.exit_code, printed.output) == (0, f"3 rows written to {path}.\n")
    read = {"parquet": pl.read_parquet, "csv": pl.read_csv}
    rows = read[ending](path).to_dicts() if ending in read else json.loads(path.read_text())
    wanted = vidfer.summarize(results)
    assert list(rows[0]) == wanted.columns
    assert [row["video"] for row in rows] == wanted["video"].to_list()
    assert rows[0]["mean_happy"] == pytest.approx(wanted["mean_happy"][0])
    assert rows[2]["mean_happy"] is None


def test_every_option_reaches_the_function(results, tmp_path):
    (tmp_path / "events.csv").write_text("start,end,label\n0,1,a\n")
    (tmp_path / "videos.csv").write_text("video,who,sex\nnobody,1,f\nfirst person.mp4,2,f\n")
    options = ["--by", "event", "--events", tmp_path / "events.csv", "--all-faces"]
    options += ["--attributes", tmp_path / "videos.csv", "--group-by", "sex", "--person", "who"]
    options += ["--confidence", "0.9", "--resamples", "100", "--seed", "3", "--smooth-s", "0"]
    path = tmp_path / "s.parquet"
    assert run(results, *options, "-o", path).output == f"2 rows written to {path}.\n"
    assert pl.read_parquet(path).columns[:2] == ["sex", "label"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["-o", "summary.xlsx"], "summary.xlsx must end in .parquet, .csv, .json"),
        (["-o", "nowhere/summary.csv"], "nowhere is no folder: make it, or write elsewhere."),
        (["--by", "window"], "by window needs a length in seconds"),
        (["--by", "event", "--events", "none.csv"], "none.csv is not there"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(results, options, sentence):
    printed = run(results, *options)
    assert printed.exit_code == 2
    assert printed.stderr.startswith("vidfer: ")
    assert sentence in printed.stderr


def test_a_folder_without_results_is_refused(tmp_path):
    printed = run(tmp_path)
    assert printed.exit_code == 2
    assert "holds no timelines: give a folder that 'vidfer analyze -o' wrote." in printed.stderr


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_a_file_that_is_no_timeline_is_refused(tmp_path, ending):
    file = tmp_path / f"file.{ending}"
    file.write_text("no timeline")
    printed = run(file)
    assert printed.exit_code == 2
    assert f"{file} cannot be read as timelines" in printed.stderr


def test_a_damaged_timeline_is_said_in_a_sentence(results):
    file = results / "timeline" / "nobody.mp4.parquet"
    file.write_bytes(file.read_bytes()[:-50])
    printed = run(results)
    assert printed.exit_code == 2
    assert "'vidfer verify' tells which file is damaged." in printed.stderr


def test_a_name_is_no_formula_to_a_spreadsheet(tmp_path):
    output = write_results(tmp_path / "out", {"=cmd().mp4": steady([0.9])})
    for ending, name in (("csv", "./=cmd().mp4"), ("json", "=cmd().mp4")):
        path = tmp_path / f"summary.{ending}"
        run(output, "-o", path)
        assert name in path.read_text()
    assert pl.read_csv(tmp_path / "summary.csv")["video"].to_list() == ["./=cmd().mp4"]


def test_results_without_a_frame_say_so(tmp_path):
    (tmp_path / "timeline").mkdir()
    assert run(tmp_path).output.startswith("There is nothing to summarise")
