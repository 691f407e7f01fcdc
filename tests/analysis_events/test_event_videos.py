"""Events and attributes find their videos, or say which name is wrong."""

import polars as pl
import pytest

import vidfer
from vidfer.analysis.attributes import match_attributes
from vidfer.analysis.event_spans import events_by_video, inside, merged
from vidfer.analysis.events import check_event_videos
from vidfer.errors import UsageError

VIDEOS = ["day1/interview.mp4", "day2/interview.mp4", "day1/break.mov", "end.v2.mkv"]


def events_of(*videos: str | None) -> pl.DataFrame:
    count = len(videos)
    return pl.DataFrame(
        {"video": videos, "start_s": [0.0] * count, "end_s": [1.0] * count, "label": ["x"] * count},
        schema_overrides={"video": pl.String},
    )


@pytest.mark.parametrize(
    ("name", "video"),
    [
        ("day1/interview.mp4", "day1/interview.mp4"),
        ("day1\\interview.mp4", "day1/interview.mp4"),
        ("/somewhere/else/day2/interview.mp4", "day2/interview.mp4"),
        ("break.mov", "day1/break.mov"),
        ("break", "day1/break.mov"),
        ("break.csv", "day1/break.mov"),
        ("end.v2", "end.v2.mkv"),
        (" break.mov ", "day1/break.mov"),
    ],
)
def test_a_video_is_named_in_full_by_a_path_a_file_name_or_a_stem(name, video):
    assert check_event_videos(events_of(name), VIDEOS)["video"].to_list() == [video]


def test_events_of_every_video_stay_so_until_they_are_spread():
    checked = check_event_videos(events_of(None, "break"), VIDEOS)
    assert checked["video"].to_list() == [None, "day1/break.mov"]
    spread = events_by_video(events_of(None, "break"), VIDEOS)
    assert sorted(spread["video"].to_list()) == sorted([*VIDEOS, "day1/break.mov"])


def test_an_unknown_name_is_told_with_what_is_near():
    with pytest.raises(
        UsageError, match=r"names brake\.mov, which is not .* mean day1/break\.mov\?"
    ):
        check_event_videos(events_of("brake.mov"), VIDEOS)


def test_of_many_unknown_names_a_few_are_told():
    names = [f"zzz{number}" for number in range(20)]
    with pytest.raises(UsageError, match=r"zzz4 and 15 more, which are not .* Videos are day1/int"):
        check_event_videos(events_of(*names), VIDEOS)


def test_a_name_that_may_mean_two_videos_is_refused():
    with pytest.raises(UsageError, match=r"interview may mean day1/interview\.mp4, day2/interview"):
        check_event_videos(events_of("interview"), VIDEOS)


def test_overlapping_events_merge_into_the_time_that_they_cover():
    events = pl.DataFrame(
        {
            "video": ["a", "a", "a", "b"],
            "start_s": [5.0, 0.0, 1.0, 0.0],
            "end_s": [6.0, 4.0, 2.0, 1.0],
        }
    )
    spans = merged(events)
    assert spans.rows() == [("a", 0.0, 4.0), ("a", 5.0, 6.0), ("b", 0.0, 1.0)]
    rows = pl.DataFrame({"video": ["a"] * 4 + ["b"], "time_s": [3.0, 4.0, 5.0, 9.0, 0.5]})
    assert inside(rows.lazy(), spans).collect().rows() == [("a", 3.0), ("a", 5.0), ("b", 0.5)]


def attributes_in(tmp_path, text: str) -> pl.DataFrame:
    path = tmp_path / "people.csv"
    path.write_text(text, encoding="utf-8")
    return vidfer.read_attributes(path)


def test_attributes_stay_texts_and_empty_cells_are_null(tmp_path):
    table = attributes_in(tmp_path, "\ufeffparticipant;File\n007;a.mp4\n;b.mp4\n")
    assert table.to_dict(as_series=False) == {
        "video": ["a.mp4", "b.mp4"],
        "participant": ["007", None],
    }


def test_attributes_may_be_parquet(tmp_path):
    table = pl.DataFrame({"age": [31], "video": ["a.mp4"]})
    table.write_parquet(tmp_path / "people.parquet")
    assert vidfer.read_attributes(tmp_path / "people.parquet").rows() == [("a.mp4", 31)]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty"),
        ("participant\n1\n", "has no column video: its columns are participant"),
        ("video\na\n", "no column beside video"),
        ("video,age\n", "holds no video"),
        ("video,age\na,1\nb,2\na,3\n", "more than one row for a: keep one per video"),
        ("video,age\n,1\n", "row 1 below the header names no video"),
        ("video,age,age\na,1,2\n", "two columns 'age'"),
    ],
)
def test_attributes_that_are_none_are_refused_in_one_sentence(tmp_path, text, sentence):
    with pytest.raises(UsageError, match=sentence):
        attributes_in(tmp_path, text)


def test_a_parquet_file_that_is_none_is_refused(tmp_path):
    (tmp_path / "people.parquet").write_bytes(b"nothing")
    with pytest.raises(UsageError, match="cannot be read as Parquet"):
        vidfer.read_attributes(tmp_path / "people.parquet")


def test_videos_without_attributes_have_nulls_and_attributes_without_videos_are_left_out():
    table = pl.DataFrame({"video": ["break", "gone.mp4"], "age": [3, 4]})
    assert match_attributes(table, VIDEOS[2:]).rows() == [
        ("day1/break.mov", 3),
        ("end.v2.mkv", None),
    ]


def test_attributes_of_no_video_or_twice_of_one_are_refused():
    with pytest.raises(
        UsageError, match=r"names none of the videos\. Did you mean day1/break\.mov"
    ):
        match_attributes(pl.DataFrame({"video": ["brake.mov"], "age": [3]}), VIDEOS)
    with pytest.raises(UsageError, match=r"more than one row for day1/break\.mov"):
        match_attributes(pl.DataFrame({"video": ["break", "break.mov"], "age": [3, 4]}), VIDEOS)
