"""What a process may use is what the scheduler and the container's limits leave of the machine."""

import os
import stat

import psutil
import pytest

from vidfer.engine.machine import this_machine, visible_gpus


@pytest.fixture
def groups(tmp_path):
    """Return what writes a control group's limits, and the machine as seen through them."""
    own = tmp_path / "own"
    folders = tmp_path / "cgroup"
    own.write_text("0::/\n")

    def write(membership: str, limits: dict[str, str]):
        own.write_text(membership)
        for name, text in limits.items():
            path = folders / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return this_machine(own_groups=own, all_groups=folders)

    return write


def test_without_limits_it_is_the_whole_machine(groups):
    found = groups("0::/\n", {"cpu.max": "max 100000\n", "memory.max": "max\n"})
    assert found.cores == len(os.sched_getaffinity(0))
    assert found.memory_bytes == psutil.virtual_memory().total
    assert 0 < found.free_bytes <= found.memory_bytes


def test_a_containers_limits_hold(groups):
    found = groups("0::/\n", {"cpu.max": "150000 100000\n", "memory.max": "300000000\n"})
    assert (found.cores, found.memory_bytes, found.free_bytes) == (1, 300_000_000, 300_000_000)


def test_limits_of_the_groups_above_hold_too(groups):
    limits = {"a/memory.max": "400000000", "a/b/memory.max": "max", "memory.max": "900000000"}
    assert groups("0::/a/b\n", limits).memory_bytes == 400_000_000


def test_limits_of_the_older_kind_hold(groups):
    found = groups(
        "4:memory:/host/name\n1:cpu,cpuacct:/\n",
        {
            "memory/memory.limit_in_bytes": "500000000\n",
            "cpu/cpu.cfs_quota_us": "50000\n",
            "cpu/cpu.cfs_period_us": "100000\n",
        },
    )
    assert (found.cores, found.memory_bytes) == (1, 500_000_000)


def test_no_limit_of_the_older_kind_is_no_limit(groups):
    found = groups(
        "4:memory:/\n1:cpu:/\n",
        {
            "memory/memory.limit_in_bytes": "9223372036854771712\n",
            "cpu/cpu.cfs_quota_us": "-1\n",
            "cpu/cpu.cfs_period_us": "100000\n",
        },
    )
    assert found.memory_bytes == psutil.virtual_memory().total


@pytest.fixture
def nvidia_smi(tmp_path, monkeypatch):
    """Return what puts a program of that name, with a given text, before all others."""
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    visible_gpus.cache_clear()

    def put(text: str) -> None:
        path = tmp_path / "nvidia-smi"
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    yield put
    visible_gpus.cache_clear()


def test_gpus_are_those_that_nvidia_smi_lists(nvidia_smi):
    nvidia_smi("printf '0\\n1\\n'")
    assert visible_gpus() == ("0", "1")


@pytest.mark.parametrize("text", ["echo 'NVIDIA-SMI has failed'; exit 9", "exit 1"])
def test_a_driver_that_is_out_of_order_means_no_gpus(nvidia_smi, text):
    nvidia_smi(text)
    assert visible_gpus() == ()


@pytest.mark.parametrize(
    ("given", "names"),
    [("2,3", ("2", "3")), ("GPU-8f, GPU-9a", ("GPU-8f", "GPU-9a")), ("", ()), ("1,-1,2", ("1",))],
)
def test_gpus_are_those_that_the_user_leaves_visible(nvidia_smi, monkeypatch, given, names):
    nvidia_smi("printf '0\\n1\\n2\\n3\\n'")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", given)
    assert visible_gpus() == names
