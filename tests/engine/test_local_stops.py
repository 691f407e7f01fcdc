"""Workers end with their parent, however that ends, and a parent may be any kind of program."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.processes import assert_gone, is_running

REPOSITORY = Path(__file__).resolve().parents[2]

HANGING = """
from tests.engine import works
from vidfer.engine.local import LocalEngine

told = lambda progress: print(progress[0], flush=True)
jobs = ["{fault}", "{fault} again"]
engine = LocalEngine(environments=[{{}}] * 2)
for job, result in engine.run(works.make_faulty, jobs, on_progress=told):
    print(job, result)
"""

pytestmark = pytest.mark.timeout(60)


def start(fault: str) -> "tuple[subprocess.Popen[str], list[int]]":
    """Start a program with two workers that hang; return it and the workers' numbers."""
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    parent = subprocess.Popen(
        [sys.executable, "-c", HANGING.format(fault=fault)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert parent.stdout is not None
    return parent, [int(parent.stdout.readline()) for _ in range(2)]


@pytest.mark.parametrize("fault", ["hang", "hang_with_lock"])
@pytest.mark.parametrize("stop", ["SIGKILL", "SIGTERM", "SIGINT"])
def test_workers_end_with_their_parent(stop, fault):
    parent, workers = start(fault)
    assert all(is_running(worker) for worker in workers)
    parent.send_signal(signal.Signals[stop])
    parent.communicate(timeout=5)
    assert_gone(workers)


def test_a_terminals_interrupt_does_not_reach_workers():
    parent, workers = start("hang")
    sessions = {os.getsid(worker) for worker in workers}
    for worker in workers:
        os.kill(worker, signal.SIGINT)
    time.sleep(0.3)
    assert all(is_running(worker) for worker in workers)
    assert os.getsid(parent.pid) not in sessions
    parent.kill()
    parent.communicate(timeout=5)


PLAIN = """
from tests.engine import works
from vidfer.engine.local import LocalEngine
print(sorted(LocalEngine(environments=[{}] * 2).run(works.make_doubler, [1, 2], on_progress=str)))
"""


@pytest.mark.parametrize("kind", ["script without a main guard", "-c", "stdin"])
def test_any_program_can_have_workers(kind, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(PLAIN)
    arguments = {"script without a main guard": [str(script)], "-c": ["-c", PLAIN], "stdin": ["-"]}
    done = subprocess.run(
        [sys.executable, *arguments[kind]],
        input=PLAIN if kind == "stdin" else None,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert (done.stdout, done.stderr) == ("[(1, 2), (2, 4)]\n", "")


def test_workers_are_found_after_the_working_directory_has_changed():
    program = (
        "import os, vidfer.engine.local as local\n"
        "os.chdir('/')\n"
        "try: list(local.LocalEngine().run(dict, [1], on_progress=str))\n"
        "except TypeError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=REPOSITORY,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.stdout == "'dict' object is not callable\n", done.stderr
