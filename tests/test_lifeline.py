"""A child ends with its parent, and does not begin where that one is gone already."""

import os
import signal
import subprocess
import sys

import pytest

from tests.processes import assert_gone, is_running

PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=subprocess.PIPE, text=True)
print(child.stdout.readline(), flush=True)
time.sleep(60)
"""
CHILD = """
import os, time
from vidfer.lifeline import end_with_parent
end_with_parent(os.getppid())
print(os.getpid(), flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
@pytest.mark.timeout(60)
def test_a_child_is_ended_with_its_killed_parent():
    parent = subprocess.Popen([sys.executable, "-c", PARENT, CHILD], stdout=subprocess.PIPE)
    try:
        child = int(parent.stdout.readline())
        assert is_running(child)
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        parent.stdout.close()
    assert_gone([child])


@pytest.mark.timeout(60)
def test_a_child_whose_parent_is_another_process_by_now_ends_at_once():
    code = f"from vidfer.lifeline import end_with_parent; end_with_parent({os.getpid()} + 1)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 1
