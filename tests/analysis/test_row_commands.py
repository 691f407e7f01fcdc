"""Each step of the analysis as a command: the rows are those of the function of its name."""

import polars as pl
import pytest
from click.testing import CliRunner
from polars.testing import assert_frame_equal

import vidfer
from tests.analysis.timelines import no_face, steady, write_results
from vidfer.cli import main

VIDEOS = {
    "a.mp4": [*steady([0.9] * 20), no_face(20, 2.0)],
    "=b\n.mp4": steady([0.2] * 30, emotion="sad"),
}

# Command, its options, and what the function of its name is given.
STEPS = [
    ("smooth", ["--window-s", "1"], lambda out: vidfer.smooth(out, window_s=1)),
    ("smooth", ["--usable-only"], lambda out: vidfer.smooth(out, usable_only=True)),
    ("fill-gaps", ["--gap-s", "1"], lambda out: vidfer.fill_gaps(out, gap_s=1)),
    ("gate", ["--min-margin", "0.8"], lambda out: vidfer.gate(out, min_margin=0.8)),
    ("gate", ["--max-yaw-deg", "0"], lambda out: vidfer.gate(out, max_yaw_deg=0)),
    (
        "baseline",
        ["--stretch-s", "0", "1", "--by", "video"],
        lambda out: vidfer.subtract_baseline(out, stretch_s=(0, 1), by="video"),
    ),
    ("baseline", ["--percentile", "10"], lambda out: vidfer.subtract_baseline(out, percentile=10)),
    ("episodes", ["--smooth-s", "0"], lambda out: vidfer.episodes(out, smooth_s=0)),
    ("episodes", ["--transitions"], lambda out: vidfer.transitions(vidfer.episodes(out))),
]


@pytest.fixture
def results(tmp_path):
    return write_results(tmp_path / "out", VIDEOS)


def run(*words):
    return CliRunner().invoke(main, [str(word) for word in words], env={"COLUMNS": "80"})


@pytest.mark.parametrize(("command", "options", "function"), STEPS)
def test_the_rows_are_those_of_the_function(command, options, function, results, tmp_path):
    path = tmp_path / "rows.parquet"
    done = run(command, results, *options, "-o", path)
    assert done.exit_code == 0, done.output
    assert_frame_equal(pl.read_parquet(path), function(results).collect())


@pytest.mark.parametrize("command", ["smooth", "fill-gaps", "gate", "baseline"])
@pytest.mark.parametrize("suffix", [".csv", ".json"])
def test_other_formats_hold_the_same_number_of_rows(command, suffix, results, tmp_path):
    path = tmp_path / f"rows{suffix}"
    assert run(command, results, "-o", path).exit_code == 0
    read = pl.read_csv if suffix == ".csv" else pl.read_json
    table = read(path)
    assert table.height == vidfer.read_timeline(results).collect().height
    if suffix == ".csv":
        assert "./=b\n.mp4" in table["video"].to_list()


def test_what_a_step_wrote_is_taken_by_the_next_one(results, tmp_path):
    strict, smooth = tmp_path / "strict.parquet", tmp_path / "smooth.parquet"
    assert run("gate", results, "--min-margin", "0.5", "-o", strict).exit_code == 0
    assert run("smooth", strict, "-o", smooth).exit_code == 0
    table = vidfer.summarize(smooth)
    assert_frame_equal(table, vidfer.summarize(vidfer.gate(results, min_margin=0.5)))
    assert table.filter(video="=b\n.mp4")["usable_share"].to_list() == [0.0]


@pytest.mark.parametrize("options", [[], ["--transitions"]])
def test_episodes_are_printed_within_the_terminal_and_steer_nothing(options, results):
    printed = run("episodes", results, *options)
    assert printed.exit_code == 0
    assert all(len(line) <= 80 for line in printed.output.splitlines())
    assert "\nb.mp4" not in printed.output


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["gate", "--min-margin", "2"], "min_margin"),
        (["smooth", "--window-s", "0"], "window_s"),
        (["fill-gaps", "--gap-s", "-1"], "gap_s"),
        (["baseline", "--label", "rest"], "needs both events and label"),
        (["episodes", "--leave", "0.9"], "leave"),
    ],
)
def test_a_wrong_option_is_two_and_one_sentence(words, sentence, results, tmp_path):
    done = run(words[0], results, *words[1:], "-o", tmp_path / "rows.parquet")
    assert done.exit_code == 2
    assert sentence in done.output
    assert list(tmp_path.glob("rows*")) == []


@pytest.mark.parametrize("name", ["rows.txt", "missing/rows.csv"])
def test_a_file_that_cannot_be_is_refused(name, results, tmp_path):
    assert run("smooth", results, "-o", tmp_path / name).exit_code == 2
