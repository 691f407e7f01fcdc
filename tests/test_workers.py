"""`analyze` with its worker processes: the parent stays light, and outlives what they meet."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import psutil
import pytest

import vidfer
from tests.results import EXAMPLES, assert_same_manifest, assert_same_rows, rows_of

pytestmark = pytest.mark.timeout(200)

COMMAND = [sys.executable, "-m", "vidfer", "analyze"]
# Work that takes long enough to be interrupted in: two seconds, with all that can be asked for.
SLOW = vidfer.AnalyzeSettings(end_s=2, decoder="pyav", detect_every=1, min_face_px=20)
SLOW_OPTIONS = ["--end", "2", "--decoder", "pyav", "--detect-every", "1", "--min-face", "20"]
HEAVY = ("torch", "torchvision", "facenet_pytorch", "av", "decord", "polars")


@pytest.fixture
def folder(tmp_path):
    """Return a folder with a short clip, and one that is long enough to be interrupted in."""
    clips = tmp_path / "clips"
    clips.mkdir()
    shutil.copy(EXAMPLES / "variable_rate.mp4", clips / "a_short.mp4")
    shutil.copy(EXAMPLES / "two_faces.mp4", clips / "b_long.mp4")
    return clips


def python(arguments: list[str], *, program: str = "", cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        input=program,
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(Path(vidfer.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
        timeout=150,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("kind", ["script", "stdin", "-c"])
def test_a_program_without_a_main_guard_analyses_and_holds_neither_torch_nor_a_decoder(
    kind, folder, tmp_path
):
    program = (
        "import sys, vidfer\n"
        f"inputs = {str(folder / 'a_short.mp4')!r}\n"
        "outcome = vidfer.analyze(inputs, 'out', settings=vidfer.AnalyzeSettings(end_s=0.2))\n"
        f"print(len(outcome.done), [name for name in {HEAVY} if name in sys.modules])\n"
    )
    script = tmp_path / "script.py"
    script.write_text(program)
    arguments = {"script": [str(script)], "stdin": ["-"], "-c": ["-c", program]}[kind]
    assert python(arguments, program=program, cwd=tmp_path) == "1 []\n"


def test_rows_depend_neither_on_the_number_of_workers_nor_of_threads(folder, tmp_path):
    for workers, threads in ((1, 1), (2, 1), (1, 2), (1, 3)):
        settings = vidfer.AnalyzeSettings(end_s=1, workers=workers, threads=threads)
        outcome = vidfer.analyze(folder, tmp_path / f"{workers}{threads}", settings=settings)
        assert outcome.exit_code == 0
    for other in ("21", "12", "13"):
        assert_same_rows(tmp_path / "11", tmp_path / other)
        assert_same_manifest(tmp_path / "11", tmp_path / other)


@dataclass
class Attack:
    """A running command, and what is done to each worker while it writes `victim`."""

    process: "subprocess.Popen[str]"
    victim: Path
    strike: Callable[[psutil.Process], None]

    def carry_out(self, *, times: int) -> dict:
        """Strike so many workers; return the outcome of the run."""
        before_s = 0.0
        while times:
            assert self.process.poll() is None, self.process.communicate()
            if self._is_written_after(before_s):
                [worker] = psutil.Process(self.process.pid).children()
                self.strike(worker)
                worker.wait(timeout=5)
                # The clock of files is a little behind.
                before_s = time.time() + 0.02
                times -= 1
            time.sleep(0.01)
        stdout, _ = self.process.communicate(timeout=150)
        return json.loads(stdout)

    def _is_written_after(self, before_s: float) -> bool:
        """Tell whether a worker, and not one before it, is writing."""
        with contextlib.suppress(FileNotFoundError):
            return self.victim.stat().st_mtime > before_s
        return False


@pytest.fixture
def attack(folder, tmp_path):
    """Return what starts a run with one worker and strikes it while it is at b_long.mp4."""

    def start(strike: Callable[[psutil.Process], None]) -> Attack:
        command = [*COMMAND, str(folder), "-o", str(tmp_path / "out"), "--json", *SLOW_OPTIONS]
        process = subprocess.Popen(
            [*command, "--workers", "1", "--threads", "2"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        return Attack(
            process, tmp_path / "out" / "timeline" / ".b_long.mp4.parquet.partial", strike
        )

    return start


def segfault(worker: psutil.Process) -> None:
    worker.send_signal(signal.SIGSEGV)


def kill_what_computes(worker: psutil.Process) -> None:
    """Kill one of a worker's compute processes; a careful worker has none and goes itself."""
    (worker.children() or [worker])[-1].kill()


def test_a_video_that_costs_a_worker_once_is_done_in_a_second_try(attack, folder, tmp_path):
    outcome = attack(segfault).carry_out(times=1)
    result = outcome["videos"][1]
    assert (outcome["exit_code"], result["video"], result["status"]) == (0, "b_long.mp4", "done")
    assert result["decoder_why"].startswith("tried again alone and carefully, because the worker")
    assert "SIGSEGV" in result["decoder_why"]
    vidfer.analyze(folder / "b_long.mp4", tmp_path / "undisturbed", settings=SLOW)
    second_try = rows_of(tmp_path / "out").filter(pl.col("video") == "b_long.mp4")
    assert second_try.equals(rows_of(tmp_path / "undisturbed"))


def test_a_video_that_costs_two_workers_has_failed_and_the_others_are_done(attack, tmp_path):
    outcome = attack(segfault).carry_out(times=2)
    good, bad = outcome["videos"]
    assert outcome["exit_code"] == 1
    assert (good["video"], good["status"]) == ("a_short.mp4", "done")
    assert (bad["video"], bad["status"], bad["reason"]) == ("b_long.mp4", "failed", "crashed")
    assert "was ended by SIGSEGV, also when it tried this video alone" in bad["error"]
    assert bad["error"].endswith(".")
    assert vidfer.read_videos(tmp_path / "out")["status"].to_list() == ["done", "failed"]
    assert rows_of(tmp_path / "out")["video"].unique().to_list() == ["a_short.mp4"]
    assert [p.name for p in (tmp_path / "out" / "timeline").iterdir()] == ["a_short.mp4.parquet"]


def test_a_compute_process_that_is_killed_counts_as_its_workers_end(attack, folder, tmp_path):
    run = attack(kill_what_computes)
    outcome = run.carry_out(times=1)
    result = outcome["videos"][1]
    assert (outcome["exit_code"], result["video"], result["status"]) == (0, "b_long.mp4", "done")
    assert "the worker process was ended by SIGKILL" in result["decoder_why"]
    vidfer.analyze(folder / "b_long.mp4", tmp_path / "undisturbed", settings=SLOW)
    second_try = rows_of(tmp_path / "out").filter(pl.col("video") == "b_long.mp4")
    assert second_try.equals(rows_of(tmp_path / "undisturbed"))


def test_a_worker_that_is_killed_while_it_computes_leaves_no_compute_process(attack):
    seen: list[psutil.Process] = []

    def kill(worker: psutil.Process) -> None:
        seen.extend(worker.children())
        worker.kill()

    outcome = attack(kill).carry_out(times=2)
    assert outcome["videos"][1]["reason"] == "crashed"
    assert len(seen) == 2
    assert psutil.wait_procs(seen, timeout=5)[1] == []


def test_too_little_memory_for_any_worker_is_one_sentence(folder, tmp_path):
    done = subprocess.run(
        [*COMMAND, str(folder), "-o", str(tmp_path / "out"), "--max-memory", "0.05"],
        capture_output=True,
        text=True,
        check=False,
        timeout=150,
    )
    assert done.returncode == 2
    assert "GB of memory, more than 0.05 GB" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_output_that_only_workers_find_unwritable_stops_the_run_and_blames_no_video(
    folder, tmp_path
):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "timeline").write_text("in the way")
    with pytest.raises(vidfer.VidferError, match="cannot be written"):
        vidfer.analyze(folder, tmp_path / "out")
    assert vidfer.read_videos(tmp_path / "out").height == 0


@pytest.mark.parametrize("stop", ["SIGKILL", "SIGTERM", "SIGINT"])
def test_workers_end_with_the_command_and_the_next_run_clears_up(attack, folder, tmp_path, stop):
    run = attack(lambda worker: None)
    while not run.victim.exists():
        time.sleep(0.01)
    workers = psutil.Process(run.process.pid).children(recursive=True)
    assert len(workers) == 3  # one, and the two that compute for it
    started = time.monotonic()
    run.process.send_signal(signal.Signals[stop])
    run.process.communicate(timeout=5)
    assert psutil.wait_procs(workers, timeout=5)[1] == []
    assert time.monotonic() - started < 5
    assert run.process.returncode == (-signal.SIGKILL if stop == "SIGKILL" else 130)
    again = vidfer.analyze(folder, tmp_path / "out", settings=SLOW)
    assert again.skipped == ["a_short.mp4"]
    assert len(list((tmp_path / "out" / "timeline").iterdir())) == 2
