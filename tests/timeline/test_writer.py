"""A timeline file that exists is complete."""

import os
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.timeline.test_rows import rows_of
from vidfer.errors import OutputError
from vidfer.timeline.manifest import read_timeline_metadata
from vidfer.timeline.schema import TIMELINE_SCHEMA
from vidfer.timeline.writer import TimelineWriter


def visible_files(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if not path.name.startswith(".")]


def test_rows_and_metadata_come_back(tmp_path):
    path = tmp_path / "deep" / "clip.mp4.parquet"
    with TimelineWriter(path) as writer:
        writer.write(rows_of([1, 0]))
        writer.write(rows_of([2]))
        writer.finish({"vidfer.key": "value"})
    assert pq.read_table(path).num_rows == 4
    assert pq.read_schema(path).remove_metadata() == TIMELINE_SCHEMA
    assert read_timeline_metadata(path)["vidfer.key"] == "value"
    assert list(path.parent.iterdir()) == [path]


def test_nothing_is_visible_before_the_end(tmp_path):
    path = tmp_path / "clip.parquet"
    with TimelineWriter(path) as writer:
        writer.write(rows_of([1]))
        assert visible_files(tmp_path) == []
        writer.finish({})
    assert visible_files(tmp_path) == ["clip.parquet"]


def test_an_error_leaves_no_trace_and_keeps_the_older_file(tmp_path):
    path = tmp_path / "clip.parquet"
    path.write_bytes(b"older")
    with pytest.raises(ZeroDivisionError), TimelineWriter(path) as writer:
        writer.write(rows_of([1]))
        raise ZeroDivisionError
    assert path.read_bytes() == b"older"
    assert list(tmp_path.iterdir()) == [path]


def test_a_video_without_analysed_frames_gives_an_empty_timeline(tmp_path):
    path = tmp_path / "clip.parquet"
    with TimelineWriter(path) as writer:
        writer.finish({})
    table = pq.read_table(path)
    assert table.num_rows == 0
    assert table.schema.remove_metadata() == TIMELINE_SCHEMA


def test_pages_carry_checksums_so_that_a_flipped_byte_is_noticed(tmp_path):
    path = tmp_path / "clip.parquet"
    with TimelineWriter(path) as writer:
        for _ in range(50):
            writer.write(rows_of([3, 0, 2]))
        writer.finish({})
    content = bytearray(path.read_bytes())
    column = pq.read_metadata(path).row_group(0).column(2)
    start = column.dictionary_page_offset or column.data_page_offset
    content[start + column.total_compressed_size - 3] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(OSError, match=r"(?i)crc|checksum|corrupt"):
        pq.read_table(path, page_checksum_verification=True)


def fill_the_disk_under(path: Path) -> None:
    """Let a file that is open for writing meet a full disk from here on."""
    full = os.open("/dev/full", os.O_WRONLY)
    for link in Path("/proc/self/fd").iterdir():
        if link.exists() and link.resolve() == path:
            os.dup2(full, int(link.name))
    os.close(full)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_a_full_disk_is_one_sentence(tmp_path):
    path = tmp_path / "clip.parquet"
    with pytest.raises(OutputError, match="disk is full"), TimelineWriter(path) as writer:
        fill_the_disk_under(tmp_path / ".clip.parquet.partial")
        for _ in range(200):
            writer.write(rows_of([3] * 100))
        writer.finish({})
    assert not path.exists()


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="choose another output"):
        TimelineWriter(tmp_path / "file" / "clip.parquet")
