"""Whatever becomes of a worker, the run goes on, and each job has its result or its failure."""

import os
import sys
from functools import partial

import psutil
import pytest

from tests.engine import works
from vidfer.engine.contract import Failure, WorkError, WorkerStartError
from vidfer.engine.limits import Limits
from vidfer.engine.local import LocalEngine

pytestmark = pytest.mark.timeout(60)


def run(jobs, *, workers=1, make_work=works.make_faulty, careful=None, **limits):
    """Return each job's result, and what was told on the way."""
    told = []
    engine = LocalEngine(environments=[{}] * workers, limits=Limits(**limits))
    results = engine.run(make_work, jobs, on_progress=told.append, make_careful_work=careful)
    return dict(results), told


def assert_failed(result, reason, *words):
    assert isinstance(result, Failure), result
    assert result.reason == reason
    assert result.wall_s > 0
    for word in words:
        assert word in result.what


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(
    ("fault", "word"),
    [
        ("segfault", "SIGSEGV"),
        ("abort", "SIGABRT"),
        ("kill", "SIGKILL"),
        ("exit", "exit code 0"),
        ("sys_exit", "exit code 5"),
    ],
)
def test_a_worker_that_dies_is_replaced_and_its_job_has_a_failure(fault, word, workers):
    jobs = ["ok", "ok 1", fault, "ok 2", "ok 3"]
    results, _ = run(jobs, workers=workers)
    assert_failed(results.pop(fault), "crashed", word)
    assert results == dict.fromkeys(["ok", "ok 1", "ok 2", "ok 3"], "ok")


def test_the_last_words_of_a_dead_worker_are_kept():
    results, _ = run(["abort"])
    assert "std::bad_alloc" in results["abort"].what


@pytest.mark.parametrize("fault", ["hang", "hang_with_lock"])
def test_a_worker_without_progress_is_ended_even_if_it_holds_the_interpreters_lock(fault):
    results, _ = run([fault, "ok"], stall_s=0.7)
    assert_failed(results[fault], "timeout", "no progress for 1 s")
    assert results["ok"] == "ok"


def test_work_that_reads_on_without_a_word_is_no_hang():
    results, _ = run(["read_on 2"], stall_s=0.6)
    assert results == {"read_on 2": "read"}


def test_a_caller_that_takes_its_time_is_not_counted_against_workers():
    engine = LocalEngine(environments=[{}] * 2, limits=Limits(stall_s=1.5))
    finished = []
    for job, result in engine.run(
        works.make_faulty, ["ok", "slow 1"], on_progress=lambda progress: None
    ):
        works.FAULTS["slow"]("2.5")
        finished.append((job, result))
    assert sorted(finished) == [("ok", "ok"), ("slow 1", "slow")]


@pytest.mark.parametrize("fault", ["grow", "grow_in_a_child"])
def test_a_worker_that_grows_too_large_with_its_children_is_ended(fault):
    before = psutil.Process().children(recursive=True)
    results, _ = run([fault, "ok"], memory_bytes=300_000_000)
    assert_failed(results[fault], "oom", "GB of memory, more than 0.3 GB")
    assert results["ok"] == "ok"
    assert psutil.Process().children(recursive=True) == before


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what is shared")
def test_what_a_worker_shares_with_its_children_is_counted_once():
    results, _ = run(["share_with_children"], memory_bytes=400_000_000)
    assert results == {"share_with_children": 200_000_000}


def test_a_lost_job_is_done_once_more_carefully_when_all_others_are_finished():
    jobs = ["once_segfault", "slow", "segfault", "ok"]
    results, told = run(jobs, workers=2, careful=works.make_careful)
    assert results["once_segfault"] == ("careful", "crashed")
    assert_failed(results["segfault"], "crashed")
    assert results["ok"] == "ok"
    order = [job for _, job in told]
    assert sorted(order[:4]) == sorted(jobs)
    assert order[4:] == [job for job in order[:4] if "segfault" in job]


def test_a_second_try_has_a_worker_of_its_own():
    _, told = run(["segfault", "abort", "ok"], careful=works.make_careful)
    first_tries, second_tries = told[:3], told[3:]
    assert len({process for process, _ in second_tries}) == 2
    assert not {process for process, _ in first_tries} & {process for process, _ in second_tries}


def test_what_workers_print_is_not_shown_and_does_not_block_them(capfd):
    results, _ = run(["talk"])
    assert results == {"talk": "said"}
    assert capfd.readouterr() == ("", "")


def test_a_result_that_cannot_be_sent_is_an_error_of_the_work():
    with pytest.raises(TypeError, match="pickle"):
        run(["unpicklable"])


def test_an_error_of_a_librarys_type_comes_by_its_name_so_that_nobody_needs_the_library():
    with pytest.raises(WorkError, match="LibraryError: out of luck") as raised:
        run(["library_error"])
    assert "in a worker process" in str(raised.value.__cause__)


def test_workers_that_die_before_their_first_job_end_the_run_with_their_last_words():
    with pytest.raises(WorkerStartError, match=r"exit code 3 .*libheavy\.so"):
        run(["ok"] * 5, workers=2, make_work=works.make_dies_at_start)


def test_an_interpreter_that_cannot_be_started_is_one_sentence(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(WorkerStartError, match="cannot be started with '/nowhere/python'"):
        run(["ok"])


def test_workers_that_hang_before_their_first_job_end_the_run():
    with pytest.raises(WorkerStartError, match="no progress for"):
        run(["ok"], make_work=works.make_hangs_at_start, start_s=0.6)


def test_a_worker_that_dies_once_at_its_start_costs_no_job(tmp_path):
    results, _ = run([3], make_work=partial(works.make_dies_once_at_start, tmp_path / "died"))
    assert results == {3: 6}


def test_workers_have_their_own_environment_and_the_parents_path(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    engine = LocalEngine(environments=[{"VIDFER_TEST_PLACE": "left"}])
    results = engine.run(works.make_reporter, ["job"], on_progress=lambda progress: None)
    ((_, (process, place, path)),) = results
    assert process != os.getpid()
    assert place == "left"
    assert path == sys.path


def test_no_worker_is_left_when_the_run_is_over_or_given_up():
    before = psutil.Process().children(recursive=True)
    run(["ok", "segfault"], workers=2)
    engine = LocalEngine(environments=[{}] * 2)
    results = engine.run(works.make_faulty, ["ok", "hang"], on_progress=lambda progress: None)
    next(results)
    assert len(psutil.Process().children(recursive=True)) > len(before)
    results.close()
    assert psutil.Process().children(recursive=True) == before
