"""The analyst's door."""

import polars as pl
import pytest

from tests.timeline.test_rows import rows_of
from vidfer.errors import UsageError
from vidfer.timeline.reader import load_manifest, scan_timelines
from vidfer.timeline.schema import TIMELINE_SCHEMA
from vidfer.timeline.writer import TimelineWriter


def write(path, counts):
    with TimelineWriter(path) as writer:
        if counts:
            writer.write(rows_of(counts))
        writer.finish({})


@pytest.fixture
def output(tmp_path):
    for name, counts in (("a.mp4", [1, 2]), ("deep/[x] *.mp4", [0]), ("none.mp4", [])):
        write(tmp_path / "timeline" / f"{name}.parquet", counts)
    (tmp_path / "timeline" / ".left-behind.partial").write_bytes(b"cut off")
    return tmp_path


def test_all_timelines_are_read_lazily(output):
    rows = scan_timelines(output)
    assert isinstance(rows, pl.LazyFrame)
    assert rows.collect().height == 4
    assert rows.collect_schema().names() == TIMELINE_SCHEMA.names


def test_polars_alone_reads_the_same(output):
    ours = scan_timelines(output).collect().sort("frame", "face")
    theirs = pl.scan_parquet(output / "timeline/**/*.parquet").collect().sort("frame", "face")
    assert ours.equals(theirs)


def test_one_file_can_be_read(output):
    assert scan_timelines(output / "timeline/a.mp4.parquet").collect().height == 3


def test_an_output_without_timelines_is_empty_with_all_columns(tmp_path):
    (tmp_path / "timeline").mkdir()
    rows = scan_timelines(tmp_path).collect()
    assert rows.height == 0
    assert rows.columns == TIMELINE_SCHEMA.names


def test_a_folder_that_is_no_output_is_one_sentence(tmp_path):
    with pytest.raises(UsageError, match="vidfer analyze -o"):
        scan_timelines(tmp_path)
    with pytest.raises(UsageError, match="vidfer analyze -o"):
        load_manifest(tmp_path)
