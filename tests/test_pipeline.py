"""The order of the stages, and what comes out of it."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pytest

from tests.fakes import AlwaysHappy, SquareFinder, SquareNumbering, frames_with_squares
from vidfer.batches import FrameBatch
from vidfer.computing.chunk_reader import ChunkReader
from vidfer.errors import CorruptVideoError, OutputError
from vidfer.pipeline import Tally, run_pipeline


def run(
    chunks, *, faces=None, numbering=None, write=None, on_chunk=lambda tally: None, threads=1
) -> tuple[Tally, pa.Table]:
    tables = []
    with ThreadPoolExecutor(threads) as executor:
        tally = run_pipeline(
            chunks,
            video="clip.mp4",
            reader=ChunkReader(faces or SquareFinder(), AlwaysHappy()),
            numbering=numbering or SquareNumbering(),
            write=write or tables.append,
            executor=executor,
            on_chunk=on_chunk,
        )
    return tally, pa.concat_tables(tables) if tables else None


def test_every_frame_has_a_row_and_every_face_its_own():
    tally, rows = run([frames_with_squares([1, 0, 3]), frames_with_squares([2], first_index=3)])
    assert rows["frame"].to_pylist() == [0, 1, 2, 2, 2, 3, 3]
    assert rows["face"].to_pylist() == [0, None, 0, 1, 2, 0, 1]
    assert rows["status"].to_pylist() == ["ok", "no_face", "ok", "ok", "ok", "ok", "ok"]
    assert tally == Tally(
        position=4, frames=4, frames_with_face=3, frames_usable=3, faces=6, tracks=3
    )


def test_progress_is_told_after_each_chunk():
    seen = []
    chunks = [frames_with_squares([1]), frames_with_squares([1], first_index=1)]
    run(chunks, on_chunk=lambda tally: seen.append(tally.frames))
    assert seen == [1, 2]


class NeighbourFinder(SquareFinder):
    """Notes which chunk was found beside which, and takes longer for earlier ones."""

    def __init__(self, *, delay_s: float = 0.0, fails_at: int | None = None) -> None:
        self.pairs = []
        self._delay_s = delay_s
        self._fails_at = fails_at

    def find(self, glance, following):
        first = int(glance.outline[0])
        time.sleep(self._delay_s / (1 + first))
        if first == self._fails_at:
            raise ZeroDivisionError("a face stage that fails")
        self.pairs.append((first, None if following is None else int(following[0])))
        return super().find(glance, following)


def single_frames(count: int) -> Iterator[FrameBatch]:
    return (frames_with_squares([1], first_index=i) for i in range(count))


def test_each_chunk_is_found_beside_the_next_one_and_the_last_beside_none():
    finder = NeighbourFinder()
    run(single_frames(4), faces=finder)
    assert finder.pairs == [(0, 1), (1, 2), (2, 3), (3, None)]


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.timeout(20)
def test_chunks_are_numbered_and_written_in_order_whichever_is_ready_first(threads):
    finder, numbering = NeighbourFinder(delay_s=0.05), SquareNumbering()
    tally, rows = run(single_frames(9), faces=finder, numbering=numbering, threads=threads)
    assert rows["frame"].to_pylist() == numbering.numbered == list(range(9))
    assert set(finder.pairs) == {*((i, i + 1) for i in range(8)), (8, None)}
    assert tally.position == 9


def test_a_video_without_frames_is_written_nothing_of():
    tally, rows = run([])
    assert tally == Tally()
    assert rows is None


@pytest.mark.parametrize("fails_at", [0, 3, 8])
@pytest.mark.timeout(20)
def test_the_error_of_a_stage_arrives_and_the_chunks_before_it_are_written(fails_at):
    written = []
    finder = NeighbourFinder(fails_at=fails_at)
    with pytest.raises(ZeroDivisionError, match="fails"):
        run(single_frames(9), faces=finder, write=written.append, threads=2)
    assert len(written) == fails_at
    assert no_reader_is_left()


@pytest.mark.timeout(20)
def test_the_error_of_a_source_that_gives_up_arrives_and_its_thread_ends():
    def broken():
        yield frames_with_squares([1])
        raise CorruptVideoError("The file is damaged.")

    with pytest.raises(CorruptVideoError, match="damaged"):
        run(broken())
    assert no_reader_is_left()


@pytest.mark.timeout(20)
def test_a_writer_that_fails_ends_the_decoding_thread():
    def endless():
        index = 0
        while True:
            yield frames_with_squares([0], first_index=index)
            index += 1

    def full_disk(rows):
        raise OutputError("The disk is full.")

    with pytest.raises(OutputError):
        run(endless(), write=full_disk)
    assert no_reader_is_left()


def no_reader_is_left() -> bool:
    return not any(thread.name == "vidfer-read-ahead" for thread in threading.enumerate())
