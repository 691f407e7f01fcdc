"""A copy of this process that answers requests: it has all that was loaded, at no cost."""

import contextlib
import gc
import os
import pickle
import signal
import threading
import traceback
import warnings
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any, Final

from vidfer.lifeline import end_with_parent

# Standard input, output and errors.
_STANDARD_FILES: Final = 3

# Answers one request; runs in the copy.
Answer = Callable[[Any], Any]


@dataclass(frozen=True)
class _Raised:
    """Instead of an answer: the error, and where it came up."""

    error: Exception
    trace: str


class ForkedProcess:
    """A child that answers requests one after the other, in the order in which they are sent.

    It ends with its parent. If it ends otherwise, the parent ends in the same way, by the same
    signal or exit code: whoever supervises the parent learns what happened, and nobody else has
    to know of the child.
    """

    def __init__(self, make_answer: Callable[[], Answer]) -> None:
        """Fork; the child makes its `Answer` first.

        Raises:
            OSError: the system does not let us.
        """
        self._asked: deque[Future[Any]] = deque()
        self._sending, self._ending = threading.Lock(), threading.Lock()
        self._has_ended = self._is_reaped = self._is_wanted_gone = False
        self._channel, theirs = Pipe()
        try:
            with theirs:
                self.process_id = _fork(theirs, make_answer)
        except OSError:
            self._channel.close()
            raise
        self._listener = threading.Thread(target=self._listen, name="vidfer-compute", daemon=True)
        self._listener.start()

    def ask(self, request: Any) -> Any:
        """Return the answer to a request; others may be sent from other threads meanwhile.

        Raises:
            Exception: what the answer raised, as far as it can be sent; else a RuntimeError
                that names it.
            RuntimeError: the child has been ended.
        """
        content = pickle.dumps(request, protocol=pickle.HIGHEST_PROTOCOL)
        future: Future[Any] = Future()
        with self._sending:
            if self._has_ended:
                raise RuntimeError("This compute process has been ended.")
            self._asked.append(future)
            with contextlib.suppress(OSError):  # it has died, which the listener notices
                self._channel.send_bytes(content)
        answer = future.result()
        if isinstance(answer, _Raised):
            raise answer.error from RuntimeError(f"in a compute process:\n{answer.trace}")
        return answer

    def end(self) -> None:
        """End the child at once, whatever it does; twice is once."""
        self._is_wanted_gone = True
        with self._ending:
            if not self._is_reaped:  # so its number cannot have passed to another process
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self.process_id, signal.SIGKILL)
        if threading.current_thread() is not self._listener:
            self._listener.join()

    def _listen(self) -> None:
        """Hand out answers until the child is gone."""
        with contextlib.suppress(EOFError, OSError):
            while True:
                answer = pickle.loads(self._channel.recv_bytes())
                self._asked.popleft().set_result(answer)
        status = self._reap()
        with self._sending:
            self._has_ended = True
            self._channel.close()
        if not self._is_wanted_gone:
            _end_like(status)
        for future in self._asked:
            future.set_exception(RuntimeError("A compute process has ended."))

    def _reap(self) -> int:
        """Wait for the child's end; return how it ended, as os.waitpid tells it."""
        try:
            os.waitid(os.P_PID, self.process_id, os.WEXITED | os.WNOWAIT)
            with self._ending:
                self._is_reaped = True
                return os.waitpid(self.process_id, 0)[1]
        except ChildProcessError:  # somebody else here collects children, or nobody is to
            self._is_reaped = True
            return int(signal.SIGKILL)


def _end_like(status: int) -> None:
    """End this process as a child has ended; returns only where that signal is handled."""
    if os.WIFSIGNALED(status):
        os.kill(os.getpid(), os.WTERMSIG(status))
    else:
        os._exit(os.WEXITSTATUS(status))


def _fork(channel: "Connection[Any, Any]", make_answer: Callable[[], Answer]) -> int:
    """Return the number of a child that serves `channel`."""
    parent, from_main_thread = os.getpid(), _is_main_thread()
    with warnings.catch_warnings():
        # Python 3.12 warns where other threads are alive: they might hold a lock that the child
        # then waits for. The child computes on its only thread, without decoder and pyarrow, and
        # torch starts no threads there; glibc's allocator and Python's locks survive a fork.
        warnings.filterwarnings("ignore", r".*multi-threaded.*fork", DeprecationWarning)
        process_id = os.fork()
    if process_id:
        return process_id
    try:
        _settle(parent, channel, from_main_thread=from_main_thread)
        _serve(channel, make_answer())
    except BaseException:  # noqa: BLE001 - nothing of the parent's may run here
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _settle(parent: int, channel: "Connection[Any, Any]", *, from_main_thread: bool) -> None:
    """Tie this child to its parent, and let go of what it has inherited."""
    # Of any thread but the main one nobody knows whether it lives as long as the process.
    end_with_parent(parent, watches_thread=from_main_thread)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # Whoever waits for the end of what the parent holds must not wait for the child as well.
    for descriptor in map(int, os.listdir("/proc/self/fd")):
        if descriptor >= _STANDARD_FILES and descriptor != channel.fileno():
            with contextlib.suppress(OSError):
                os.close(descriptor)
    # The collector would write to every object that was inherited, and copy its page.
    gc.freeze()


def _serve(channel: "Connection[Any, Any]", answer: Answer) -> None:
    while True:
        try:
            request = pickle.loads(channel.recv_bytes())
        except (EOFError, OSError):
            return
        try:
            content = pickle.dumps(answer(request), protocol=pickle.HIGHEST_PROTOCOL)
        except Exception as error:  # noqa: BLE001 - whatever it is, who asked is told
            content = pickle.dumps(_Raised(_portable(error), traceback.format_exc()))
        try:
            channel.send_bytes(content)
        except OSError:
            return


def _portable(error: Exception) -> Exception:
    """Return the error, or where it cannot be sent a RuntimeError that names it."""
    try:
        if type(pickle.loads(pickle.dumps(error))) is type(error):
            return error
    except Exception:  # noqa: BLE001 - an error's own constructor may do anything
        pass
    return RuntimeError(f"{type(error).__name__}: {error}")
