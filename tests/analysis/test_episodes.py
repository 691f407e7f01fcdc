"""Episodes: hysteresis, merging, least duration; and what follows what."""

import polars as pl
import pytest

import vidfer
from tests.analysis.timelines import face, no_face, steady, timeline
from vidfer.analysis.episodes import EPISODE_SCHEMA
from vidfer.errors import SettingsError, UsageError

# Each frame is told by itself.
PLAIN = {"smooth_s": 0.0, "min_duration_s": 0.0, "merge_gap_s": 0.0}


def found(*rows: dict, **options) -> pl.DataFrame:
    return vidfer.episodes(timeline(*rows), **(PLAIN | options)).collect()


def spans(table: pl.DataFrame) -> list[tuple[str, float, float]]:
    rows = table.select("emotion", "onset_s", "offset_s").rows()
    return [(name, round(start, 3), round(end, 3)) for name, start, end in rows]


def test_an_episode_is_entered_high_and_left_low():
    table = found(*steady([0.2, 0.4, 0.5, 0.4, 0.35, 0.3, 0.4, 0.2]))
    assert spans(table) == [("happy", 0.2, 0.5)]


def test_an_episode_in_numbers():
    table = found(*steady([0.1, 0.6, 0.9, 0.6, 0.1]))
    row = table.row(0, named=True)
    assert row == {
        "video": "clip.mp4",
        "track": 0,
        "emotion": "happy",
        "onset_s": pytest.approx(0.1),
        "offset_s": pytest.approx(0.4),
        "duration_s": pytest.approx(0.3),
        "peak_s": pytest.approx(0.2),
        "peak": pytest.approx(0.9),
        "mean": pytest.approx(0.7),
        "frames": 3,
    }


def test_the_mean_weighs_by_time():
    times = [0.0, 0.1, 0.3, 0.4]
    values = [0.6, 0.9, 0.6, 0.1]
    table = found(*(face(n, t, happy=p) for n, (t, p) in enumerate(zip(times, values))))
    assert table["mean"].item() == pytest.approx((0.1 * 0.6 + 0.2 * 0.9 + 0.1 * 0.6) / 0.4)


def test_short_pauses_are_merged_before_short_episodes_are_left_out():
    values = [0.6, 0.1, 0.6, 0.1, 0.1, 0.1, 0.6, 0.1]
    assert len(found(*steady(values))) == 3
    table = found(*steady(values), merge_gap_s=0.1, min_duration_s=0.3)
    assert spans(table) == [("happy", 0.0, 0.3)]
    assert table["frames"].item() == 3
    assert table["mean"].item() == pytest.approx(1.3 / 3)


def test_a_face_out_of_sight_ends_its_episode_unless_it_is_soon_back():
    rows = [face(0, 0.0, happy=0.9), no_face(1, 0.1), face(2, 0.2, happy=0.4)]
    assert spans(found(*rows)) == [("happy", 0.0, 0.1)]
    assert spans(found(*rows, merge_gap_s=0.1)) == [("happy", 0.0, 0.3)]


def test_faces_that_are_not_usable_are_as_good_as_out_of_sight_unless_asked_for():
    rows = steady([0.9, 0.9, 0.9])
    rows[1]["usable"] = False
    assert len(found(*rows)) == 2
    assert spans(found(*rows, usable_only=False)) == [("happy", 0.0, 0.3)]


def test_tracks_and_videos_have_their_own_episodes_in_order():
    rows = [
        *steady([0.9, 0.9], video="b"),
        *steady([0.9, 0.9], video="a", track=1, face=1),
        *steady([0.9, 0.9], video="a", emotion="sad"),
    ]
    table = found(*rows)
    assert table.select("video", "track", "emotion").rows() == [
        ("a", 0, "sad"),
        ("a", 1, "happy"),
        ("b", 0, "happy"),
    ]


def test_two_emotions_may_overlap():
    rows = [
        face(0, 0.0, happy=0.6, surprise=0.3),
        face(1, 0.1, happy=0.4, surprise=0.55),
        face(2, 0.2, happy=0.1, surprise=0.8),
    ]
    assert spans(found(*rows)) == [("happy", 0.0, 0.2), ("surprise", 0.1, 0.3)]


def test_smoothing_takes_single_frames_out():
    rows = steady([0.1] * 10 + [0.9] + [0.1] * 10)
    assert len(found(*rows)) == 1
    assert len(found(*rows, smooth_s=1.0)) == 0


def test_rows_need_not_be_in_order():
    rows = steady([0.1, 0.6, 0.9, 0.6, 0.1])
    assert found(*reversed(rows)).equals(found(*rows))


@pytest.mark.parametrize("rows", [[], [no_face(0, 0.0)], steady([0.1] * 5)])
def test_where_nothing_happens_the_table_is_empty_with_all_columns(rows):
    table = found(*rows)
    assert table.height == 0
    assert table.schema == EPISODE_SCHEMA


def test_one_frame_is_an_episode_if_any_duration_will_do():
    assert found(face(0, 0.0, happy=0.9))["duration_s"].to_list() == [pytest.approx(0.04)]
    assert found(face(0, 0.0, happy=0.9), min_duration_s=0.3).height == 0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"enter": 1.5}, "enter must be a number at least 0 and at most 1; got 1.5"),
        ({"enter": 0.3}, r"leave \(0.35\) must not be above enter \(0.3\)"),
        ({"merge_gap_s": -0.1}, "merge_gap_s must be a number at least 0; got -0.1"),
        ({"smooth_s": None}, "smooth_s must be a number at least 0; got None"),
    ],
)
def test_options_out_of_range_are_refused(options, sentence):
    with pytest.raises(SettingsError, match=sentence):
        vidfer.episodes(timeline(), **options)


def episode(emotion: str, onset_s: float, offset_s: float, *, track: int = 0) -> dict:
    return {
        "video": "clip.mp4",
        "track": track,
        "emotion": emotion,
        "onset_s": onset_s,
        "offset_s": offset_s,
    }


def test_transitions_are_counted_from_each_episode_to_the_next_of_the_track():
    table = pl.LazyFrame(
        [
            episode("neutral", 0, 1),
            episode("happy", 2, 3),
            episode("neutral", 3.5, 4),
            episode("happy", 7, 8),
            episode("neutral", 7.5, 9),
            episode("sad", 9, 10),
            episode("happy", 0, 1, track=1),
        ]
    )
    rows = vidfer.transitions(table).collect().drop("video", "track").rows()
    assert rows == [
        ("happy", "neutral", 2, 1.0, pytest.approx(0.0)),
        ("neutral", "happy", 2, pytest.approx(2 / 3), pytest.approx(2.0)),
        ("neutral", "sad", 1, pytest.approx(1 / 3), pytest.approx(0.0)),
    ]


def test_transitions_of_a_timeline_are_refused():
    with pytest.raises(UsageError, match="The table of episodes lacks the columns onset_s"):
        vidfer.transitions(timeline())


def test_no_episodes_have_no_transitions():
    assert vidfer.transitions(vidfer.episodes(timeline())).collect().height == 0
