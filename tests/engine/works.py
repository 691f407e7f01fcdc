"""Works that a worker process can import: well-behaved ones, and every way to go wrong."""

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from vidfer.engine.contract import Failure


def make_doubler():
    return _double


def _double(job, on_progress):
    on_progress(f"at {job}")
    if job < 0:
        raise ValueError(job)
    return 2 * job


def make_reporter():
    """Return a work that says who does it."""
    return lambda job, on_progress: (os.getpid(), os.environ.get("VIDFER_TEST_PLACE"), sys.path)


class Faulty:
    """Does the jobs "ok" and, given time, "slow"; every other job is the name of a fault."""

    def __init__(self, first_failure: Failure | None = None) -> None:
        self._first_failure = first_failure

    def run(self, job: str, on_progress: Callable[[Any], None]) -> Any:
        on_progress((os.getpid(), job))
        kind, _, argument = job.partition(" ")
        if self._first_failure and kind.startswith("once_"):
            return ("careful", self._first_failure.reason)
        return FAULTS[kind.removeprefix("once_")](argument)


def make_faulty():
    return Faulty().run


def make_careful(first_failure):
    return Faulty(first_failure).run


def make_dies_at_start():
    print("libheavy.so: cannot open shared object file", file=sys.stderr)
    os._exit(3)


def make_dies_once_at_start(marker: Path):
    if not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGSEGV)
    return _double


def make_hangs_at_start():
    time.sleep(100)


def make_raises():
    raise FileNotFoundError("no such weights")


class LibraryError(Exception):
    """An error of a type that the supervisor does not have."""


def _raise_library_error(_):
    raise LibraryError("out of luck")


def _hang_with_the_interpreters_lock(_):
    ctypes.PyDLL(None).sleep(100)


def _grow(_):
    kept = []
    while True:
        kept.append(b"x" * 20_000_000)
        time.sleep(0.01)


def _grow_in_a_child(_):
    import subprocess

    program = "import time; kept = b'x' * 400_000_000; time.sleep(100)"
    return subprocess.run([sys.executable, "-c", program], check=False).returncode


def _share_with_children(_):
    """Fork children, which hold what their parent holds, and live on for some looks at memory."""
    kept = b"x" * 200_000_000
    children = []
    for _ in range(3):
        child = os.fork()
        if child == 0:
            time.sleep(100)
        children.append(child)
    time.sleep(2.5)
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return len(kept)


def _talk(_):
    for _ in range(2000):
        os.write(2, b"decoder chatter, decoder chatter, decoder chatter\n" * 10)
    os.write(1, b"and on stdout\n")
    return "said"


def _abort(_):
    os.write(2, b"terminate called after throwing an instance of 'std::bad_alloc'\n")
    os.kill(os.getpid(), signal.SIGABRT)


def _read_on(seconds):
    """Read without a word, as when a huge file is opened."""
    until = time.monotonic() + float(seconds)
    while time.monotonic() < until:
        Path(__file__).read_bytes()
        time.sleep(0.05)
    return "read"


def _signal(number):
    return lambda _: os.kill(os.getpid(), number)


FAULTS: dict[str, Callable[[str], Any]] = {
    "ok": lambda _: "ok",
    "slow": lambda seconds: time.sleep(float(seconds or 0.3)) or "slow",
    "segfault": _signal(signal.SIGSEGV),
    "kill": _signal(signal.SIGKILL),
    "abort": _abort,
    "exit": lambda _: os._exit(0),
    "sys_exit": lambda _: sys.exit(5),
    "hang": lambda _: time.sleep(100),
    "hang_with_lock": _hang_with_the_interpreters_lock,
    "grow": _grow,
    "grow_in_a_child": _grow_in_a_child,
    "share_with_children": _share_with_children,
    "talk": _talk,
    "read_on": _read_on,
    "library_error": _raise_library_error,
    "unpicklable": lambda _: threading.Lock(),
}
