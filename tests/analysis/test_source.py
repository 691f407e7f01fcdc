"""Sources: frames, folders and files; folders pass through memory a few videos at a time."""

from itertools import chain

import polars as pl
import pytest

import vidfer
from tests.analysis.timelines import no_face, steady, timeline, write_results
from vidfer.analysis import source as source_module
from vidfer.analysis.source import batches_of, timeline_of
from vidfer.errors import UsageError

VIDEOS = {f"part/{name}.mp4": steady([0.1, 0.9, 0.8, 0.2]) for name in "abcde"}


@pytest.fixture
def results(tmp_path):
    return write_results(tmp_path, VIDEOS)


@pytest.fixture
def two_files_a_batch(monkeypatch):
    monkeypatch.setattr(source_module, "_BATCH_FILES", 2)
    monkeypatch.setattr(source_module, "_BATCH_ROWS", 8)


def test_a_frame_a_folder_and_a_file_are_timelines(results):
    whole = timeline_of(results).collect()
    assert timeline_of(str(results)).collect().equals(whole)
    assert timeline_of(whole).collect().equals(whole)
    file = results / "timeline" / "part" / "a.mp4.parquet"
    assert timeline_of(file).collect()["video"].unique().to_list() == ["part/a.mp4"]


def test_anything_else_is_refused(tmp_path):
    with pytest.raises(UsageError, match="holds no timelines: give a folder"):
        timeline_of(tmp_path / "missing")
    with pytest.raises(UsageError, match="must be a polars frame or a path; got int"):
        timeline_of(3)


def test_batches_divide_no_video(results, two_files_a_batch):
    for given in (results, timeline_of(results)):
        names = [batch.collect()["video"].unique().sort().to_list() for batch in batches_of(given)]
        assert [len(one) for one in names] == [2, 2, 1]
        assert list(chain.from_iterable(names)) == sorted(VIDEOS)


@pytest.mark.parametrize(
    "work",
    [
        vidfer.smooth,
        vidfer.fill_gaps,
        vidfer.gate,
        lambda given: vidfer.episodes(given, smooth_s=0.0, min_duration_s=0.0),
    ],
)
def test_a_folder_gives_lazily_what_its_rows_give(results, two_files_a_batch, work):
    of_rows = work(timeline_of(results)).collect()
    of_folder = work(results)
    assert isinstance(of_folder, pl.LazyFrame)
    assert of_folder.collect().equals(of_rows)
    assert of_folder.head(3).collect().equals(of_rows.head(3))
    some = of_folder.filter(pl.col("video") == "part/c.mp4").select("track", "video").collect()
    assert some.equals(of_rows.filter(pl.col("video") == "part/c.mp4").select("track", "video"))


def test_what_comes_of_a_folder_can_be_written_without_being_held(results, tmp_path):
    vidfer.smooth(results).sink_parquet(tmp_path / "smooth.parquet")
    assert pl.read_parquet(tmp_path / "smooth.parquet").height == 20


def test_a_folder_without_timelines_is_an_empty_one(tmp_path):
    (tmp_path / "timeline").mkdir()
    assert vidfer.episodes(tmp_path).collect().height == 0
    assert vidfer.summarize(tmp_path).height == 0


def test_a_timeline_without_rows_is_an_empty_one(tmp_path):
    output = write_results(tmp_path, {"a.mp4": [], "b.mp4": [no_face(0, 0.0)]})
    assert vidfer.summarize(output)["video"].to_list() == ["b.mp4"]
    assert timeline().collect().height == 0
