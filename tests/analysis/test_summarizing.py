"""Summaries, held against cases that fit on a hand."""

import math

import polars as pl
import pytest

import vidfer
from tests.analysis.timelines import face, no_face, steady, timeline, write_results
from vidfer.analysis.summary_columns import INTERVAL_COLUMNS, SUMMARY_COLUMNS
from vidfer.emotions import EMOTIONS
from vidfer.errors import SettingsError, UsageError

PLAIN = {"smooth_s": 0.0}


def row_of(*rows: dict, **options) -> dict:
    return vidfer.summarize(timeline(*rows), **(PLAIN | options)).row(0, named=True)


def test_times_and_their_shares_count_frames_once_and_faces_each():
    row = row_of(
        face(0, 0.0),
        face(0, 0.0, face=1, track=1),
        face(1, 0.1, usable=False),
        no_face(2, 0.2),
        no_face(3, 0.3),
    )
    assert row["analysed_s"] == pytest.approx(0.4)
    assert row["face_s"] == pytest.approx(0.2)
    assert row["usable_s"] == pytest.approx(0.1)
    assert row["usable_share"] == pytest.approx(0.25)
    assert row["weight_s"] == pytest.approx(0.2)  # two faces for 0.1 s
    assert (row["n_videos"], row["n_people"], row["n_tracks"]) == (1, None, 2)


def test_means_and_shares_weigh_by_time():
    times = [0.0, 0.1, 0.3, 0.4]  # standing for 0.1, 0.2, 0.1, 0.1 s
    values = [0.2, 0.8, 0.2, 0.2]
    row = row_of(*(face(n, t, happy=p, sad=1 - p) for n, (t, p) in enumerate(zip(times, values))))
    assert row["mean_happy"] == pytest.approx((0.2 * 0.8 + 0.3 * 0.2) / 0.5)
    assert row["share_happy"] == pytest.approx(0.4)
    assert row["share_sad"] == pytest.approx(0.6)
    assert row["entropy"] == pytest.approx(-0.4 * math.log2(0.4) - 0.6 * math.log2(0.6))


def test_faces_that_are_not_usable_count_only_if_asked_for():
    rows = [face(0, 0.0, happy=0.2), face(1, 0.1, happy=0.8, usable=False)]
    assert row_of(*rows)["mean_happy"] == pytest.approx(0.2)
    both = row_of(*rows, usable_only=False)
    assert both["mean_happy"] == pytest.approx(0.5)
    assert both["weight_s"] == pytest.approx(0.2)
    assert both["usable_share"] == pytest.approx(0.5)


def test_dwell_and_first_onset_are_those_of_episodes():
    rows = steady([0.1] * 5 + [0.9] * 5 + [0.1] * 5 + [0.9] * 2 + [0.1] * 5 + [0.9] * 4)
    row = row_of(*rows)
    # The second stretch of 0.2 s is too short to be an episode.
    assert row["dwell_happy_s"] == pytest.approx(0.9)
    assert row["first_onset_happy_s"] == pytest.approx(0.5)
    assert row["dwell_disgust_s"] == 0
    assert row["first_onset_disgust_s"] is None
    table = vidfer.episodes(timeline(*rows), smooth_s=0).filter(pl.col("emotion") == "happy")
    assert table.collect()["duration_s"].sum() == pytest.approx(row["dwell_happy_s"])


def test_smoothing_changes_shares_and_not_means():
    rows = steady([0.9] * 10 + [0.0] + [0.9] * 10)
    raw, calm = row_of(*rows), row_of(*rows, smooth_s=0.5)
    assert raw["share_happy"] == pytest.approx(20 / 21)
    assert calm["share_happy"] == pytest.approx(1.0)
    assert calm["mean_happy"] == raw["mean_happy"]


@pytest.mark.parametrize("rows", [[no_face(0, 0.0)], [face(0, 0.0, usable=False)]])
def test_where_no_face_counts_there_are_nulls_and_never_nan(rows):
    row = row_of(*rows)
    assert row["analysed_s"] == pytest.approx(0.04)
    assert row["usable_share"] == 0
    undefined = [name for name in SUMMARY_COLUMNS if name[:5] in ("mean_", "share", "dwell")]
    assert all(row[name] is None for name in [*undefined, "entropy"])


def test_one_frame_is_summarised():
    row = row_of(face(0, 0.0, happy=0.7))
    assert (row["mean_happy"], row["share_happy"]) == (pytest.approx(0.7), 1.0)


@pytest.mark.parametrize(
    "options",
    [
        {"by": "video"},
        {"by": "track"},
        {"by": "window", "window_s": 1},
        {"by": "group"},
        {"by": "group", "window_s": 1},
    ],
)
def test_an_empty_timeline_gives_an_empty_summary_with_all_columns(options):
    table = vidfer.summarize(timeline(), **options)
    assert table.height == 0
    assert table.columns[-len(SUMMARY_COLUMNS) :] == list(SUMMARY_COLUMNS)


def test_by_track_a_track_is_held_against_the_time_of_its_video():
    rows = [
        *steady([0.9] * 4),
        *(face(n, n / 10, track=1, face=1, sad=0.8) for n in range(2)),
    ]
    table = vidfer.summarize(timeline(*rows), by="track", **PLAIN)
    assert table["track"].to_list() == [0, 1]
    assert table["analysed_s"].to_list() == pytest.approx([0.4, 0.4])
    assert table["face_s"].to_list() == pytest.approx([0.4, 0.2])
    assert table["mean_sad"].to_list() == pytest.approx([0.1 / 6, 0.8])
    assert table["n_tracks"].to_list() == [1, 1]


def test_by_window_a_frame_at_the_edge_counts_in_both_in_part():
    rows = [face(n, n / 10, happy=p) for n, p in enumerate([0.1, 0.3, 0.5])]
    table = vidfer.summarize(timeline(*rows), by="window", window_s=0.15, **PLAIN)
    assert table["start_s"].to_list() == pytest.approx([0.0, 0.15])
    assert table["analysed_s"].to_list() == pytest.approx([0.15, 0.15])
    wanted = [(0.1 * 0.1 + 0.05 * 0.3) / 0.15, (0.05 * 0.3 + 0.1 * 0.5) / 0.15]
    assert table["mean_happy"].to_list() == pytest.approx(wanted)


def test_windows_add_up_to_the_video():
    rows = steady([0.1, 0.9, 0.7, 0.2, 0.3, 0.6, 0.8, 0.9, 0.1] * 7)
    video = vidfer.summarize(timeline(*rows))
    parts = vidfer.summarize(timeline(*rows), by="window", window_s=0.77)
    for name in ("analysed_s", "weight_s", "dwell_happy_s"):
        assert parts[name].sum() == pytest.approx(video[name].item())
    weighed = (parts["mean_happy"] * parts["weight_s"]).sum() / parts["weight_s"].sum()
    assert weighed == pytest.approx(video["mean_happy"].item())


def events(*rows: tuple) -> pl.DataFrame:
    names = ["video", "start_s", "end_s", "label"]
    types = {"video": pl.String, "start_s": pl.Float64, "end_s": pl.Float64, "label": pl.String}
    return pl.DataFrame(list(rows), schema={name: types[name] for name in names}, orient="row")


def test_by_event_overlapping_events_each_have_all_of_their_time():
    rows = steady([0.1] * 5 + [0.9] * 5)
    table = vidfer.summarize(
        timeline(*rows),
        by="event",
        events=events(("clip", 0.0, 1.0, "all"), (None, 0.4, 0.6, "part"), (None, 7, 9, "late")),
        **PLAIN,
    )
    assert table["label"].to_list() == ["all", "part", "late"]
    assert table["analysed_s"].to_list() == pytest.approx([1.0, 0.2, 0.0])
    assert table["mean_happy"].to_list()[:2] == pytest.approx([0.5, 0.5])
    assert table["mean_happy"][2] is None
    # From the start of the event.
    assert table["first_onset_happy_s"].to_list() == [
        pytest.approx(0.5),
        pytest.approx(0.1),
        None,
    ]


def test_an_episode_under_way_has_no_onset_in_a_later_event_but_its_dwell():
    table = vidfer.summarize(
        timeline(*steady([0.9] * 10)), by="event", events=events((None, 0.25, 0.75, "x")), **PLAIN
    )
    assert table["dwell_happy_s"].item() == pytest.approx(0.5)
    assert table["first_onset_happy_s"].item() is None


def test_an_event_of_an_unknown_video_is_refused():
    with pytest.raises(UsageError, match=r"names clap.mp4.* Did you mean clip.mp4"):
        vidfer.summarize(
            timeline(*steady([0.1])), by="event", events=events(("clap.mp4", 0, 1, "x"))
        )


def test_events_of_a_video_that_failed_are_known_from_the_manifest(tmp_path):
    output = write_results(tmp_path, {"a.mp4": steady([0.9])})
    pl.DataFrame({"video": ["a.mp4", "failed.mp4"]}).write_parquet(output / "videos.parquet")
    table = vidfer.summarize(output, by="event", events=events(("failed", 0, 1, "x")))
    assert table.height == 0


def four_videos() -> pl.LazyFrame:
    """Return happy at 0.1, 0.3 (two seconds), 0.5 and 0.7, a second each."""
    rows = []
    for number, seconds in enumerate([1, 2, 1, 1]):
        rows += steady([0.1 + 0.2 * number] * 10 * seconds, video=f"{number}.mp4")
    return timeline(*rows)


ATTRIBUTES = pl.DataFrame(
    {
        "video": ["0.mp4", "1.mp4", "2.mp4", "3.mp4"],
        "condition": ["x", "x", "y", "y"],
        "participant": ["p", "q", "r", "r"],
    }
)


def test_by_group_means_are_taken_over_all_time_of_the_group():
    table = vidfer.summarize(
        four_videos(), by="group", attributes=ATTRIBUTES, group_by="condition", **PLAIN
    )
    assert table["condition"].to_list() == ["x", "y"]
    assert table["mean_happy"].to_list() == pytest.approx([(0.1 + 2 * 0.3) / 3, 0.6])
    assert table["weight_s"].to_list() == pytest.approx([3, 2])
    assert table.select("n_videos", "n_people", "n_tracks").rows() == [(2, 2, 2), (2, 1, 2)]


def test_intervals_resample_people_and_one_person_has_none():
    table = vidfer.summarize(
        four_videos(), by="group", attributes=ATTRIBUTES, group_by="condition", **PLAIN
    )
    assert table["mean_happy_low"].to_list() == [pytest.approx(0.1), None]
    assert table["mean_happy_high"].to_list() == [pytest.approx(0.3), None]


def test_without_people_intervals_resample_videos_and_never_frames():
    by_videos = vidfer.summarize(
        four_videos(),
        by="group",
        attributes=ATTRIBUTES.drop("participant"),
        group_by="condition",
        **PLAIN,
    )
    assert by_videos["mean_happy_low"].to_list() == pytest.approx([0.1, 0.5])
    assert by_videos["n_people"].null_count() == 2
    alone = vidfer.summarize(four_videos())
    assert all(alone[name].null_count() == 4 for name in INTERVAL_COLUMNS)


def test_another_column_may_tell_people_apart():
    table = vidfer.summarize(
        four_videos(),
        by="group",
        attributes=ATTRIBUTES.rename({"participant": "who"}),
        person="who",
        **PLAIN,
    )
    assert table["n_people"].item() == 3
    assert table["mean_happy_high"].item() <= 0.6 + 1e-6


def test_without_columns_all_videos_are_one_group():
    table = vidfer.summarize(four_videos(), by="group", **PLAIN)
    assert table.columns == list(SUMMARY_COLUMNS)
    assert table["mean_happy"].item() == pytest.approx((0.1 + 0.6 + 0.5 + 0.7) / 5)


def test_windows_and_events_are_pooled_over_the_videos_of_a_group():
    windows = vidfer.summarize(four_videos(), by="group", window_s=1, **PLAIN)
    assert windows["start_s"].to_list() == [0.0, 1.0]
    assert windows["mean_happy"].to_list() == pytest.approx([0.4, 0.3])
    assert windows["n_videos"].to_list() == [4, 1]
    labels = vidfer.summarize(
        four_videos(),
        by="event",
        events=events((None, 0, 0.5, "start"), ("1.mp4", 1, 2, "end")),
        attributes=ATTRIBUTES,
        group_by=["condition"],
        **PLAIN,
    )
    assert labels.select("condition", "label").rows() == [
        ("x", "end"),
        ("x", "start"),
        ("y", "start"),
    ]
    assert labels["mean_happy"].to_list() == pytest.approx([0.3, 0.2, 0.6])


def test_tiers_are_told_apart_where_there_are_any():
    tiers = events((None, 0, 1, "x"), (None, 0, 1, "x")).with_columns(
        tier=pl.Series(["one", "two"])
    )
    table = vidfer.summarize(four_videos(), by="group", events=tiers)
    assert table.select("tier", "label").rows() == [("one", "x"), ("two", "x")]


def test_a_video_without_attributes_is_in_a_group_of_its_own():
    table = vidfer.summarize(
        four_videos(), by="group", attributes=ATTRIBUTES.head(3), group_by="condition"
    )
    assert table["condition"].to_list() == [None, "x", "y"]
    assert table["n_videos"].to_list() == [1, 2, 1]


def test_attributes_stand_beside_what_is_not_pooled():
    table = vidfer.summarize(four_videos(), attributes=ATTRIBUTES)
    assert table.columns[:3] == ["video", "condition", "participant"]
    assert table["condition"].to_list() == ["x", "x", "y", "y"]


def test_files_of_events_and_attributes_are_read(tmp_path):
    (tmp_path / "events.csv").write_text("video,start,end,label\n0,0,1,a\n3,0,1,a\n")
    (tmp_path / "videos.csv").write_text("video,condition\n0,x\n3,y\n")
    table = vidfer.summarize(
        four_videos(),
        by="event",
        events=tmp_path / "events.csv",
        attributes=str(tmp_path / "videos.csv"),
        **PLAIN,
    )
    assert table["condition"].to_list() == ["x", "y"]
    assert table["mean_happy"].to_list() == pytest.approx([0.1, 0.7])


def test_columns_stand_in_their_order_and_are_the_same_for_all():
    table = vidfer.summarize(four_videos(), by="track")
    assert table.columns == ["video", "track", *SUMMARY_COLUMNS]
    assert [name for name in table.columns if name.startswith("mean_")][:7] == [
        f"mean_{name}" for name in EMOTIONS
    ]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"by": "day"}, "by must be one of video, track, window, event, group; got 'day'"),
        ({"by": "window"}, "by window needs a length in seconds: give window_s as well"),
        ({"by": "window", "window_s": 0}, "window_s must be a number at least 0.01; got 0"),
        ({"by": "event"}, "by event needs events"),
        ({"window_s": 1.0}, "window_s goes with by window or by group, not by video"),
        ({"events": events()}, "events go with by event or by group, not by video"),
        ({"by": "group", "group_by": "x"}, "name columns of attributes: give a file"),
        ({"by": "group", "events": events(), "window_s": 1}, "exclude each other"),
        ({"group_by": "condition", "attributes": ATTRIBUTES}, "use by group to pool"),
        ({"confidence": 1.0}, "confidence must be a number above 0 and below 1; got 1.0"),
        ({"resamples": -1}, "resamples must be an integer of at least 0; got -1"),
        ({"seed": 1.5}, "seed must be an integer of at least 0; got 1.5"),
        ({"smooth_s": -1}, "smooth_s must be a number at least 0; got -1"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, sentence):
    with pytest.raises(SettingsError, match=sentence):
        vidfer.summarize(four_videos(), **options)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"group_by": "sex"}, "have no column sex: their columns are condition, participant"),
        ({"person": "who"}, "have no column who"),
        (
            {"attributes": ATTRIBUTES.rename({"condition": "entropy"})},
            "have a column entropy, as has the summary: rename theirs",
        ),
    ],
)
def test_attributes_that_do_not_fit_are_refused(options, sentence):
    with pytest.raises(UsageError, match=sentence):
        vidfer.summarize(four_videos(), **({"by": "group", "attributes": ATTRIBUTES} | options))
