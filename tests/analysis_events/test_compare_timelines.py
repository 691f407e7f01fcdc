"""Timelines and other tools' tables are laid beside a timeline, frame by frame, face by face."""

import json

import polars as pl
import pytest
from sklearn.metrics import cohen_kappa_score

import vidfer
from tests.analysis_events.making import face, no_face, timeline, write_output
from vidfer.emotions import EMOTIONS
from vidfer.errors import SettingsError, UsageError


def moods(*emotions: str, **changed) -> list[dict]:
    return [face(number, emotion, **changed) for number, emotion in enumerate(emotions)]


def test_a_timeline_agrees_with_itself():
    rows = timeline([*moods("happy", "sad", "neutral"), no_face(3)])
    found = vidfer.compare(rows, rows)
    assert found.kind == "timeline"
    total = found.as_dict()["total"]
    assert (total["frames"], total["both"], total["neither"], total["pairs"]) == (4, 3, 1, 3)
    assert (total["agreement"], total["kappa"], total["face_kappa"]) == (1.0, 1.0, 1.0)
    assert total["emotions"]["happy"]["icc_absolute"] == pytest.approx(1)
    assert total["kappa_interval"] == [None, None]


def test_rows_of_the_confusion_are_the_others_and_columns_the_sources():
    ours, theirs = timeline(moods("happy", "happy", "sad")), timeline(moods("sad", "happy", "sad"))
    found = vidfer.compare(ours, theirs)
    happy, sad = EMOTIONS.index("happy"), EMOTIONS.index("sad")
    assert found.total.confusion[sad, happy] == 1
    assert found.total.confusion[happy, sad] == 0
    kappa = cohen_kappa_score(["sad", "happy", "sad"], ["happy", "happy", "sad"])
    assert found.as_dict()["total"]["kappa"] == pytest.approx(kappa)
    assert found.as_dict()["total"]["emotions"]["happy"]["mean_difference"] > 0


def test_frames_are_matched_by_time_whatever_their_numbers():
    ours = timeline(moods(*["happy"] * 10))
    theirs = timeline(
        [face(50 + n, "happy", time_s=n / 5 + 0.01) for n in range(5)]  # every other frame
    )
    total = vidfer.compare(ours, theirs).total
    assert (total.frames_source, total.frames_other, total.frames) == (10, 5, 5)
    with pytest.raises(UsageError, match="no moment in common"):
        vidfer.compare(ours, theirs, tolerance_s=0.001)


def test_two_frames_near_the_same_one_do_not_both_match_it():
    ours = timeline([face(0, time_s=0.0), face(1, time_s=0.015)])
    theirs = timeline([face(0, time_s=0.01)])
    assert vidfer.compare(ours, theirs).total.frames == 1


def test_faces_are_matched_by_their_boxes_not_by_their_numbers():
    left = {"box_x": 0.0, "track": 5}
    right = {"box_x": 300.0, "track": 9}
    ours = timeline([face(0, "happy", face=0, **left), face(0, "sad", face=1, **right)])
    theirs = timeline(
        [
            face(0, "sad", face=0, **right | {"box_x": 310.0}),
            face(0, "happy", face=1, **left | {"box_x": 10.0}),
        ]
    )
    found = vidfer.compare(ours, theirs)
    assert found.total.pairs == 2
    assert found.as_dict()["total"]["agreement"] == 1.0


def test_each_face_is_matched_once_with_the_one_that_it_overlaps_best():
    ours = timeline([face(0, "happy", face=0), face(0, "sad", face=1, box_x=120.0)])
    theirs = timeline([face(0, "happy", face=0, box_x=105.0)])
    found = vidfer.compare(ours, theirs)
    assert found.total.pairs == 1
    assert found.as_dict()["total"]["agreement"] == 1.0


def test_faces_that_do_not_overlap_enough_are_not_compared_and_it_is_said():
    ours, theirs = timeline([face(0)]), timeline([face(0, box_x=170.0)])
    found = vidfer.compare(ours, theirs)
    assert found.total.pairs == 0
    assert "--min-iou" in found.as_text()
    assert vidfer.compare(ours, theirs, min_iou=0.05).total.pairs == 1


def test_only_the_largest_or_only_usable_faces_may_be_compared():
    small = {"face": 1, "box_x": 300.0, "box_w": 40.0, "box_h": 40.0}
    rows = timeline([face(0), face(0, "sad", **small, usable=False)])
    assert vidfer.compare(rows, rows).total.pairs == 2
    assert vidfer.compare(rows, rows, faces="largest").total.pairs == 1
    assert vidfer.compare(rows, rows, usable_only=True).total.pairs == 1


def test_frames_with_a_face_on_one_side_only_count_for_the_agreement_on_faces():
    ours = timeline([face(0), face(1), no_face(2), no_face(3)])
    theirs = timeline([face(0), no_face(1), face(2), no_face(3)])
    found = vidfer.compare(ours, theirs)
    total = found.total
    assert (total.both, total.only_source, total.only_other, total.neither) == (1, 1, 1, 1)
    assert found.as_dict()["total"]["face_kappa"] == 0


def test_videos_of_one_side_only_are_named_and_none_in_common_refused(tmp_path):
    ours = write_output(tmp_path / "a", [*moods("happy"), *moods("sad", video="day/b.mp4")])
    theirs = write_output(tmp_path / "b", [*moods("happy", video="b.mp4"), face(0, video="c.mp4")])
    found = vidfer.compare(ours, theirs)
    assert list(found.tallies) == ["day/b.mp4"]
    assert found.only_source == ["a.mp4"]
    assert found.only_other == ["c.mp4"]
    with pytest.raises(UsageError, match=r"names c\.mp4, which is not among the videos"):
        vidfer.compare(ours, timeline([face(0, video="c.mp4")]))


def test_several_videos_give_intervals_and_a_row_each(tmp_path):
    rows = [face(n, "happy", video=f"{v}.mp4") for v in range(4) for n in range(5)]
    other = [
        face(n, "sad" if n < v else "happy", video=f"{v}.mp4") for v in range(4) for n in range(5)
    ]
    found = vidfer.compare(write_output(tmp_path / "a", rows), write_output(tmp_path / "b", other))
    low, high = found.as_dict()["total"]["agreement_interval"]
    assert low < found.as_dict()["total"]["agreement"] == 0.7 < high
    table = found.table()
    assert table["agreement"].to_list() == pytest.approx([1.0, 0.8, 0.6, 0.4])
    assert "icc_absolute_happy" in table.columns
    lines = found.as_text().splitlines()
    videos = [
        line.split()[0]
        for line in lines[lines.index(next(x for x in lines if x.startswith("videos"))) :]
    ]
    assert sorted(videos[1:5]) == ["0.mp4", "1.mp4", "2.mp4", "3.mp4"]


def pyfeat(rows: list[dict], video: str = "clips/a.mp4") -> str:
    names = "FaceRectX,FaceRectY,FaceRectWidth,FaceRectHeight,anger,disgust,fear,happiness,sadness,surprise,neutral,input,frame\n"  # noqa: E501
    columns = [*(f"box_{part}" for part in "xywh"), *EMOTIONS]
    lines = [[*(str(row[name]) for name in columns), video, str(row["frame"])] for row in rows]
    return names + "".join(",".join(line) + "\n" for line in lines)


def test_a_table_without_times_is_matched_by_frame_numbers(tmp_path):
    rows = moods("happy", "sad", "happy", "angry")
    path = tmp_path / "feat.csv"
    path.write_text(pyfeat(rows[1:]), encoding="utf-8")
    found = vidfer.compare(timeline(rows), path)
    assert found.kind == "table"
    assert found.total.pairs == 3
    assert found.as_dict()["total"]["kappa"] == pytest.approx(1)


def fer(rows: list[dict]) -> str:
    lines = ["box0," + ",".join(f"{name}0" for name in EMOTIONS)]
    for row in rows:
        place = ", ".join(str(int(row[f"box_{part}"])) for part in "xywh")
        lines.append(f'"[{place}]",' + ",".join(f"{row[name]:.2f}" for name in EMOTIONS))
    return "\n".join(lines) + "\n"


def test_a_table_without_frames_is_matched_by_order_if_their_number_is_that_of_faces(tmp_path):
    rows = moods("happy", "sad", "angry")
    path = tmp_path / "a.csv"
    path.write_text(fer([rows[0], rows[2]]), encoding="utf-8")
    ours = timeline([rows[0], no_face(1), rows[2]])
    found = vidfer.compare(ours, path)
    assert found.total.pairs == 2
    assert found.as_dict()["total"]["agreement"] == 1.0
    with pytest.raises(
        UsageError, match=r"has 2 frames for a\.mp4 and says neither .* timeline has 3"
    ):
        vidfer.compare(timeline(rows), path)


def test_a_folder_of_tables_has_one_per_video_by_its_name(tmp_path):
    rows = [*moods("happy", "sad"), *moods("happy", "sad", video="b.mp4")]
    folder = tmp_path / "tables"
    folder.mkdir()
    (folder / "a.mp4.fer.csv").write_text(fer(rows[:2]), encoding="utf-8")
    (folder / "b.csv").write_text(fer(rows[2:]), encoding="utf-8")
    (folder / "c.csv").write_text(fer(rows[2:]), encoding="utf-8")
    found = vidfer.compare(timeline(rows), folder)
    assert list(found.tallies) == ["a.mp4", "b.mp4"]
    assert found.only_other == ["c.csv"]
    (folder / "a.csv").write_text(fer(rows[:2]), encoding="utf-8")
    with pytest.raises(UsageError, match=r"are both about a\.mp4: keep one"):
        vidfer.compare(timeline(rows), folder)


def test_one_table_that_names_no_video_must_be_about_one_that_can_be_told(tmp_path):
    rows = [*moods("happy"), *moods("sad", video="b.mp4")]
    (tmp_path / "b.csv").write_text(fer(rows[1:]), encoding="utf-8")
    (tmp_path / "results.csv").write_text(fer(rows[1:]), encoding="utf-8")
    assert list(vidfer.compare(timeline(rows), tmp_path / "b.csv").tallies) == ["b.mp4"]
    with pytest.raises(UsageError, match="does not say which video it is about"):
        vidfer.compare(timeline(rows), tmp_path / "results.csv")


def test_without_boxes_the_largest_face_is_compared_with_the_first(tmp_path):
    small = {"face": 0, "box_w": 40.0, "box_h": 40.0, "box_x": 300.0}
    ours = timeline([face(0, "sad", **small), face(0, "happy", face=1)])
    path = tmp_path / "a.csv"
    path.write_text("frame,face_id,emotion\n0,1,angry\n0,0,happy\n", encoding="utf-8")
    found = vidfer.compare(ours, path)
    assert found.total.pairs == 1
    assert found.as_dict()["total"]["agreement"] == 1.0
    assert found.as_dict()["total"]["emotions"]["happy"]["icc_absolute"] is None


def test_landmarks_that_lie_in_a_face_belong_to_it_and_faces_alone_may_be_compared(tmp_path):
    path = tmp_path / "a.csv"
    header = "frame, face_id, timestamp, confidence, success, x_0, x_1, y_0, y_1\n"
    path.write_text(header + "1,0,0.0,.9,1,120,150,120,150\n2,0,0.1,0,0,0,0,0,0\n", "utf-8")
    found = vidfer.compare(timeline([face(0), no_face(1)]), path)
    assert (found.total.both, found.total.neither) == (1, 1)
    assert found.as_dict()["total"]["face_kappa"] == 1.0
    assert "the other side tells none" in found.as_text()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"tolerance_s": -1}, "tolerance_s must be a number at least 0"),
        ({"min_iou": 0}, "min_iou"),
        ({"min_overlap": 1.5}, "min_overlap"),
        ({"confidence": 1}, "confidence must be below 1"),
        ({"resamples": 0}, "resamples"),
        ({"faces": "both"}, "faces must be one of all, largest"),
    ],
)
def test_options_outside_their_range_are_refused(options, sentence):
    rows = timeline([face(0)])
    with pytest.raises(SettingsError, match=sentence):
        vidfer.compare(rows, rows, **options)


def test_what_cannot_be_compared_with_is_refused(tmp_path):
    rows = timeline([face(0)])
    (tmp_path / "a.docx").write_text("x")
    (tmp_path / "empty").mkdir()
    for path, sentence in {
        "none.csv": "is not there",
        "a.docx": "cannot be compared with",
        "empty": "holds neither timelines nor files",
    }.items():
        with pytest.raises(UsageError, match=sentence):
            vidfer.compare(rows, tmp_path / path)
    with pytest.raises(UsageError, match="lacks the column"):
        vidfer.compare(rows, pl.DataFrame({"video": ["a.mp4"]}))


def test_an_empty_timeline_has_nothing_in_common(tmp_path):
    with pytest.raises(UsageError, match="There are no videos"):
        vidfer.compare(timeline([]), timeline([face(0)]))


def test_figures_are_saved_as_a_table_or_as_a_document(tmp_path):
    rows = timeline(moods("happy", "sad"))
    found = vidfer.compare(rows, rows)
    for ending in ("csv", "parquet", "json"):
        found.save(tmp_path / f"figures.{ending}")
    assert pl.read_csv(tmp_path / "figures.csv")["kappa"].to_list() == [1.0]
    assert pl.read_parquet(tmp_path / "figures.parquet").equals(found.table())
    document = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    assert document == found.as_dict()
    with pytest.raises(UsageError, match="must end in"):
        found.save(tmp_path / "figures.txt")
