"""Human codes are laid over a timeline: frame by frame, and stretch by stretch."""

import polars as pl
import pytest

import vidfer
from tests.analysis_events.making import face, no_face, timeline
from vidfer.emotions import EMOTIONS
from vidfer.errors import SettingsError, UsageError


def codes(*rows: tuple, tier: str | None = None) -> pl.DataFrame:
    """Return codes of a.mp4: start, end, label."""
    return pl.DataFrame(
        [("a.mp4", float(start), float(end), label, tier) for start, end, label in rows],
        schema=["video", "start_s", "end_s", "label", "tier"],
        schema_overrides={"tier": pl.String},
        orient="row",
    )


def smiles() -> pl.DataFrame:
    """Return 4 s at 10 frames a second: happy from 1 s to 3 s, else neutral."""
    return timeline([face(n, "happy" if 10 <= n < 30 else "neutral") for n in range(40)])


def test_each_frame_within_a_code_counts_with_the_codes_emotion():
    found = vidfer.compare(smiles(), codes((0, 1, "neutral"), (1, 2.5, "Happiness")))
    assert found.kind == "codes"
    total = found.as_dict()["total"]
    assert (total["frames_source"], total["frames_other"], total["pairs"]) == (40, 25, 25)
    assert total["agreement"] == 1.0
    assert found.total.confusion[EMOTIONS.index("happy"), EMOTIONS.index("happy")] == 15


def test_the_end_of_a_code_is_not_part_of_it():
    found = vidfer.compare(smiles(), codes((1.0, 1.1, "happy")))
    assert found.total.pairs == 1


def test_frames_that_nobody_coded_may_count_as_neutral():
    found = vidfer.compare(smiles(), codes((1, 2, "happy")), uncoded="neutral")
    total = found.as_dict()["total"]
    assert total["pairs"] == 40
    assert total["agreement"] == 0.75  # of 2 to 3 s vidfer says happy


def test_coded_frames_without_a_face_are_counted_and_not_compared():
    rows = timeline([face(0, "happy"), no_face(1), face(2, "happy", usable=False)])
    found = vidfer.compare(rows, codes((0, 1, "happy")))
    assert (found.total.frames, found.total.both, found.total.only_other) == (3, 2, 1)
    assert found.total.pairs == 2
    assert vidfer.compare(rows, codes((0, 1, "happy")), usable_only=True).total.pairs == 1
    assert "coded frames with a face: 66.7%" in found.as_text()


def test_a_code_means_the_largest_face_unless_all_are_asked_for():
    rows = timeline(
        [face(0, "sad", face=0, box_w=20.0, box_h=20.0), face(0, "happy", face=1, track=1)]
    )
    largest = vidfer.compare(rows, codes((0, 1, "happy")))
    assert (largest.total.pairs, largest.as_dict()["total"]["agreement"]) == (1, 1.0)
    every = vidfer.compare(rows, codes((0, 1, "happy")), faces="all")
    assert (every.total.pairs, every.as_dict()["total"]["agreement"]) == (2, 0.5)


def test_overlapping_codes_count_once_per_frame_and_emotion():
    overlapping = codes((1, 2, "happy"), (1.5, 2, "happy"), (1.5, 2, "sad"))
    total = vidfer.compare(smiles(), overlapping).total
    assert (total.frames, total.pairs) == (10, 15)


def test_other_labels_are_left_out_and_counted_unless_their_meaning_is_given():
    mixed = codes((0, 1, "neutral"), (1, 2, "Smile"), (2, 3, "talks"), (3, 4, "talks"))
    found = vidfer.compare(smiles(), mixed)
    assert found.ignored_labels == {"talks": 2, "Smile": 1}
    assert "left out: talks (2), Smile (1)" in found.as_text()
    found = vidfer.compare(smiles(), mixed, labels={"smile": "happy"})
    assert (found.total.pairs, found.ignored_labels) == (20, {"talks": 2})
    with pytest.raises(UsageError, match="No label is an emotion: labels are talks"):
        vidfer.compare(smiles(), codes((0, 1, "talks")))
    with pytest.raises(SettingsError, match="'glee' is no emotion"):
        vidfer.compare(smiles(), mixed, labels={"smile": "glee"})
    with pytest.raises(SettingsError, match="'nothing' is no emotion"):
        vidfer.compare(smiles(), mixed, uncoded="nothing")


def test_one_tier_of_several_coders_may_be_chosen():
    both = pl.concat([codes((1, 2, "happy"), tier="Anna"), codes((1, 2, "sad"), tier="Bo")])
    assert vidfer.compare(smiles(), both, tier="Anna").as_dict()["total"]["agreement"] == 1.0
    assert vidfer.compare(smiles(), both, tier="Bo").as_dict()["total"]["agreement"] == 0.0
    with pytest.raises(UsageError, match="no tier 'Cy' among the codes: tiers are Anna, Bo"):
        vidfer.compare(smiles(), both, tier="Cy")


def test_episodes_and_codes_that_overlap_enough_are_the_same():
    coded = codes((0.8, 2.8, "happy"), (3.5, 3.9, "happy"), (0, 0.8, "neutral"))
    events = vidfer.compare(smiles(), coded).events
    happy = events["happy"]
    assert (happy["coded"], happy["found"], happy["matched"]) == (2, 1, 1)
    assert (happy["precision"], happy["recall"]) == (1.0, 0.5)
    assert happy["f1"] == pytest.approx(2 / 3)
    assert happy["mean_overlap"] == pytest.approx(1.8 / 2.2, abs=0.1)
    assert happy["median_delay_s"] == pytest.approx(0.2, abs=0.15)
    assert "sad" not in events
    strict = vidfer.compare(smiles(), coded, min_overlap=0.99).events
    assert strict["happy"]["matched"] == 0


def test_codes_beyond_the_end_of_the_video_are_told():
    found = vidfer.compare(smiles(), codes((1, 2, "happy"), (60, 70, "happy")))
    assert found.notes == ["1 of 2 codes lie outside the analysed frames."]
    with pytest.raises(UsageError, match="No code covers an analysed frame: codes reach from 60"):
        vidfer.compare(smiles(), codes((60, 70, "happy")))


def test_codes_are_read_from_the_files_that_events_are(tmp_path):
    path = tmp_path / "codes.csv"
    path.write_text("video,start,end,emotion\na,1,2,happy\n", encoding="utf-8")
    assert vidfer.compare(smiles(), path).total.pairs == 10
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/a.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nhappy\n")
    assert vidfer.compare(smiles(), tmp_path / "folder").total.pairs == 10


def test_codes_of_a_video_that_is_not_there_are_refused_with_what_is_near(tmp_path):
    path = tmp_path / "codes.csv"
    path.write_text("video,start,end,emotion\naa.mp4,1,2,happy\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"names aa\.mp4, .* Did you mean a\.mp4\?"):
        vidfer.compare(smiles(), path)


def test_videos_that_nobody_coded_are_named():
    rows = pl.concat([smiles(), smiles().with_columns(video=pl.lit("b.mp4"))])
    found = vidfer.compare(rows, codes((1, 2, "happy")))
    assert (list(found.tallies), found.only_source) == (["a.mp4"], ["b.mp4"])
