"""How many workers, with how many threads and how much memory, for which machine."""

import pytest

from vidfer.config import AnalyzeSettings
from vidfer.engine.machine import Machine
from vidfer.worker_plan import plan_workers

GB = 10**9


def plan(*, videos=100, cores=8, memory_gb=64, free_gb=48, gpus=(), **settings):
    machine = Machine(cores=cores, memory_bytes=memory_gb * GB, free_bytes=int(free_gb * GB))
    return plan_workers(AnalyzeSettings(**settings), videos=videos, machine=machine, gpus=gpus)


def shape(made):
    return made.workers, made.threads


@pytest.mark.parametrize(
    ("machine", "expected"),
    [
        ({"cores": 2}, (2, 1)),
        ({"cores": 2, "videos": 1}, (1, 2)),
        ({"cores": 8, "videos": 3}, (3, 2)),
        ({"cores": 1}, (1, 1)),
        ({"cores": 64, "free_gb": 6}, (1, 16)),
        ({"cores": 64, "free_gb": 48}, (16, 4)),
        ({"cores": 8, "free_gb": 6}, (2, 4)),
        ({"cores": 64, "free_gb": 6, "threads": 2}, (4, 2)),
        ({"cores": 4, "free_gb": 0.5}, (1, 1)),
        ({"cores": 16, "free_gb": 6, "videos": 1}, (1, 16)),
        ({"cores": 16, "free_gb": 3, "videos": 1}, (1, 6)),
        ({"cores": 16, "gpus": ("0",)}, (1, 16)),
        ({"cores": 16, "gpus": ("0", "1", "2", "3")}, (4, 4)),
        ({"cores": 16, "gpus": ("0", "1"), "videos": 1}, (1, 16)),
        ({"cores": 16, "device": "cuda:1"}, (1, 16)),
        ({"cores": 16, "device": "mps"}, (1, 16)),
    ],
)
def test_the_machine_decides_what_is_left_open(machine, expected):
    assert shape(plan(**machine)) == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ({"workers": 3}, (3, 2)),
        ({"workers": 16}, (16, 1)),
        ({"workers": 16, "videos": 2}, (2, 4)),
        ({"threads": 4}, (8, 4)),
        ({"workers": 1, "threads": 1}, (1, 1)),
        ({"workers": 4, "gpus": ("0", "1")}, (4, 2)),
    ],
)
def test_what_is_typed_holds_as_far_as_there_are_videos(typed, expected):
    assert shape(plan(**typed)) == expected


def test_each_worker_sees_one_gpu_of_its_own():
    environments = plan(gpus=("2", "GPU-8f")).environments
    assert [one["CUDA_VISIBLE_DEVICES"] for one in environments] == ["2", "GPU-8f"]


def test_more_workers_than_gpus_share_them():
    environments = plan(gpus=("0", "1"), workers=4).environments
    assert [one["CUDA_VISIBLE_DEVICES"] for one in environments] == ["0", "1", "0", "1"]


def test_a_worker_that_has_all_gpus_to_itself_is_told_nothing():
    assert plan(gpus=("0", "1"), videos=1).environments == ({},)


def test_memory_is_shared_out_and_all_of_it_is_for_a_video_tried_alone():
    made = plan(cores=4, memory_gb=20, free_gb=20)
    assert made.limits.memory_bytes == 4 * GB
    assert made.limits_alone.memory_bytes == 16 * GB


def test_a_worker_may_always_grow_to_what_an_ordinary_video_needs():
    assert plan(cores=8, workers=8, memory_gb=8).limits.memory_bytes == 2_500_000_000


def test_typed_limits_hold_alone_and_together():
    made = plan(max_memory_gb=1.5, stall_timeout_s=30)
    for limits in (made.limits, made.limits_alone):
        assert (limits.memory_bytes, limits.stall_s) == (1_500_000_000, 30.0)


def test_loading_libraries_may_take_longer_than_a_stall():
    assert plan(stall_timeout_s=5).limits.start_s > 60
    assert plan(stall_timeout_s=500).limits.start_s == 500
