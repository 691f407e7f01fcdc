"""A worker process: makes its work once, then does one job after the other."""

import contextlib
import os
import queue
import resource
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from vidfer.engine.messages import (
    Done,
    Message,
    Raised,
    Ready,
    Start,
    Told,
    packed,
    portable,
    unpacked,
)
from vidfer.lifeline import end_with_parent

# Where memory is short, the system ends a worker before the supervisor and most others.
_OOM_SCORE: Final = "500"


def main(*, descriptor: int, parent: int, preload: str) -> None:
    """Serve the supervisor `parent` at the other end of the socket `descriptor`.

    The module `preload` is imported while the supervisor still finds out what to do; an
    empty name means none.
    """
    _settle(parent)
    os.set_inheritable(descriptor, False)
    channel: Connection[bytes, bytes] = Connection(descriptor)
    inbox: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(channel, inbox), daemon=True).start()
    outbox = _Outbox(channel)
    try:
        if preload:
            import_module(preload)
        _serve(inbox, outbox)
    except Exception as error:  # noqa: BLE001 - whatever it is, the supervisor is told
        outbox.send(Raised(portable(error), traceback.format_exc()))


def _settle(parent: int) -> None:
    """Tie this process to its parent, leave interrupts to it, and dump no core."""
    end_with_parent(parent)
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text(_OOM_SCORE)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def _listen(channel: "Connection[bytes, bytes]", inbox: "queue.SimpleQueue[bytes]") -> None:
    """Take in messages until the supervisor closes its end or dies; then end at once."""
    try:
        while True:
            inbox.put(channel.recv_bytes())
    except (EOFError, OSError):
        os._exit(0)


def _serve(inbox: "queue.SimpleQueue[bytes]", outbox: "_Outbox") -> None:
    start: Start = unpacked(inbox.get())
    os.environ.update(start.environment)
    work: Callable[[Any, Callable[[Any], None]], Any] = start.make_work()
    outbox.send(Ready())
    while True:
        job = unpacked(inbox.get())
        outbox.send(Done(work(job, lambda progress: outbox.send(Told(progress)))))


class _Outbox:
    """Sends messages whole, from whichever thread."""

    def __init__(self, channel: "Connection[bytes, bytes]") -> None:
        self._channel = channel
        self._lock = threading.Lock()

    def send(self, message: Message) -> None:
        content = packed(message)
        with self._lock:
            self._channel.send_bytes(content)
