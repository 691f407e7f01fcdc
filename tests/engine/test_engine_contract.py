"""Every engine runs every job once, and hands on what it tells."""

import pytest

from vidfer.engine.serial import SerialEngine

ENGINES = [SerialEngine()]


def make_doubler():
    def work(job, on_progress):
        on_progress(f"at {job}")
        if job < 0:
            raise ValueError(job)
        return 2 * job

    return work


@pytest.mark.parametrize("engine", ENGINES)
def test_each_job_has_one_result(engine):
    results = engine.run(make_doubler, range(5), on_progress=lambda p: None)
    assert sorted(results) == [(i, 2 * i) for i in range(5)]


@pytest.mark.parametrize("engine", ENGINES)
def test_progress_is_handed_on(engine):
    seen = []
    list(engine.run(make_doubler, range(3), on_progress=seen.append))
    assert sorted(seen) == ["at 0", "at 1", "at 2"]


@pytest.mark.parametrize("engine", ENGINES)
def test_an_error_of_the_work_ends_the_run(engine):
    with pytest.raises(ValueError, match="-1"):
        list(engine.run(make_doubler, [1, -1, 2], on_progress=lambda p: None))
