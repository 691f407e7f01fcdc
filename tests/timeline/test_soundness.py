"""Rows that were never right are found as well, although their bytes are as written."""

import pytest

from tests.timeline.test_rows import rows_of
from vidfer.timeline.manifest import RESULT_KEY, VideoResult
from vidfer.timeline.soundness import fault_of_timeline
from vidfer.timeline.writer import TimelineWriter

NAME = "timeline/clip.parquet"


def fault_of(path, rows, *, frames, with_face, faces):
    video = rows[0]["video"][0].as_py()
    result = VideoResult(
        video=video,
        path="/v/clip.mp4",
        status="done",
        frames_analysed=frames,
        frames_with_face=with_face,
        faces=faces,
        timeline=NAME,
    )
    with TimelineWriter(path) as writer:
        for table in rows:
            writer.write(table)
        writer.finish({RESULT_KEY: result.to_json()})
    return fault_of_timeline(path, timeline=NAME, listed=result, has_manifest=True)


@pytest.mark.parametrize("counts", [[0], [1], [1, 0, 3], [0, 0, 2, 2]])
def test_sound_rows_have_no_fault(counts, tmp_path):
    figures = {
        "frames": len(counts),
        "with_face": sum(count > 0 for count in counts),
        "faces": sum(counts),
    }
    assert fault_of(tmp_path / "clip.parquet", [rows_of(counts)], **figures) is None


def test_rows_out_of_order_are_found(tmp_path):
    rows = rows_of([1, 0, 2])
    swapped = [rows.slice(1), rows.slice(0, 1)]
    what = fault_of(tmp_path / "clip.parquet", swapped, frames=3, with_face=2, faces=3)
    assert "not in the order" in what


@pytest.mark.parametrize("wrong", [{"frames": 4}, {"with_face": 3}, {"faces": 2}])
def test_another_number_of_frames_or_faces_is_found(wrong, tmp_path):
    figures = {"frames": 3, "with_face": 2, "faces": 3} | wrong
    what = fault_of(tmp_path / "clip.parquet", [rows_of([1, 0, 2])], **figures)
    assert "another number" in what


def test_a_file_of_another_kind_is_found(tmp_path):
    with TimelineWriter(tmp_path / "clip.parquet") as writer:
        writer.finish({})
    what = fault_of_timeline(
        tmp_path / "clip.parquet", timeline=NAME, listed=None, has_manifest=False
    )
    assert what == "does not say which video it is of"
