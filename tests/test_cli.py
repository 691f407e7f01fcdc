"""The command as a person or a script meets it: output, exit codes, stops."""

import fcntl
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

import vidfer
from tests.results import EXAMPLES, assert_same_rows, rows_of
from vidfer.cli import main

COMMAND = [sys.executable, "-m", "vidfer"]


def run(*arguments: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=200
    )


@pytest.fixture
def folder(tmp_path):
    clips = tmp_path / "clips"
    clips.mkdir()
    shutil.copy(EXAMPLES / "two_faces.mp4", clips / "two.mp4")
    shutil.copy(EXAMPLES / "variable_rate.mp4", clips / "rate.mp4")
    return clips


def test_help_is_quick_because_it_imports_no_heavy_library():
    program = (
        "import sys\n"
        "from vidfer.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'torch', 'av', 'decord', 'polars', 'pyarrow', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("command", ["analyze", "train", "evaluate", "models", "doctor"])
def test_each_command_explains_itself(command):
    result = CliRunner().invoke(main, [command, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.output


def test_all_well_is_zero_with_a_summary_and_no_bars(folder, tmp_path):
    done = run("analyze", folder, "-o", tmp_path / "out", "--end", "0.5")
    assert done.returncode == 0
    assert done.stderr == ""
    assert "2 done" in done.stdout
    assert "100.0% with a face" in done.stdout
    assert "frames/s" in done.stdout


def test_quiet_says_nothing(folder, tmp_path):
    done = run("analyze", folder, "-o", tmp_path / "out", "--end", "0.2", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_json_is_for_programs(folder, tmp_path):
    done = run("analyze", folder, "-o", tmp_path / "out", "--end", "0.5", "--json")
    outcome = json.loads(done.stdout)
    assert outcome["exit_code"] == 0
    assert outcome["done"] == 2
    assert [video["video"] for video in outcome["videos"]] == ["rate.mp4", "two.mp4"]


def test_some_failures_are_one_and_each_has_a_sentence(folder, tmp_path):
    (folder / "empty.mp4").touch()
    done = run("analyze", folder, tmp_path / "gone.mp4", "-o", tmp_path / "out", "--end", "0.2")
    assert done.returncode == 1
    assert "empty.mp4: The file is empty" in done.stdout
    assert "gone.mp4: There is no such file" in done.stdout


def test_a_truncated_video_is_one_and_partial(folder, tmp_path):
    content = (folder / "two.mp4").read_bytes()
    # The index of the example clips comes first, so that half a file can be decoded.
    (folder / "two.mp4").write_bytes(content[: len(content) // 2])
    done = run("analyze", folder, "-o", tmp_path / "out", "--json")
    video = json.loads(done.stdout)["videos"][1]
    assert done.returncode == 1
    assert video["status"] in ("partial", "failed")
    assert video["error"]


@pytest.mark.parametrize("arguments", [["gone.mp4"], ["empty"], ["text.mp4"]])
def test_nothing_usable_is_two(tmp_path, arguments):
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.mp4").write_text("hello " * 100)
    done = run("analyze", *(tmp_path / name for name in arguments), "-o", tmp_path / "out")
    assert done.returncode == 2
    assert len((done.stderr or done.stdout).strip().splitlines()) <= 5


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--every", "0"], "every"),
        (["--fps", "-1"], "fps"),
        (["--every", "2", "--fps", "5"], "exclude"),
        (["--start", "2", "--end", "1"], "after start"),
        (["--decoder", "magic"], "decoder"),
        (["--model", "nonsense"], "paper"),
        (["--config", "missing.toml"], "missing.toml"),
    ],
)
def test_wrong_usage_is_two_and_one_sentence(folder, tmp_path, options, word):
    done = run("analyze", folder, "-o", tmp_path / "out", *options)
    assert done.returncode == 2
    assert word in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_settings_file_is_overruled_by_what_was_typed(folder, tmp_path):
    config = tmp_path / "settings.toml"
    config.write_text("end_s = 0.3\nmin_face_px = 50\n")
    run("analyze", folder, "-o", tmp_path / "out", "--config", config, "--end", "0.2")
    assert rows_of(tmp_path / "out")["time_s"].max() < 0.2


def test_an_output_that_cannot_be_written_is_two_and_one_sentence(folder, tmp_path):
    (tmp_path / "file").write_text("in the way")
    done = run("analyze", folder, "-o", tmp_path / "file" / "out")
    assert done.returncode == 2
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr


SLOWLY = ["--workers", "1", "--threads", "1", "--detect-every", "1", "--min-face", "20"]


def start(folder: Path, output: Path) -> "subprocess.Popen[str]":
    """Start an analysis and return once its first timeline is finished."""
    process = subprocess.Popen(
        # One after the other, and slowly, so that the stop comes before the second one's end.
        [*COMMAND, "analyze", str(folder), "-o", str(output), *SLOWLY],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not list((output / "timeline").glob("*.parquet")):
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    return process


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_is_130_and_leaves_only_complete_files(folder, tmp_path, stop):
    process = start(folder, tmp_path / "out")
    process.send_signal(stop)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stderr
    assert "run the same command again" in stdout
    assert [p.name for p in (tmp_path / "out" / "timeline").iterdir()] == ["rate.mp4.parquet"]
    assert vidfer.read_videos(tmp_path / "out")["video"].to_list() == ["rate.mp4"]


@pytest.mark.parametrize("stop", ["SIGINT", "SIGTERM"])
def test_a_stop_that_comes_in_a_finaliser_is_not_lost(stop):
    script = f"""
import os, signal, time
from vidfer.cli.errors import reported

class Finalised:
    def __del__(self):
        os.kill(os.getpid(), signal.{stop})
        time.sleep(0.01)

with reported():
    Finalised()
    time.sleep(30)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=25, check=False
    )
    assert (done.returncode, done.stderr) == (130, "vidfer: stopped.\n")


def test_a_run_that_was_killed_goes_on_to_the_rows_of_an_undisturbed_one(folder, tmp_path):
    process = start(folder, tmp_path / "out")
    process.kill()
    process.communicate()
    assert rows_of(tmp_path / "out")["video"].unique().to_list() == ["rate.mp4"]
    again = run("analyze", folder, "-o", tmp_path / "out", "--json", *SLOWLY)
    assert json.loads(again.stdout)["skipped"] == ["rate.mp4"]
    assert run("analyze", folder, "-o", tmp_path / "whole", *SLOWLY).returncode == 0
    assert_same_rows(tmp_path / "out", tmp_path / "whole")
    leftovers = [p for p in (tmp_path / "out").rglob("*") if p.name.startswith(".")]
    assert leftovers == []


def test_bars_show_on_a_terminal_only(folder, tmp_path):
    primary, secondary = os.openpty()
    # A new terminal has no columns, and bars of no width.
    fcntl.ioctl(secondary, termios.TIOCSWINSZ, struct.pack("HHHH", 25, 100, 0, 0))
    process = subprocess.Popen(
        [*COMMAND, "analyze", str(folder), "-o", str(tmp_path / "out"), "--end", "0.3"],
        stdout=subprocess.DEVNULL,
        stderr=secondary,
    )
    os.close(secondary)
    shown = b""
    # Linux reports the end of a closed terminal as an error.
    try:
        while part := os.read(primary, 4096):
            shown += part
    except OSError:
        pass
    os.close(primary)
    assert process.wait(timeout=100) == 0
    assert b"videos" in shown
    assert b"frame/s" in shown


def test_models_lists_the_shipped_ones():
    result = CliRunner().invoke(main, ["models", "--json"])
    cards = json.loads(result.output)
    assert [card["name"] for card in cards] == ["compact", "hardened", "mirror", "paper", "settled"]
    assert all(card["data"] and card["licence"] and card["limits"] for card in cards)
    text = CliRunner().invoke(main, ["models"]).output
    assert "paper" in text
    assert "accuracy" in text
    assert text.count("cut again") == sum(card["settled"] for card in cards) == 1


def test_doctor_finds_this_machine_well():
    result = CliRunner().invoke(main, ["doctor", "--json"])
    checks = {check["name"]: check for check in json.loads(result.output)}
    assert result.exit_code == 0
    assert all(check["ok"] for check in checks.values())
    assert "verified" in checks["model paper"]["finding"]
    assert "pyav" in checks["decoders"]["finding"]
