"""From the user's labelled files to figures: real clips, real networks, real weights."""

import json
import shutil

import av
import numpy as np
import polars as pl
import pytest
from PIL import Image

import vidfer
from tests.results import EXAMPLES
from vidfer.emotions import EMOTIONS
from vidfer.errors import DataError, WeightsError
from vidfer.field_test.command import evaluate_material

SPARSE = vidfer.AnalyzeSettings(fps=2, device="cpu")


def picture_of_a_face():
    """Return the first frame of an example clip, which shows a smiling face."""
    with av.open(str(EXAMPLES / "face_then_none.mp4")) as container:
        return next(container.decode(video=0)).to_image()


def write_clips(folder):
    folder.mkdir()
    shutil.copy(EXAMPLES / "face_then_none.mp4", folder / "then_none.mp4")
    shutil.copy(EXAMPLES / "two_faces.mp4", folder / "two.mp4")
    picture_of_a_face().save(folder / "face.jpg")
    Image.fromarray(np.zeros((200, 200, 3), np.uint8)).save(folder / "black.png")
    (folder / "broken.mp4").write_bytes(b"\x00\x00\x00\x18ftypmp42 and nothing more")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff")


LINES = """path,emotion,start_s,end_s,source
then_none.mp4,happy,0,1,phone
then_none.mp4,Happiness,1.5,3,phone
two.mp4,sad,,,TV
face.jpg,joy,,,TV
black.png,neutral,,,TV
broken.mp4,angry,,,phone
broken.jpg,angry,,,phone
gone.mp4,3,,,phone
two.mp4,happy,60,,TV
"""


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("material") / "clips"
    write_clips(folder)
    (folder / "labels.csv").write_text(LINES)
    return folder


@pytest.fixture(scope="module")
def done(clips, tmp_path_factory):
    """Evaluate once; return the evaluation and its output folder."""
    output = tmp_path_factory.mktemp("done") / "out"
    return evaluate_material(clips / "labels.csv", settings=SPARSE, output=output), output


def test_each_line_has_a_result_in_its_place(done):
    evaluation, _ = done
    assert [result.status for result in evaluation.results] == [
        *("ok", "no_face", "ok", "ok", "no_face"),
        *("failed", "failed", "failed", "failed"),
    ]
    assert evaluation.exit_code == 1


def test_the_smiling_face_is_read_in_videos_and_pictures(done):
    evaluation, _ = done
    read = [r.reading.prediction for r in evaluation.results if r.status == "ok"]
    assert read == [EMOTIONS.index("happy")] * 3


def test_stretches_of_one_video_are_told_apart(done):
    evaluation, _ = done
    first, second = (result.reading for result in evaluation.results[:2])
    assert (first.frames, first.frames_with_face) == (2, 2)
    assert (second.frames, second.frames_with_face) == (3, 0)


def test_what_failed_says_why(done):
    evaluation, _ = done
    errors = [result.error for result in evaluation.failed]
    assert "index" in errors[0] or "damaged" in errors[0]
    assert "cannot be read as a picture" in errors[1]
    assert "no file of this name" in errors[2]
    assert "No frame was analysed from 60 s" in errors[3]


def test_figures_count_faces_and_what_is_right(done):
    evaluation, _ = done
    figures = evaluation.as_dict()
    assert (figures["items"], figures["with_face"], figures["failed"]) == (5, 3, 4)
    assert figures["accuracy"] == pytest.approx(2 / 3)
    assert figures["all_items"]["accuracy"] == pytest.approx(2 / 5)
    assert figures["detection_rates"]["happy"] == pytest.approx(2 / 3)
    assert figures["sources"]["TV"]["items"] == 3
    assert figures["sources"]["phone"]["accuracy"] == 1.0
    assert np.array(figures["confusion"]).sum() == 3


def test_the_text_says_what_counts_and_what_failed(done):
    text = done[0].as_text()
    assert "Items    5 read, 4 failed" in text
    assert "found in 3 items (60.0%)" in text
    assert "none in happy 1 of 3, neutral 1 of 1" in text
    assert "precision    recall  f1-score" in text
    assert "Macro F1 counts emotions that label no item" in text
    assert "  two.mp4 from 60 s: No frame" in text


def test_the_table_has_a_row_per_item(done):
    evaluation, output = done
    table = pl.read_parquet(output / "items.parquet")
    assert table["path"].to_list()[:4] == ["then_none.mp4", "then_none.mp4", "two.mp4", "face.jpg"]
    assert table["label"].to_list()[:3] == ["happy", "happy", "sad"]
    assert table["frames"].to_list()[:5] == [2, 3, 8, 1, 1]
    assert table["usable_share"][0] == 1.0
    assert (
        table.filter(status="ok")
        .select(pl.sum_horizontal(EMOTIONS))
        .to_series()
        .round(5)
        .eq(1)
        .all()
    )
    assert table.filter(status="failed")["error"].null_count() == 0
    assert json.loads((output / "evaluation.json").read_text()) == evaluation.as_dict()


def test_a_second_run_reads_what_is_finished(clips, done):
    evaluation, output = done
    before = {path: path.stat().st_mtime_ns for path in output.rglob("[tp]*/**/*.parquet")}
    again = evaluate_material(clips / "labels.csv", settings=SPARSE, output=output)
    assert again.as_dict() == evaluation.as_dict()
    assert len(before) == 3
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_class_folders_need_no_output(tmp_path):
    (tmp_path / "happy").mkdir()
    picture_of_a_face().save(tmp_path / "happy" / "face.png")
    picture_of_a_face().save(tmp_path / "happy" / "copy.png")
    evaluation = evaluate_material(tmp_path, settings=SPARSE)
    assert evaluation.exit_code == 0
    assert evaluation.figures.report.accuracy == 1.0
    assert [path.name for path in tmp_path.iterdir()] == ["happy"]


def test_a_wrong_line_is_refused_before_anything_runs(tmp_path):
    labels = tmp_path / "labels.csv"
    labels.write_text("path,emotion\na.mp4,happy\nb.mp4,bored\n")
    with pytest.raises(DataError, match="Line 3"):
        evaluate_material(labels, output=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_unknown_model_is_refused_before_anything_runs(clips, tmp_path):
    settings = vidfer.AnalyzeSettings(model="nonsense")
    with pytest.raises(WeightsError, match="nonsense"):
        evaluate_material(clips / "labels.csv", settings=settings, output=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_nothing_that_can_be_read_still_gives_a_result(tmp_path):
    labels = tmp_path / "labels.csv"
    labels.write_text("path,emotion\ngone.mp4,happy\ngone.jpg,sad\n")
    evaluation = evaluate_material(labels, output=tmp_path / "out")
    assert evaluation.exit_code == 2
    assert "gone.jpg: There is no file of this name" in evaluation.as_text()
    assert pl.read_parquet(tmp_path / "out" / "items.parquet").height == 2


def test_a_real_picture_of_several_people_is_read_by_its_largest_face(shared, tmp_path):
    (tmp_path / "happy").mkdir()
    shutil.copy(shared / "data" / "multi_face.jpg", tmp_path / "happy" / "group.jpg")
    (result,) = evaluate_material(tmp_path, settings=SPARSE).results
    assert result.status == "ok"
    assert result.reading.frames_with_face == 1
    assert result.reading.prediction == EMOTIONS.index("happy")
