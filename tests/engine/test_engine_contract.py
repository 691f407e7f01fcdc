"""Every engine runs every job once, and hands on what it tells."""

from contextlib import closing

import pytest

from tests.engine.works import make_doubler, make_raises
from vidfer.engine.local import LocalEngine
from vidfer.engine.serial import SerialEngine


@pytest.fixture(
    params=[SerialEngine, LocalEngine, lambda: LocalEngine(environments=[{}, {}])],
    ids=["serial", "one_worker", "two_workers"],
)
def engine(request):
    return request.param()


def run(engine, jobs, make_work=make_doubler, on_progress=lambda progress: None):
    return engine.run(make_work, jobs, on_progress=on_progress)


def test_each_job_has_one_result(engine):
    assert sorted(run(engine, range(7))) == [(i, 2 * i) for i in range(7)]


def test_no_jobs_are_no_results(engine):
    assert list(run(engine, [])) == []


def test_progress_is_handed_on(engine):
    seen = []
    list(run(engine, range(3), on_progress=seen.append))
    assert sorted(seen) == ["at 0", "at 1", "at 2"]


def test_an_error_of_the_work_ends_the_run(engine):
    with pytest.raises(ValueError, match="-1"):
        list(run(engine, [1, -1, 2]))


def test_an_error_while_the_work_is_made_ends_the_run(engine):
    with pytest.raises(FileNotFoundError, match="no such weights"):
        list(run(engine, [1], make_raises))


def test_a_job_is_handed_back_as_the_very_object_that_was_given(engine):
    jobs = [10**20, 10**21]
    assert {id(job) for job, _ in run(engine, jobs)} == {id(job) for job in jobs}


def test_jobs_are_taken_only_when_there_is_a_worker_for_them(engine):
    taken = []
    jobs = (taken.append(i) or i for i in range(100))
    with closing(run(engine, jobs)) as results:
        next(results)
    assert len(taken) <= 4
    assert next(jobs) == len(taken) - 1  # the others are still to be had


def test_an_engine_can_run_again(engine):
    for _ in range(2):
        assert list(run(engine, [1])) == [(1, 2)]
