"""A person's baseline is taken off: from a stretch, from events, or a percentile."""

import polars as pl
import pytest

import vidfer
from tests.analysis_events.making import face, no_face, timeline, write_output
from vidfer.errors import SettingsError, UsageError

CHANGES = [f"{name}_change" for name in vidfer.EMOTIONS]


def changes(frame: pl.LazyFrame, emotion: str = "happy") -> list[float | None]:
    values = frame.collect()[f"{emotion}_change"]
    return [None if value is None else round(value, 4) for value in values]


def happy(values: list[float], **changed) -> list[dict]:
    return [face(number, "happy", value, **changed) for number, value in enumerate(values)]


def test_the_mean_of_a_stretch_is_taken_off_each_probability():
    rows = timeline(happy([0.2, 0.4, 0.9]))
    made = vidfer.subtract_baseline(rows, stretch_s=(0, 0.2))
    assert changes(made) == [-0.1, 0.1, 0.6]
    assert made.collect().columns == [*rows.columns, *CHANGES]
    assert made.collect().select(rows.columns).equals(rows)


def test_the_stretch_is_the_first_ten_seconds_by_default():
    rows = timeline([face(0, "happy", 0.2), face(99, "happy", 0.4), face(100, "happy", 0.9)])
    # Frame 99 is followed by frame 100 after 0.1 s; frame 0 stands for no more than it may.
    expected = vidfer.subtract_baseline(rows, stretch_s=(0, 10))
    assert changes(vidfer.subtract_baseline(rows)) == changes(expected)
    assert changes(expected)[2] > 0.4


def test_frames_weigh_by_the_time_that_they_cover():
    rows = timeline(
        [
            face(0, "happy", 0.2, time_s=0.0),
            face(1, "happy", 0.8, time_s=0.3),
            face(2, "happy", 0.5, time_s=0.4),
        ]
    )
    made = vidfer.subtract_baseline(rows, stretch_s=(0, 0.4))
    assert changes(made)[2] == pytest.approx(0.5 - (0.2 * 0.3 + 0.8 * 0.1) / 0.4)


def test_frames_without_a_face_and_faces_that_are_not_usable_do_not_count_for_it():
    rows = timeline([face(0, "happy", 0.4), face(1, "happy", 0.9, usable=False), no_face(2)])
    assert changes(vidfer.subtract_baseline(rows)) == [0.0, 0.5, None]
    assert changes(vidfer.subtract_baseline(rows, usable_only=False)) == [-0.25, 0.25, None]


def test_each_track_has_its_own_and_null_where_it_was_not_seen_in_time():
    rows = timeline(
        [
            *happy([0.2, 0.6]),
            face(0, "happy", 0.5, face=1, track=1),
            face(1, "happy", 0.5, face=1, track=1),
            face(5, "happy", 0.5, track=2),
        ]
    )
    made = vidfer.subtract_baseline(rows, stretch_s=(0, 0.1))
    assert changes(made) == [0.0, 0.4, 0.0, 0.0, None]
    whole = vidfer.subtract_baseline(rows, stretch_s=(0, 0.1), by="video")
    assert changes(whole) == [-0.15, 0.25, 0.15, 0.15, 0.15]


def test_events_of_a_label_may_be_the_stretch_and_overlapping_ones_count_once():
    events = pl.DataFrame(
        {
            "video": [None, "a", "a"],
            "start_s": [0.0, 0.0, 0.2],
            "end_s": [0.2, 0.2, 0.3],
            "label": ["rest", "rest", "task"],
        }
    )
    rows = timeline(happy([0.2, 0.4, 0.9]))
    made = vidfer.subtract_baseline(rows, events=events, label="rest")
    assert changes(made) == [-0.1, 0.1, 0.6]
    with pytest.raises(UsageError, match="No event is labelled 'pause'; labels are rest, task"):
        vidfer.subtract_baseline(rows, events=events, label="pause")


def test_a_percentile_is_the_value_below_which_it_stays_for_that_share_of_the_time():
    rows = timeline(happy([0.5, 0.1, 0.2, 0.3, 0.4]))
    for percentile, usual in ((0, 0.1), (20, 0.1), (21, 0.2), (50, 0.3), (100, 0.5)):
        made = vidfer.subtract_baseline(rows, percentile=percentile)
        assert changes(made)[0] == pytest.approx(0.5 - usual, abs=1e-4)


@pytest.mark.parametrize("as_folder", [False, True])
def test_videos_of_one_participant_share_a_baseline(tmp_path, as_folder):
    rows = [
        *happy([0.2, 0.2], video="rest.mp4"),
        *happy([0.6, 0.8], video="task.mp4"),
        *happy([0.5, 0.5], video="other.mp4"),
    ]
    people = pl.DataFrame({"video": ["rest", "task", "other"], "person": ["1", "1", "2"]})
    events = pl.DataFrame(
        {"video": ["rest"], "start_s": [0.0], "end_s": [9.0], "label": ["neutral"]}
    )
    source = write_output(tmp_path, rows) if as_folder else timeline(rows)
    made = vidfer.subtract_baseline(
        source, events=events, label="neutral", by="person", attributes=people
    )
    assert "person" not in made.collect_schema()
    found = {
        video: [None if v is None else round(v, 4) for v in part["happy_change"]]
        for (video,), part in made.collect().partition_by("video", as_dict=True).items()
    }
    assert found == {
        "rest.mp4": [0.0, 0.0],
        "task.mp4": [0.4, 0.6],
        "other.mp4": [None, None],
    }


def test_a_column_of_the_timeline_itself_may_say_who_it_is():
    rows = timeline(happy([0.2, 0.4])).with_columns(person=pl.lit("1"))
    assert changes(vidfer.subtract_baseline(rows, by="person")) == [-0.1, 0.1]


def test_a_folder_is_read_lazily_with_the_same_result(tmp_path):
    rows = [*happy([0.2, 0.4]), *happy([0.6, 0.8], video="b.mp4")]
    made = vidfer.subtract_baseline(write_output(tmp_path, rows), stretch_s=(0, 0.1))
    assert changes(made) == [0.0, 0.2, 0.0, 0.2]


def test_an_empty_timeline_stays_empty():
    assert vidfer.subtract_baseline(timeline([])).collect().height == 0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"stretch_s": (0, 1), "percentile": 50}, "Choose one baseline"),
        ({"percentile": 101}, "percentile must be from 0 to 100; got 101"),
        ({"stretch_s": (3, 1)}, "the second later"),
        ({"stretch_s": (3,)}, "must be two times"),
        ({"label": "rest"}, "needs both events and label"),
    ],
)
def test_what_cannot_be_meant_is_refused(options, sentence):
    with pytest.raises(SettingsError, match=sentence):
        vidfer.subtract_baseline(timeline([face(0)]), **options)


def test_columns_that_are_not_there_are_told():
    rows = timeline([face(0)])
    with pytest.raises(UsageError, match="has no column person: give attributes"):
        vidfer.subtract_baseline(rows, by="person")
    people = pl.DataFrame({"video": ["a.mp4"], "age": [3]})
    with pytest.raises(UsageError, match="attributes have no column person: there are video, age"):
        vidfer.subtract_baseline(rows, by="person", attributes=people)
    with pytest.raises(UsageError, match="lacks the column"):
        vidfer.subtract_baseline(rows.drop("usable"))
