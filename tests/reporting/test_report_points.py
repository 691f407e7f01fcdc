"""What of a timeline reaches a page: every row, or honest stretches of a long one."""

import base64
import zlib

import numpy as np
import polars as pl
import pytest

from vidfer.emotions import EMOTIONS
from vidfer.reporting.cautions import cautions_of
from vidfer.reporting.index_data import BINS, line_of
from vidfer.reporting.packing import NO_VALUE, pack, per_mille, pixels
from vidfer.reporting.places import page_name, places_of
from vidfer.reporting.thinning import BOX, SMOOTH, thin
from vidfer.timeline.manifest import VideoResult


def faces(*, rows: int, tracks: int = 1, fps: int = 25) -> pl.LazyFrame:
    """Return faces whose happiness rises from 0 to 1, the others' sharing the rest."""
    per_track = []
    for track in range(tracks):
        happy = np.linspace(0, 1, rows)
        columns = dict.fromkeys(EMOTIONS, (1 - happy) / 6) | {"happy": happy}
        columns |= {name: columns[name.removesuffix("_smooth")] for name in SMOOTH}
        columns |= {name: np.arange(rows, dtype=float) for name in BOX}
        table = pl.DataFrame(columns).with_columns(
            track=pl.lit(track, pl.Int32),
            time_s=pl.int_range(rows) / fps,
            covered_s=pl.lit(1 / fps),
            face_score=pl.lit(0.9),
            usable=pl.int_range(rows) >= rows // 2,
        )
        per_track.append(table)
    return pl.concat(per_track).lazy()


def test_a_short_video_keeps_every_row():
    points = thin(faces(rows=100, tracks=2), most_points=200)
    assert (points.table.height, points.stretch_s, points.tracks_left_out) == (200, 0.0, 0)
    assert points.table["hold_s"].unique().to_list() == [0.04]


def test_a_long_video_is_told_in_stretches_with_means_and_extremes():
    points = thin(faces(rows=1000), most_points=100)
    assert points.stretch_s == pytest.approx(0.4)
    table = points.table
    assert table.height == pytest.approx(100, abs=1)
    rising = np.linspace(0, 1, 1000)
    assert table["happy"][3] == pytest.approx(rising[30:40].mean())
    assert table["happy_low"][3] == pytest.approx(rising[30])
    assert table["happy_high"][3] == pytest.approx(rising[39])
    assert table["happy"].mean() == pytest.approx(rising.mean(), abs=0.01)
    assert table["usable"].to_list() == [False] * 50 + [True] * 50


def test_the_box_of_a_stretch_stood_there_once():
    points = thin(faces(rows=1000), most_points=100)
    assert points.table["box_x"][3] == 35.0
    assert set(points.table["box_x"]) <= set(range(1000))


def test_of_too_many_tracks_the_longest_stay():
    long, short = faces(rows=50), faces(rows=10, tracks=3).with_columns(pl.col("track") + 1)
    points = thin(pl.concat([long, short]), most_tracks=2)
    assert points.tracks_left_out == 2
    assert points.table["track"].unique().sort().to_list() == [0, 1]


def test_no_face_gives_no_points():
    points = thin(faces(rows=10).filter(pl.lit(False)))
    assert points.table.is_empty()


def test_packed_columns_come_out_as_they_went_in():
    columns = {"a": np.arange(5, dtype="<f8"), "b": per_mille(np.array([0, 0.1234, 1, np.nan]))}
    packed = pack(columns)
    assert packed["columns"] == [["a", "Float64", 5], ["b", "Uint16", 4]]
    content = zlib.decompress(base64.b64decode(packed["bytes"]))
    assert np.frombuffer(content[:40], "<f8").tolist() == [0, 1, 2, 3, 4]
    assert np.frombuffer(content[40:], "<u2").tolist() == [0, 123, 1000, NO_VALUE]


def test_boxes_beyond_the_frame_keep_their_sign():
    assert pixels(np.array([-3.6, 70000.0])).tolist() == [-4, 32767]


def test_the_course_of_a_video_is_the_mean_of_each_part():
    line = line_of(thin(faces(rows=BINS * 10)).table, duration_s=BINS * 10 / 25)
    happy = line[:, EMOTIONS.index("happy")] / 200
    rising = np.linspace(0, 1, BINS * 10).reshape(BINS, 10).mean(1)
    assert happy == pytest.approx(rising, abs=0.004)


def test_parts_without_a_face_are_unknown_not_zero():
    line = line_of(thin(faces(rows=25)).table, duration_s=2.0)
    assert (line[: BINS // 2] != 255).all()
    assert (line[BINS // 2 :] == 255).all()


def result(**changes: object) -> VideoResult:
    values = {"status": "done", "frames_analysed": 100, "frames_with_face": 100, "tracks": 1}
    return VideoResult(video="a.mp4", path="a.mp4", **(values | changes))


@pytest.mark.parametrize(
    ("changes", "figures", "said"),
    [
        ({"status": "failed", "error": "It is empty."}, {}, "It is empty."),
        ({"status": "partial", "lost_ranges_s": [(1.0, 3.5)]}, {}, "2.5 s are missing"),
        ({"frames_with_face": 0}, {}, "No face was found"),
        ({"frames_with_face": 20}, {}, "in 20 % of the frames only"),
        ({}, {"face_s": 10.0, "usable_s": 3.0}, "Only 30 % of the time"),
        ({}, {"mean_confidence": 0.4}, "The model is unsure"),
        ({"tracks": 40}, {"face_s": 40.0, "usable_s": 40.0}, "Do not count tracks as people"),
        ({"frames_analysed": 0, "frames_with_face": 0}, {}, "No frame was analysed"),
    ],
)
def test_poor_quality_is_said(changes, figures, said):
    (caution,) = cautions_of(result(**changes), **figures)
    assert said in caution.text


def test_of_a_good_video_nothing_is_said():
    assert cautions_of(result(), face_s=10.0, usable_s=9.0, mean_confidence=0.8) == []


def test_names_of_pages_are_safe_short_and_distinct():
    names = [
        "a/b.mp4",
        "a_b.mp4",
        "../../etc/passwd",
        "漢字.mp4",
        "x" * 500,
        "<script>",
        "a\udc80.mp4",
    ]
    pages = [page_name(name) for name in names]
    assert len(set(pages)) == len(names)
    assert all(page.isascii() and len(page) < 64 and "/" not in page for page in pages)


def test_an_existing_folder_named_like_a_page_is_a_folder(tmp_path):
    (tmp_path / "odd.html").mkdir()
    assert places_of(tmp_path / "odd.html").front == tmp_path / "odd.html" / "index.html"
