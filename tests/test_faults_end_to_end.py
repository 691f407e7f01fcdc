"""From a fault in a worker, a source or an output to the right row and one sentence.

Workers, videos and limits are real; what happens to whom is said by tests.sabotage.
"""

import fcntl
import json
import os
import resource
import shutil
import struct
import subprocess
import sys
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import vidfer
from tests.results import EXAMPLES, assert_same_rows, rows_of
from tests.sabotage import SabotagedEngine

pytestmark = pytest.mark.timeout(600)

SETTINGS = vidfer.AnalyzeSettings(
    end_s=0.3, workers=1, threads=1, stall_timeout_s=5.0, max_memory_gb=2.0, detect_every=4
)
NAMES = ("a_good", "abort", "hang", "hang_once", "grow", "cramped", "starved", "z_good")

# Linux's ioctl that tells where on its disk a block of a file is.
FIBMAP = 1

ALSO_ALONE = "also when it tried this video alone"


def fill(folder: Path, *names: str) -> Path:
    """Make a folder of one clip with two faces under many names."""
    folder.mkdir()
    for name in names:
        shutil.copy(EXAMPLES / "two_faces.mp4", folder / f"{name}.mp4")
    return folder


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    """Return the output of one run in which all of that happens."""
    folder = tmp_path_factory.mktemp("faults")
    inputs = fill(folder / "clips", *NAMES)
    vidfer.analyze(inputs, folder / "out", settings=SETTINGS, engine=SabotagedEngine(SETTINGS))
    return folder / "out"


@pytest.fixture(scope="module")
def results(output):
    """Return the manifest's rows by name."""
    rows = vidfer.read_videos(output).iter_rows(named=True)
    return {row["video"].removesuffix(".mp4"): row for row in rows}


def rows_by_video(output: Path, name: str) -> pl.DataFrame:
    return rows_of(output).filter(pl.col("video") == f"{name}.mp4").drop("video")


@pytest.mark.parametrize(
    ("name", "reason", "words"),
    [
        ("abort", "crashed", ("was ended by SIGABRT", ALSO_ALONE)),
        ("hang", "timeout", ("made no progress for 5 s", ALSO_ALONE, "--stall-timeout")),
        ("grow", "oom", ("GB of memory, more than 2 GB", ALSO_ALONE, "--max-memory")),
        ("starved", "oom", ("Memory ran out", "--batch-size", "--retry-failed")),
    ],
)
def test_a_fault_that_comes_back_ends_in_its_reason_and_a_sentence(name, reason, words, results):
    row = results[name]
    assert (row["status"], row["reason"], row["timeline"]) == ("failed", reason, None)
    for word in words:
        assert word in row["error"]
    assert row["error"].endswith(".")
    assert "\n" not in row["error"]


def test_the_other_videos_are_done_and_every_video_has_one_row(results, output):
    assert sorted(results) == sorted(NAMES)
    assert vidfer.read_videos(output).height == len(NAMES)
    for name in ("a_good", "z_good"):
        assert results[name]["status"] == "done"
        assert not results[name]["decoder_why"].startswith("tried again")
    assert rows_by_video(output, "a_good").equals(rows_by_video(output, "z_good"))


def test_a_fault_that_comes_once_is_told_and_changes_no_row(results, output):
    row = results["hang_once"]
    assert row["status"] == "done"
    assert row["decoder_why"].startswith("tried again alone and carefully")
    assert "made no progress for 5 s" in row["decoder_why"]
    assert rows_by_video(output, "hang_once").equals(rows_by_video(output, "a_good"))


def test_a_gpu_without_memory_for_a_batch_halves_it_and_gives_the_same_rows(results, output):
    assert results["cramped"]["status"] == "done"
    cramped, good = (rows_by_video(output, name) for name in ("cramped", "a_good"))
    assert cramped.height == good.height > 0
    for name, dtype in good.schema.items():
        if dtype.is_float():
            ours, theirs = (rows[name].fill_null(-1).to_numpy() for rows in (cramped, good))
            np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4, err_msg=name)
        else:
            assert cramped[name].equals(good[name]), name


def test_nothing_is_left_behind_and_the_next_run_skips_all_that_is_final(output):
    assert vidfer.verify(output).damages == []
    assert [path for path in output.rglob(".*") if path.is_file()] == []


def analyze(
    inputs: Path, output: Path, *options: str, before=None
) -> "subprocess.CompletedProcess[str]":
    """Run the command; `before` is called in its process before it begins."""
    command = [sys.executable, "-m", "vidfer", "analyze", os.fspath(inputs), "--end", "1"]
    return subprocess.run(
        [*command, "-o", os.fspath(output), "--workers", "1", *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
        preexec_fn=before,
    )


def assert_stopped_without_blame(done: "subprocess.CompletedProcess[str]", *words: str) -> None:
    assert done.returncode == 2
    [sentence] = done.stderr.splitlines()
    for word in words:
        assert word in sentence


@contextmanager
def mounted(folder: Path, *arguments: str):
    """Mount a file system on a folder for the block; skip where that is not allowed."""
    folder.mkdir(exist_ok=True)
    try:
        run_as_root("mount", *arguments, os.fspath(folder))
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("mounting is not allowed here")
    try:
        yield folder
    finally:
        run_as_root("umount", os.fspath(folder))


def run_as_root(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=20)


@contextmanager
def failing_disk(folder: Path, clip: Path):
    """Mount a disk with a copy of a clip, in the middle of which reading is an error."""
    image, folder_file = os.fspath(folder.with_suffix(".image")), folder / clip.name
    with open(image, "wb") as file:
        file.truncate(16 * 2**20)
    try:
        run_as_root("mkfs.ext4", "-q", "-b", "1024", "-F", image)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("there is no mkfs.ext4 here")
    with mounted(folder, "-o", "loop", image):
        shutil.copy(clip, folder_file)
        with folder_file.open("rb") as file:
            os.fsync(file.fileno())
            middle = struct.pack("i", clip.stat().st_size // 2 // 1024)
            block = struct.unpack("i", fcntl.ioctl(file.fileno(), FIBMAP, middle))[0]
    with mounted(folder, "-o", "loop,ro", image):
        os.truncate(image, 1024 * block)
        yield folder


def test_a_disk_that_fails_while_a_video_is_read_is_told_so_and_the_others_are_done(
    clips, tmp_path
):
    inputs = fill(tmp_path / "clips", "good")
    with failing_disk(tmp_path / "disk", clips.healthy("index_first").path) as disk:
        done = analyze(inputs, tmp_path / "out", "--json", os.fspath(disk / "index_first.mp4"))
    good, bad = sorted(json.loads(done.stdout)["videos"], key=lambda row: row["status"])
    assert (good["video"], good["status"]) == ("good.mp4", "done")
    assert (bad["status"], bad["reason"]) == ("failed", "io_error")
    assert "Input/output error" in bad["error"]
    assert bad["source_fingerprint"] is None  # so that it is tried again without being asked


def test_a_full_disk_stops_the_run_with_one_sentence_and_the_next_one_goes_on(tmp_path):
    inputs = fill(tmp_path / "clips", "a", "b")
    with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "size=256k", "tmpfs") as disk:
        filler = disk / "filler"
        filler.write_bytes(bytes(252_000))
        output = disk / "out"
        assert_stopped_without_blame(analyze(inputs, output), "The disk is full", "Make room")
        assert list(output.rglob("*.parquet")) == []
        filler.unlink()
        assert analyze(inputs, output).returncode == 0
        assert analyze(inputs, tmp_path / "undisturbed").returncode == 0
        assert_same_rows(output, tmp_path / "undisturbed")


def test_files_that_may_not_grow_stop_the_run_and_blame_no_video(tmp_path):
    inputs = fill(tmp_path / "clips", "a")
    limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (4000, 4000))
    output = tmp_path / "out"
    assert_stopped_without_blame(
        analyze(inputs, output, before=limit), "cannot be written", "File too large"
    )
    assert list(output.rglob("*.parquet")) == []
    assert analyze(inputs, output).returncode == 0
