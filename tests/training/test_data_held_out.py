"""Training holds pictures out: PublicTest where there is one, else a fixed fair tenth."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from vidfer.emotions import EMOTIONS
from vidfer.errors import DataError
from vidfer.training.data import (
    HELD_OUT,
    SPLIT_FILES,
    LabelledFaces,
    held_out_name,
    read_splits,
    read_training_data,
)

TENTH = "held-out tenth of training"


def keys_of(faces: LabelledFaces) -> set[bytes]:
    return {picture.tobytes() for picture in faces.pictures}


@pytest.fixture
def write_training(write_faces, tmp_path):
    """Writes a folder with training.parquet only, and returns it."""

    def write(faces: LabelledFaces):
        write_faces(tmp_path / SPLIT_FILES["training"], faces)
        return tmp_path

    return write


def test_public_test_is_held_out_and_private_test_not_touched(make_faces, write_faces, tmp_path):
    training, public = make_faces(14), make_faces(7, seed=1)
    write_faces(tmp_path / "training.parquet", training)
    write_faces(tmp_path / "public_test.parquet", public)
    (tmp_path / "private_test.parquet").write_bytes(b"no Parquet file")
    read = read_training_data(tmp_path)
    assert [keys_of(faces) for faces in read] == [keys_of(training), keys_of(public)]
    assert held_out_name(tmp_path) == "PublicTest"


def test_a_tenth_of_each_emotion_is_held_out_where_nothing_else_is(make_faces, write_training):
    faces = make_faces(40 * len(EMOTIONS))
    folder = write_training(faces)
    training, held_out = read_training_data(folder)
    assert np.bincount(training.labels).tolist() == [36] * len(EMOTIONS)
    assert np.bincount(held_out.labels).tolist() == [4] * len(EMOTIONS)
    assert keys_of(training) | keys_of(held_out) == keys_of(faces)
    assert held_out_name(folder) == TENTH


def test_the_same_pictures_are_held_out_in_any_order_of_rows(make_faces, write_training):
    faces = make_faces(140)
    _, held_out = read_training_data(write_training(faces))
    shuffled = faces.rows(np.random.default_rng(1).permutation(140))
    _, again = read_training_data(write_training(shuffled))
    assert keys_of(again) == keys_of(held_out)


def test_copies_stay_on_one_side_whatever_their_labels(make_faces, write_training):
    once = make_faces(140)
    relabelled = replace(once, labels=(once.labels + 1) % len(EMOTIONS))
    doubled = LabelledFaces(
        pictures=np.concatenate([once.pictures, relabelled.pictures]),
        labels=np.concatenate([once.labels, relabelled.labels]),
    )
    training, held_out = read_training_data(write_training(doubled))
    assert not keys_of(training) & keys_of(held_out)
    assert len(training) + len(held_out) == len(doubled)


def test_of_an_emotion_with_few_pictures_one_is_held_out(make_faces, write_training):
    faces = make_faces(2 * len(EMOTIONS))
    _, held_out = read_training_data(write_training(faces.rows(np.arange(13))))
    assert sorted(held_out.labels) == [0, 1, 2, 3, 4, 5]


def test_pictures_that_are_too_few_to_hold_some_out_are_refused(make_faces, write_training):
    folder = write_training(make_faces(len(EMOTIONS)))
    with pytest.raises(DataError, match="too few pictures to hold some out"):
        read_training_data(folder)


def test_kaggles_train_csv_is_parted_for_evaluation_as_for_training(
    make_faces, write_csv, tmp_path
):
    faces = make_faces(70)
    write_csv(tmp_path / "train.csv", faces)
    (tmp_path / "test.csv").write_text("pixels\n1 2 3\n", encoding="utf-8")
    training, held_out = read_training_data(tmp_path)
    splits = read_splits(tmp_path)
    assert list(splits) == ["training", HELD_OUT]
    assert keys_of(splits["training"]) == keys_of(training)
    assert keys_of(splits[HELD_OUT]) == keys_of(held_out)
    assert held_out_name(tmp_path) == TENTH


def test_a_file_is_evaluated_whole_and_trained_on_without_a_tenth(
    make_faces, write_csv, write_faces, tmp_path
):
    faces = make_faces(70)
    for path in (
        write_csv(tmp_path / "train.csv", faces),
        write_faces(tmp_path / "training.parquet", faces),
        write_faces(tmp_path / "mine.parquet", faces),
    ):
        assert {name: len(read) for name, read in read_splits(path).items()} == {path.stem: 70}
        assert [len(read) for read in read_training_data(path)] == [63, 7]
        assert held_out_name(path) == TENTH


def test_class_folders_without_splits_lose_a_tenth_to_the_held_out(make_faces, tmp_path):
    for row, (picture, label) in enumerate(zip(make_faces(21).pictures, make_faces(21).labels)):
        (tmp_path / EMOTIONS[label]).mkdir(exist_ok=True)
        Image.fromarray(picture).save(tmp_path / EMOTIONS[label] / f"{row}.png")
    training, held_out = read_training_data(tmp_path)
    assert np.bincount(training.labels).tolist() == [2] * len(EMOTIONS)
    assert np.bincount(held_out.labels).tolist() == [1] * len(EMOTIONS)
    assert [len(faces) for faces in read_splits(tmp_path).values()] == [21]


def test_held_out_folders_are_called_by_their_names(tmp_path):
    for name in ("train", "val"):
        (tmp_path / name / "happy").mkdir(parents=True)
    assert held_out_name(tmp_path) == "val"


def test_data_without_training_pictures_is_refused_with_what_is_looked_for(
    make_faces, write_faces, tmp_path
):
    write_faces(tmp_path / "public_test.parquet", make_faces(7))
    with pytest.raises(DataError, match=r"training\.parquet.*only public_test"):
        read_training_data(tmp_path)


@pytest.mark.parametrize("split", ["public_test", "private_test"])
def test_an_official_test_file_is_not_trained_on(split, make_faces, write_faces, tmp_path):
    path = write_faces(tmp_path / SPLIT_FILES[split], make_faces(14))
    with pytest.raises(DataError, match="test pictures, which are not for training"):
        read_training_data(path)


def test_evaluation_does_without_a_tenth_where_there_are_too_few_pictures(
    make_faces, write_training
):
    assert list(read_splits(write_training(make_faces(3)))) == ["training"]


@pytest.mark.parametrize("read", [read_splits, read_training_data])
@pytest.mark.parametrize("name", ["nowhere", "nowhere.csv", "x" * 300, "x" * 300 + ".csv"])
def test_data_that_is_not_there_is_refused_by_name(read, name, tmp_path):
    with pytest.raises(DataError, match=name):
        read(tmp_path / name)
