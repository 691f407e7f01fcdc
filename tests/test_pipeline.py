"""The order of the stages, and what comes out of it."""

import threading

import pyarrow as pa
import pytest

from tests.fakes import AlwaysHappy, SquareFinder, frames_with_squares
from vidfer.errors import CorruptVideoError, OutputError
from vidfer.pipeline import Tally, run_pipeline


def run(chunks, *, write=None, on_chunk=lambda tally: None) -> tuple[Tally, pa.Table]:
    tables = []
    tally = run_pipeline(
        chunks,
        video="clip.mp4",
        faces=SquareFinder(),
        emotions=AlwaysHappy(),
        write=write or tables.append,
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


@pytest.mark.timeout(20)
def test_rows_before_a_source_gives_up_are_written_and_its_error_arrives():
    def broken():
        yield frames_with_squares([1])
        raise CorruptVideoError("The file is damaged.")

    written = []
    with pytest.raises(CorruptVideoError, match="damaged"):
        run(broken(), write=written.append)
    assert len(written) == 1
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
