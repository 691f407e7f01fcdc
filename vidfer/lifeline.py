"""A child process ends with its parent, however that ends."""

import os
import signal
import sys
from typing import Final

_PR_SET_PDEATHSIG: Final = 1


def end_with_parent(parent: int, *, watches_thread: bool = True) -> None:
    """Have the system kill this process when `parent` ends; end at once if it already has.

    Only Linux does so, also while a library hangs with the interpreter's lock. The signal comes
    when the *thread* that started this process ends: `watches_thread` says whether that one lives
    as long as it wants its child. Everywhere else, and without it, a process has to notice that its
    channel to the parent closes.
    """
    if watches_thread and sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
