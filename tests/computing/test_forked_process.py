"""A copy that answers: in order, errors and all, and with the end of one the other ends."""

import gc
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
import torch

from tests.processes import assert_gone
from vidfer.computing.forked_process import ForkedProcess
from vidfer.errors import CorruptVideoError, DecoderFailedError

pytestmark = [
    pytest.mark.timeout(60),
    pytest.mark.skipif(sys.platform != "linux", reason="children are forked on Linux"),
]


class NotToBeSentError(Exception):
    def __init__(self, number):
        super().__init__(f"number {number}")
        self.lock = threading.Lock()


class OfTwoArgumentsError(Exception):
    """Cannot be made again from its message."""

    def __init__(self, left, right):
        super().__init__(f"{left} and {right}")


ERRORS = {
    "video": CorruptVideoError("The file is damaged."),
    "decoder": DecoderFailedError("gave up"),
    "memory": MemoryError("short"),
    "torch": torch.OutOfMemoryError("short"),
    "key": KeyError("nothing"),
    "lock": NotToBeSentError(7),
    "two": OfTwoArgumentsError(1, 2),
}


def answer(request):
    kind, *rest = request if isinstance(request, tuple) else (request,)
    if kind in ERRORS:
        raise ERRORS[kind]
    if kind == "sleep":
        time.sleep(rest[0])
    if kind == "unpicklable":
        return threading.Lock()
    return os.getpid() if kind == "who" else request


@pytest.fixture
def child():
    process = ForkedProcess(lambda: answer)
    yield process
    process.end()


def test_each_thread_gets_the_answer_to_its_own_request(child):
    requests = [("sleep", 0.002 * (i % 3), i) for i in range(60)]
    with ThreadPoolExecutor(8) as executor:
        assert list(executor.map(child.ask, requests)) == requests


def test_large_requests_and_answers_pass_while_others_wait(child):
    requests = [bytes([i]) * 3_000_000 for i in range(12)]
    with ThreadPoolExecutor(6) as executor:
        assert list(executor.map(child.ask, requests)) == requests


def test_the_answer_is_made_in_a_child_that_has_what_is_loaded(child):
    number = child.ask("who")
    assert number == child.process_id != os.getpid()
    assert psutil.Process(number).ppid() == os.getpid()
    marker = object()
    other = ForkedProcess(lambda: lambda _: id(marker))
    assert other.ask("where") == id(marker)
    other.end()


@pytest.mark.parametrize("kind", ["video", "decoder", "memory", "torch", "key"])
def test_an_error_arrives_as_its_type_with_where_it_came_up_and_the_child_goes_on(kind, child):
    with pytest.raises(type(ERRORS[kind])) as raised:
        child.ask(kind)
    assert type(raised.value) is type(ERRORS[kind])
    assert raised.value.args == ERRORS[kind].args
    assert "in answer" in str(raised.value.__cause__)
    assert child.ask("who") == child.process_id


@pytest.mark.parametrize(
    ("kind", "words"),
    [("lock", "NotToBeSentError: number 7"), ("two", "OfTwoArgumentsError: 1 and 2")],
)
def test_an_error_that_cannot_be_sent_arrives_by_its_name(kind, words, child):
    with pytest.raises(RuntimeError, match=words):
        child.ask(kind)
    assert child.ask("who") == child.process_id


def test_what_cannot_be_sent_is_an_error_and_the_child_goes_on(child):
    with pytest.raises(TypeError, match="pickle"):
        child.ask("unpicklable")
    with pytest.raises(TypeError, match="pickle"):
        child.ask(threading.Lock())
    assert child.ask("who") == child.process_id


def test_an_ended_child_is_gone_whatever_it_does_and_who_waits_is_told():
    child = ForkedProcess(lambda: answer)
    with ThreadPoolExecutor(2) as executor:
        waiting = [executor.submit(child.ask, ("sleep", 100)) for _ in range(2)]
        time.sleep(0.2)
        child.end()
        for future in waiting:
            with pytest.raises(RuntimeError, match="has ended"):
                future.result()
    child.end()
    assert not psutil.pid_exists(child.process_id)
    with pytest.raises(RuntimeError, match="has been ended"):
        child.ask("who")


def test_children_leave_interrupts_to_their_parent(child):
    os.kill(child.process_id, signal.SIGINT)
    assert child.ask("who") == child.process_id


def test_children_hold_none_of_the_descriptors_that_others_wait_for():
    reading, writing = os.pipe()
    children = [ForkedProcess(lambda: answer) for _ in range(2)]
    os.close(writing)
    assert os.read(reading, 1) == b""
    os.close(reading)
    held = psutil.Process(children[1].ask("who")).num_fds()
    assert held <= 4
    for child in children:
        child.end()


PARENT = """
import os, signal, sys, time
from vidfer.computing.forked_process import ForkedProcess

def answer(request):
    if request == "sleep":
        time.sleep(100)
    if request == "exit":
        os._exit(7)
    return os.getpid()

children = [ForkedProcess(lambda: answer) for _ in range(2)]
print(*(child.ask("who") for child in children), flush=True)
children[0].ask(sys.argv[1])
"""


def start(request: str) -> "tuple[subprocess.Popen[str], list[int]]":
    """Start a parent whose first child is asked for something; return it and the children."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, request], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    return parent, [int(number) for number in parent.stdout.readline().split()]


@pytest.mark.parametrize("name", ["SIGKILL", "SIGSEGV", "SIGABRT", "SIGTERM"])
@pytest.mark.parametrize("which", [0, 1], ids=["busy", "idle"])
def test_a_child_that_is_killed_takes_its_parent_along_by_the_same_signal(name, which):
    parent, children = start("sleep")
    os.kill(children[which], signal.Signals[name])
    parent.communicate(timeout=10)
    assert parent.returncode == -signal.Signals[name]
    assert_gone(children)


def test_a_child_that_ends_itself_takes_its_parent_along_with_its_exit_code():
    parent, children = start("exit")
    parent.communicate(timeout=10)
    assert parent.returncode == 7
    assert_gone(children)


@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGINT"])
def test_children_end_with_their_parent(name):
    parent, children = start("sleep")
    parent.send_signal(signal.Signals[name])
    parent.communicate(timeout=10)
    assert_gone(children)


def test_children_of_a_program_that_comes_to_its_end_are_gone():
    parent, children = start("who")
    parent.communicate(timeout=10)
    assert parent.returncode == 0
    assert_gone(children)


def test_a_child_ends_where_nobody_collects_children():
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        child = ForkedProcess(lambda: answer)
        assert child.ask("who") == child.process_id
        child.end()
        assert not psutil.pid_exists(child.process_id)
    finally:
        signal.signal(signal.SIGCHLD, before)


def test_a_child_that_takes_nothing_in_can_be_ended():
    child = ForkedProcess(lambda: answer)
    with ThreadPoolExecutor(3) as executor:
        asked = [executor.submit(child.ask, ("sleep", 100, bytes(10**7))) for _ in range(3)]
        time.sleep(0.3)
        child.end()
        errors = [future.exception() for future in asked]
        assert [type(error) for error in errors] == [RuntimeError] * 3


def test_a_child_that_was_forked_by_a_thread_outlives_that_thread():
    made = []
    thread = threading.Thread(target=lambda: made.append(ForkedProcess(lambda: answer)))
    thread.start()
    thread.join()
    gc.collect()
    time.sleep(0.2)
    assert made[0].ask("who") == made[0].process_id
    made[0].end()


def test_the_errors_of_this_test_are_what_they_claim():
    with pytest.raises(TypeError):
        pickle.loads(pickle.dumps(ERRORS["two"]))
