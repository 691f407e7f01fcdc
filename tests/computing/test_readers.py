"""Threads and processes read the same: one contract, two ways to compute."""

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import get_args

import numpy as np
import psutil
import pyarrow as pa
import pytest

import vidfer
from tests.fakes import AlwaysHappy, SquareFinder, SquareNumbering, frames_with_squares
from vidfer.computing.chunk_reader import ChunkReader
from vidfer.computing.process_reader import ProcessReader
from vidfer.config import AnalyzeSettings
from vidfer.engine.contract import Failure
from vidfer.errors import CorruptVideoError, OutputError
from vidfer.pipeline import run_pipeline
from vidfer.profiling import Stage, Stopwatch
from vidfer.stages import Stages
from vidfer.video_worker import VideoWorker

pytestmark = [
    pytest.mark.timeout(60),
    pytest.mark.skipif(sys.platform != "linux", reason="children are forked on Linux"),
]

SLOT_BYTES = 100_000
COUNTS = [int(count) for count in np.random.default_rng(1).integers(0, 4, 150)]


class Finder(SquareFinder):
    """Takes its time in turns, and gives up on a frame far away."""

    def find(self, glance, following):
        time.sleep(0.002 * (glance.outline[0] % 3))
        if glance.outline[0] >= 10**6:
            raise CorruptVideoError(f"The frame {glance.outline[0]} is odd.")
        return super().find(glance, following)


class SigningFinder(SquareFinder):
    """Writes the number of its process into the faces' scores."""

    def find(self, glance, following):
        faces = super().find(glance, following)
        signed = np.full(len(faces), os.getpid() % 2**20, dtype=np.float32)
        return replace(faces, detections=replace(faces.detections, score=signed))


@pytest.fixture(params=["1 thread", "3 threads", "1 process", "2 processes", "3 processes"])
def reader(request):
    count, kind = request.param.split()
    here = ChunkReader(Finder(), AlwaysHappy(), threads=int(count))
    if kind.startswith("thread"):
        yield here
        return
    reader = ProcessReader(here, processes=int(count), slot_bytes=SLOT_BYTES)
    yield reader
    reader.close()


def chunks_of(counts: list[int], *, size: int, first: int = 0):
    for start in range(0, len(counts), size):
        yield frames_with_squares(counts[start : start + size], first_index=first + start)


def read(reader, chunks, **options) -> pa.Table:
    tables: list[pa.Table] = []
    try:
        with ThreadPoolExecutor(reader.askers) as executor:
            run_pipeline(
                chunks,
                video="clip.mp4",
                reader=reader,
                numbering=SquareNumbering(),
                executor=executor,
                **{"write": tables.append} | options,
            )
    finally:
        reader.let_go_of_all()
    return pa.concat_tables(tables)


def assert_same(rows: pa.Table, wanted: pa.Table) -> None:
    # What SquareFinder holds for usable depends on a face's place in its chunk.
    ours, theirs = (table.drop_columns(["usable"]).to_pylist() for table in (rows, wanted))
    assert ours == theirs


@pytest.fixture(scope="module")
def wanted() -> pa.Table:
    return read(ChunkReader(SquareFinder(), AlwaysHappy()), chunks_of(COUNTS, size=7))


def test_rows_are_the_same_wherever_chunks_are_read_video_after_video(reader, wanted):
    for size in (7, 1, 16):
        rows = read(reader, chunks_of(COUNTS, size=size))
        assert_same(rows, wanted)


def test_frames_are_still_there_when_their_chunk_is_written(reader):
    shown = []
    read(
        reader,
        chunks_of([1, 3, 0, 2] * 10, size=2),
        keep=lambda frames, *_: shown.append(int((frames.rgb()[-1, 0, ::16, 0] > 0).sum())),
    )
    assert shown == [3, 2] * 10


def test_the_error_of_a_stage_arrives_as_its_type_and_the_next_video_is_read(reader, wanted):
    def odd():
        yield from chunks_of([2] * 10, size=2)
        yield from chunks_of([1] * 40, size=1, first=10**6)

    written = []
    with pytest.raises(CorruptVideoError, match="The frame 1000000 is odd"):
        read(reader, odd(), write=lambda rows: written.append(len(rows)))
    assert written == [4] * 5
    rows = read(reader, chunks_of(COUNTS, size=5))
    assert_same(rows, wanted)


def test_a_consumer_that_gives_up_leaves_the_reader_usable(reader, wanted):
    def full_disk(rows):
        raise OutputError("The disk is full.")

    for _ in range(3):
        with pytest.raises(OutputError):
            read(reader, chunks_of(COUNTS, size=2), write=full_disk)
    rows = read(reader, chunks_of(COUNTS, size=9))
    assert_same(rows, wanted)


def test_every_stage_is_measured_wherever_it_was(reader):
    stopwatch = Stopwatch()
    read(reader, chunks_of(COUNTS, size=7), watch=stopwatch)
    profile = stopwatch.profile(frames=len(COUNTS))
    assert set(profile.stages) == set(get_args(Stage)) - {"opening"}
    assert profile.stages["following and crops"].cpu_s > 0
    assert sum(taken.cpu_s for taken in profile.stages.values()) <= profile.total.cpu_s


def processes_of(reader: ProcessReader) -> list[psutil.Process]:
    children = psutil.Process().children()
    return [child for child in children if child.pid in {p.process_id for p in reader._processes}]


def test_all_processes_have_their_part():
    here = ChunkReader(SigningFinder(), AlwaysHappy())
    reader = ProcessReader(here, processes=3, slot_bytes=SLOT_BYTES)
    rows = read(reader, chunks_of([3] * 120, size=2))
    numbers = {process.pid % 2**20 for process in processes_of(reader)}
    reader.close()
    assert len(numbers) == 3
    assert set(rows["face_score"].to_pylist()) == numbers


def test_a_reader_that_is_closed_or_forgotten_leaves_no_process():
    for leave in ("close", "forget"):
        here = ChunkReader(SquareFinder(), AlwaysHappy())
        reader = ProcessReader(here, processes=2, slot_bytes=SLOT_BYTES)
        processes = processes_of(reader)
        assert len(processes) == 2
        if leave == "close":
            reader.close()
        del reader
        assert not any(process.is_running() for process in processes)


def test_a_chunk_that_is_too_large_for_its_slot_ends_the_video_only(wanted):
    reader = ProcessReader(
        ChunkReader(SquareFinder(), AlwaysHappy()), processes=2, slot_bytes=SLOT_BYTES
    )
    with pytest.raises(MemoryError):
        read(reader, chunks_of(COUNTS, size=40))
    rows = read(reader, chunks_of(COUNTS, size=16))
    assert_same(rows, wanted)
    reader.close()


def children() -> int:
    return len(psutil.Process().children())


def test_a_worker_with_threads_has_processes_and_a_careful_one_has_none():
    before = children()
    settings = AnalyzeSettings(threads=2)
    worker = VideoWorker(settings)
    assert children() == before + (2 if worker._stages.device.type == "cpu" else 0)
    del worker
    assert children() == before
    careful = VideoWorker(settings, after=Failure(reason="crashed", what="died", wall_s=1))
    single = VideoWorker(AnalyzeSettings(threads=1))
    assert children() == before
    del careful, single


def test_frames_in_memory_are_analysed_without_forking_the_users_process(monkeypatch):
    monkeypatch.setattr(os, "fork", lambda: pytest.fail("forked"))
    frames = np.zeros((3, 64, 64, 3), dtype=np.uint8)
    rows = vidfer.analyze_frames(frames, [0.0, 0.1, 0.2], settings=AnalyzeSettings(threads=2))
    assert rows["status"].to_list() == ["no_face"] * 3


def test_where_no_process_can_be_forked_threads_do_the_work(monkeypatch):
    def refuse():
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refuse)
    before = psutil.Process().num_fds()
    stages = Stages(AnalyzeSettings(), threads=2, processes=True)
    assert isinstance(stages._reader, ChunkReader)
    assert psutil.Process().num_fds() == before


def test_when_only_the_second_fork_is_refused_the_first_child_is_ended(monkeypatch):
    fork, before, forked = os.fork, children(), []

    def refuse_the_second():
        if forked:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        forked.append(1)
        return fork()

    monkeypatch.setattr(os, "fork", refuse_the_second)
    with pytest.raises(BlockingIOError):
        ProcessReader(ChunkReader(SquareFinder(), AlwaysHappy()), processes=2, slot_bytes=1)
    assert children() == before
