"""`vidfer export` on the command line."""

import pytest
from click.testing import CliRunner

from tests.exporting.scripted_timelines import happy, write_video
from vidfer.cli import main


@pytest.fixture
def output(tmp_path):
    for video in ("a.mp4", "sub/b.mp4"):
        write_video(tmp_path / "out", video, [[happy()]] * 10)
    return tmp_path / "out"


def run(*arguments):
    return CliRunner().invoke(main, ["export", *map(str, arguments)])


def test_it_says_how_many_files_were_written_and_where(output, tmp_path):
    result = run(output, "--format", "srt", "-o", tmp_path / "to")
    assert result.exit_code == 0
    assert result.output == f"2 files written: {tmp_path / 'to'}\n"
    assert (tmp_path / "to" / "sub" / "b.mp4.srt").is_file()


def test_it_names_the_one_file(output, tmp_path):
    result = run(output, "--format", "csv", "-o", tmp_path / "all.csv")
    assert result.output == f"1 file written: {tmp_path / 'all.csv'}\n"


def test_its_options_reach_the_episodes(output, tmp_path):
    arguments = ["--format", "srt", "-o", tmp_path / "to", "--smooth-s", "0"]
    assert run(output, *arguments, "--all-faces").exit_code == 0
    assert (tmp_path / "to" / "a.mp4.srt").read_text().startswith("1\n")
    assert run(output, *arguments, "--min-duration-s", "1").exit_code == 0
    assert (tmp_path / "to" / "a.mp4.srt").read_text() == ""
    everything = ["--enter", "0.9", "--leave", "0.2", "--merge-gap-s", "0"]
    assert run(output, *arguments, *everything).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--format", "srt", "-o", "all.srt"], "holds one"),
        (["--format", "csv", "-o", "all.srt"], "does not end in .csv"),
        (["--format", "csv", "-o", "to", "--enter", "0.3"], "about episodes"),
        (["--format", "srt", "-o", "to", "--enter", "7"], "enter"),
    ],
)
def test_wrong_usage_is_one_sentence_and_exit_code_2(
    arguments, said, output, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    result = run(output, *arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith("vidfer: ")
    assert result.stderr.count("\n") == 1
    assert said in result.stderr
    assert "Traceback" not in result.output


def test_a_name_cannot_steer_the_terminal(output, tmp_path):
    result = run(output, "--format", "csv", "-o", tmp_path / "x\x1b[31m.csv")
    assert result.exit_code == 0
    assert "\x1b" not in result.output
