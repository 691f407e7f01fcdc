"""Two runs into one output: the second says who holds it."""

import json
import os
import platform
import signal
import subprocess
import sys

import pytest

import vidfer
from tests.outputs import ScriptedEngine, make_videos
from vidfer.errors import OutputError
from vidfer.locking import LOCK_NAME, refuse_if_held, sole_writer

HOLD = """
import sys, time
from pathlib import Path
from vidfer.locking import sole_writer
with sole_writer(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Start another process that holds tmp_path/out."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "out")], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_the_second_run_says_who_holds_the_output_and_touches_nothing(holder, tmp_path):
    videos = make_videos(tmp_path / "clips", "a.mp4")
    before = [(p, p.read_bytes()) for p in (tmp_path / "out").iterdir()]
    engine = ScriptedEngine()
    with pytest.raises(OutputError) as refused:
        vidfer.analyze(videos, tmp_path / "out", engine=engine)
    sentence = str(refused.value)
    assert f"being written by process {holder.pid} on {platform.node()} since 2" in sentence
    assert engine.taken == []
    assert [(p, p.read_bytes()) for p in (tmp_path / "out").iterdir()] == before


@pytest.mark.parametrize(
    "command", [["analyze", "clips", "-o", "out"], ["purge", "out", "a.mp4"], ["verify", "out"]]
)
def test_every_command_that_needs_the_output_for_itself_exits_with_two(command, tmp_path, holder):
    make_videos(tmp_path / "clips", "a.mp4")
    (tmp_path / "out" / "videos.parquet").touch()
    done = subprocess.run(
        [sys.executable, "-m", "vidfer", *command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert f"process {holder.pid} on" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_killed_holder_does_not_block(holder, tmp_path):
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    assert (tmp_path / "out" / LOCK_NAME).exists()
    refuse_if_held(tmp_path / "out")
    with sole_writer(tmp_path / "out"):
        note = json.loads((tmp_path / "out" / LOCK_NAME).read_text())
        assert note["process"] == os.getpid()


def test_two_runs_in_one_process_are_two(tmp_path):
    held = f"process {os.getpid()} on"
    with (
        sole_writer(tmp_path),
        pytest.raises(OutputError, match=held),
        sole_writer(tmp_path),
    ):
        pytest.fail("there were two")


@pytest.mark.parametrize("note", [b"", b"[1]", b"{}", b'{"process": "x"}', b"\xff" * 9000])
def test_an_unreadable_note_is_another_process(tmp_path, note):
    with sole_writer(tmp_path):
        (tmp_path / LOCK_NAME).write_bytes(note)
        with pytest.raises(OutputError, match="by another process"):
            refuse_if_held(tmp_path)


def test_a_note_cannot_steer_a_terminal(tmp_path):
    with sole_writer(tmp_path):
        note = {"process": 1, "host": "\x1b[2Jhost", "since": "now\n"}
        (tmp_path / LOCK_NAME).write_text(json.dumps(note))
        with pytest.raises(OutputError, match=r"process 1 on \[2Jhost since now: wait"):
            refuse_if_held(tmp_path)


def test_nothing_is_left_of_the_lock(tmp_path):
    with sole_writer(tmp_path / "new"):
        pass
    assert not (tmp_path / "new").exists()
    (tmp_path / "old").mkdir()
    with sole_writer(tmp_path / "old"):
        pass
    assert list((tmp_path / "old").iterdir()) == []


def test_a_link_in_the_place_of_the_lock_is_not_followed(tmp_path):
    (tmp_path / "precious").write_text("keep")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / LOCK_NAME).symlink_to(tmp_path / "precious")
    with pytest.raises(OutputError), sole_writer(tmp_path / "out"):
        pytest.fail("it was followed")
    assert (tmp_path / "precious").read_text() == "keep"
