"""Whether processes are still there."""

import time

import psutil

_PATIENCE_S = 5


def is_running(number: int) -> bool:
    """Tell whether a process is there and has not ended; one that nobody collects has."""
    try:
        return psutil.Process(number).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def assert_gone(numbers: list[int]) -> None:
    """Wait a little for processes to end; nobody but init may be left to collect them."""
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        if not any(is_running(number) for number in numbers):
            return
        time.sleep(0.02)
    raise AssertionError(f"still running: {[n for n in numbers if is_running(n)]}")
