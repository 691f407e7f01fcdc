"""`evaluate` leaves tables and pictures of each split in a folder, whole or not at all."""

import json
import os
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from vidfer.emotions import EMOTIONS
from vidfer.errors import OutputError
from vidfer.training.data import LabelledFaces
from vidfer.training.evaluation.command import evaluate
from vidfer.training.evaluation.evaluation import Evaluation

COUNT, COPIES = 21, 4


@pytest.fixture(scope="module")
def data(tmp_path_factory, make_faces, write_faces) -> Path:
    folder = tmp_path_factory.mktemp("data")
    training, test = make_faces(14), make_faces(COUNT, seed=1)
    pictures = test.pictures.copy()
    pictures[:COPIES] = training.pictures[:COPIES]
    write_faces(folder / "training.parquet", training)
    write_faces(
        folder / "public_test.parquet", LabelledFaces(pictures=pictures, labels=test.labels)
    )
    return folder / "public_test.parquet"


@pytest.fixture(scope="module")
def output(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("results") / "deep" / "folder"


@pytest.fixture(scope="module")
def evaluation(data, output) -> Evaluation:
    return evaluate(data, model="paper", device="cpu", output=output)


def test_each_split_has_its_tables_and_pictures(evaluation, output):
    both = {
        f"{split}.{ending}"
        for split in ("public_test", "public_test_without_copies")
        for ending in ("confusion.parquet", "confusion.png", "reliability.png")
    }
    names = {path.name for path in output.iterdir()}
    assert names == {*both, "public_test.predictions.parquet", "evaluation.json"}


def test_the_json_is_what_the_command_prints(evaluation, output):
    told = json.loads((output / "evaluation.json").read_text(encoding="utf-8"))
    assert told == json.loads(evaluation.to_json())


def test_predictions_are_one_row_for_each_picture_in_the_datas_order(evaluation, output):
    split = evaluation.splits["public_test"]
    table = pq.read_table(output / "public_test.predictions.parquet")
    assert table.column_names == ["row", "label", "prediction", *EMOTIONS, "copy_of_training"]
    assert table["row"].to_pylist() == list(range(COUNT))
    assert table["label"].to_pylist() == [EMOTIONS[label] for label in split.faces.labels]
    assert table["prediction"].to_pylist() == [EMOTIONS[label] for label in split.predictions]
    assert table["copy_of_training"].to_pylist() == [row < COPIES for row in range(COUNT)]
    probabilities = np.stack([table[name].to_numpy() for name in EMOTIONS], axis=1)
    np.testing.assert_allclose(probabilities, split.probabilities, atol=1e-7)


def test_confusion_is_a_row_for_each_label_and_prediction(evaluation, output):
    report = evaluation.reports["public_test"]
    rows = pq.read_table(output / "public_test.confusion.parquet").to_pylist()
    assert len(rows) == len(EMOTIONS) ** 2
    for row in rows:
        label, prediction = EMOTIONS.index(row["label"]), EMOTIONS.index(row["prediction"])
        assert row["pictures"] == report.confusion[label, prediction]
        assert row["share_of_label"] == pytest.approx(report.row_shares[label, prediction])


@pytest.mark.parametrize("plot", ["confusion", "reliability"])
def test_plots_are_pictures(plot, evaluation, output):
    with Image.open(output / f"public_test.{plot}.png") as picture:
        picture.load()
        assert picture.format == "PNG"
        assert min(picture.size) > 600


def test_sources_are_told_for_each_picture(make_faces, encode, tmp_path):
    faces = make_faces(14)
    for number, (picture, label) in enumerate(zip(faces.pictures, faces.labels)):
        folder = tmp_path / "mine" / f"person {number % 2}" / EMOTIONS[label]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.png").write_bytes(encode(picture))
    evaluate(tmp_path / "mine", model="paper", device="cpu", output=tmp_path / "out")
    table = pq.read_table(tmp_path / "out" / "mine.predictions.parquet")
    assert sorted(table["source"].to_pylist()) == ["person 0"] * 7 + ["person 1"] * 7
    assert "copy_of_training" not in table.column_names


def test_names_that_are_not_unicode_are_told_as_escapes(make_faces, encode, tmp_path):
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/odd\xff$x$"))
    (folder / "lab" / "angry").mkdir(parents=True)
    (folder / "lab" / "angry" / "1.png").write_bytes(encode(make_faces(1).pictures[0]))
    (folder / "lab").rename(Path(os.fsdecode(os.fsencode(folder) + b"/lab\xff")))
    evaluation = evaluate(folder, model="paper", device="cpu", output=folder)
    assert evaluation.headline == r"odd\xff$x$"
    assert list(evaluation.as_dict()["sources"]) == [r"lab\xff"]
    assert evaluation.as_text().encode()
    assert r"odd\xff$x$.predictions.parquet" in {one.name for one in folder.iterdir()}


def test_an_output_that_is_a_file_is_refused_before_the_work(tmp_path):
    taken = tmp_path / "taken"
    taken.touch()
    with pytest.raises(OutputError, match="taken cannot be written"):
        evaluate(tmp_path / "nowhere", model="paper", device="cpu", output=taken)


def test_what_cannot_be_written_whole_leaves_no_part_behind(data, tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OutputError, match="The disk is full"):
        evaluate(data, model="paper", device="cpu", output=tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []
