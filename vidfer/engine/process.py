"""One worker process, from the supervisor's side."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from multiprocessing import Pipe
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from vidfer.engine.contract import WorkerStartError
from vidfer.engine.messages import Message, Start, packed, unpacked
from vidfer.engine.vital_signs import kills_for_memory

_BOOTSTRAP: Final = Path(__file__).with_name("bootstrap.py")

# What a worker prints last is kept, this much of it.
_KEPT_BYTES: Final = 4096

# A killed process is waited for this long; one that hangs in the kernel is left behind.
_END_S: Final = 2.0

# So that one talkative worker does not keep the supervisor from the others.
_MOST_MESSAGES: Final = 100


class WorkerProcess:
    """A fresh interpreter that waits for work; leaving its `with` block kills it.

    It is started by `sys.executable`, not by multiprocessing, so that the supervisor may
    be a script without a main guard, a notebook, or `python -c`. It has a session of its
    own: a terminal's Ctrl-C does not reach it. What it prints goes to a pipe, not to the
    user.

    job: what it is doing, as the caller gave it. is_ready: its work is made.
    silent_s: how long it has not been heard of, in seconds, counted by the supervisor.
    read_bytes: what it had read at some time since, None before that is asked.
    """

    def __init__(self, *, preload: str = "") -> None:
        """Start the process; it imports the module `preload` at once.

        Raises:
            WorkerStartError: the system does not let us.
        """
        self.job: Any = None
        self.is_ready = False
        self.has_moved()
        self._has_ended = False
        self._last_output = b""
        self._job_since = time.monotonic()
        self._killed_for_memory = kills_for_memory()
        self._channel, theirs = Pipe()
        with theirs:
            self._process = _start(theirs.fileno(), preload)
        assert self._process.stdout is not None
        self._output = self._process.stdout
        os.set_blocking(self._output.fileno(), False)

    @property
    def process_id(self) -> int:
        """The number of the process, and of its group."""
        return self._process.pid

    @property
    def handles(self) -> list[Any]:
        """What to wait on for news."""
        return [self._channel] if self._output.closed else [self._channel, self._output]

    @property
    def has_ended(self) -> bool:
        """Whether the process has closed its end; whatever it said before has been received."""
        return self._has_ended

    @property
    def job_s(self) -> float:
        """How long it has had its job, in seconds."""
        return time.monotonic() - self._job_since

    def has_moved(self) -> None:
        """Note a sign of life."""
        self.silent_s: float = 0.0
        self.read_bytes: int | None = None

    def begin(self, make_work: Callable[[], Any], environment: Mapping[str, str]) -> None:
        """Say what the work is, before the first job."""
        self._send(Start(make_work, environment))

    def give(self, job: Any) -> None:
        """Hand over a job; it may be handed over before the process is ready for it."""
        self.job = job
        self.has_moved()
        self._job_since = time.monotonic()
        self._killed_for_memory = kills_for_memory()
        self._send(job)

    def _send(self, message: Any) -> None:
        content = packed(message)
        with contextlib.suppress(OSError):  # it has died, which its end of the channel tells
            self._channel.send_bytes(content)

    def messages(self) -> Iterator[Message]:
        """Yield what the process has said since, and keep the end of what it printed."""
        self._take_output()
        for _ in range(_MOST_MESSAGES):
            try:
                if not self._channel.poll():
                    return
                message: Message = unpacked(self._channel.recv_bytes())
            except (EOFError, OSError):
                self._has_ended = True
                return
            self.has_moved()
            yield message

    def _take_output(self) -> None:
        if self._output.closed:
            return
        part = self._output.read(2**16)
        if part:
            self._last_output = (self._last_output + part)[-_KEPT_BYTES:]
        elif part is not None:
            self._output.close()

    def kill(self) -> None:
        """End the process and what it started, whatever they do; twice is once."""
        if self._process.returncode is None:
            # Its number cannot have passed to another process: it has not been waited for.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def end(self) -> None:
        """Kill the process and let go of it."""
        self.kill()
        self._wait()
        self._channel.close()
        self._output.close()

    def _wait(self) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=_END_S)

    def how_it_ended(self) -> tuple[bool, str]:
        """Return whether it died for lack of memory, and a clause that says how it ended."""
        self._wait()
        self._take_output()
        code = self._process.returncode
        if code is None:
            return False, "closed its channel and hung"
        if code == -signal.SIGKILL and kills_for_memory() > self._killed_for_memory:
            return True, "was killed by the system for lack of memory"
        if code < 0:
            return False, f"was ended by {_signal_name(-code)}"
        return False, f"ended itself with exit code {code}"

    @property
    def last_words(self) -> str:
        """The last line that the process printed, at most 160 signs of it."""
        text = self._last_output.decode("utf-8", "replace")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return "".join(c for c in lines[-1] if c.isprintable())[:160] if lines else ""

    def __enter__(self) -> "WorkerProcess":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()


def _start(descriptor: int, preload: str) -> "subprocess.Popen[bytes]":
    """Start an interpreter that talks over the socket `descriptor`."""
    arguments = [str(descriptor), str(os.getpid()), preload, *sys.path]
    try:
        return subprocess.Popen(
            [sys.executable, str(_BOOTSTRAP), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            pass_fds=[descriptor],
            start_new_session=True,
        )
    except OSError as error:
        raise WorkerStartError(
            f"A worker process cannot be started with {sys.executable!r}: {error.strerror}."
        ) from error


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
