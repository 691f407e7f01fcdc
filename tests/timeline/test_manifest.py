"""videos.parquet: what became of each video."""

from dataclasses import fields

import pytest

from vidfer.errors import OutputError
from vidfer.timeline.manifest import (
    VideoResult,
    read_manifest,
    result_of_json,
    write_manifest,
)
from vidfer.timeline.reader import load_manifest
from vidfer.timeline.schema import MANIFEST_SCHEMA

DONE = VideoResult(video="b.mp4", path="/v/b.mp4", status="done", frames_decoded=5, width=640)
PARTIAL = VideoResult(
    video="a.mp4",
    path="/v/a.mp4",
    status="partial",
    reason="corrupt",
    error="The video breaks off.",
    lost_ranges_s=[(1.5, 2.0), (3.0, 4.0)],
)


def test_the_fields_are_the_columns():
    assert [field.name for field in fields(VideoResult)] == MANIFEST_SCHEMA.names


def test_rows_come_back_sorted_by_video(tmp_path):
    write_manifest(tmp_path, [DONE, PARTIAL])
    assert list(read_manifest(tmp_path).items()) == [("a.mp4", PARTIAL), ("b.mp4", DONE)]
    assert load_manifest(tmp_path)["video"].to_list() == ["a.mp4", "b.mp4"]


def test_polars_reads_lost_ranges(tmp_path):
    write_manifest(tmp_path, [PARTIAL])
    assert load_manifest(tmp_path)["lost_ranges_s"].to_list() == [
        [{"start_s": 1.5, "end_s": 2.0}, {"start_s": 3.0, "end_s": 4.0}]
    ]


@pytest.mark.parametrize("result", [DONE, PARTIAL])
def test_a_row_survives_json(result):
    assert result_of_json(result.to_json()) == result


def test_no_manifest_is_an_empty_one(tmp_path):
    assert read_manifest(tmp_path) == {}


def test_a_damaged_manifest_is_one_sentence(tmp_path):
    (tmp_path / "videos.parquet").write_bytes(b"not parquet")
    with pytest.raises(OutputError, match="no Parquet file: the next 'vidfer analyze'"):
        read_manifest(tmp_path)
