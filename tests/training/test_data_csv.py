"""FER2013's CSV files, in all the shapes they go around in, are read like its Parquet files."""

import re

import numpy as np
import pytest

from vidfer.errors import DataError
from vidfer.training.data import FERPLUS_CHOICES, LabelledFaces, read_splits, read_training_data

USAGES = ["Training"] * 8 + ["PublicTest"] * 3 + ["PrivateTest"] * 2
SPLIT_ROWS = {"training": range(8), "public_test": range(8, 11), "private_test": range(11, 13)}
VOTES = np.random.default_rng(3).integers(0, 11, (len(USAGES), 10)).astype(np.uint8)


@pytest.fixture(scope="module")
def faces(make_faces) -> LabelledFaces:
    made = make_faces(len(USAGES))
    made.pictures[0, 0, :6] = [0, 9, 10, 99, 100, 255]
    return made


def assert_same(read: LabelledFaces, expected: LabelledFaces) -> None:
    np.testing.assert_array_equal(read.pictures, expected.pictures)
    np.testing.assert_array_equal(read.labels, expected.labels)
    assert (read.pictures.dtype, read.labels.dtype) == (np.uint8, np.int64)
    assert read.pictures.flags.writeable


def write_votes(path, *, usages=USAGES, unnamed=(), votes=VOTES):
    lines = ["Usage,Image name," + ",".join([*FERPLUS_CHOICES[:-1], "NF"])]
    for row, (usage, counts) in enumerate(zip(usages, votes.tolist())):
        name = "" if row in unnamed else f"fer{row:07}.png"
        lines.append(f"{usage},{name},{','.join(map(str, counts))}")
    path.write_text("\r\n".join(lines) + "\r\n", encoding="utf-8")
    return path


def refusal_of(path) -> str:
    with pytest.raises(DataError) as refusal:
        read_splits(path)
    sentence = str(refusal.value)
    assert str(path) in sentence
    assert len(sentence.splitlines()) == 1
    return sentence


@pytest.mark.parametrize("name", ["fer2013.csv", "icml_face_data.csv", "anything.CSV"])
@pytest.mark.parametrize("header", ["emotion,pixels,Usage", "emotion, pixels, Usage"])
def test_each_usage_is_a_split(name, header, faces, write_csv, tmp_path):
    path = write_csv(tmp_path / name, faces, usages=USAGES, header=header)
    splits = read_splits(path)
    assert list(splits) == list(SPLIT_ROWS)
    for split, rows in SPLIT_ROWS.items():
        assert_same(splits[split], faces.rows(np.array(rows)))
        assert splits[split].votes is None


@pytest.mark.parametrize("name", ["fer2013.csv", "icml_face_data.csv"])
def test_a_folder_stands_for_the_file_in_it(name, faces, write_csv, tmp_path):
    write_csv(tmp_path / name, faces, usages=USAGES)
    assert list(read_splits(tmp_path)) == list(SPLIT_ROWS)


def test_columns_may_stand_in_any_order_with_blanks_quotes_and_others(faces, tmp_path):
    path = tmp_path / "faces.csv"
    pixels = [" ".join(map(str, picture.ravel().tolist())) for picture in faces.pictures]
    lines = [
        f'x, PublicTest ,"{text}", {label}\r\n'
        for text, label in zip(pixels, faces.labels.tolist())
    ]
    path.write_text('\ufeffnote, Usage, pixels,"emotion"\r\n' + "".join(lines), encoding="utf-8")
    assert_same(read_splits(path)["public_test"], faces)


def test_pixels_may_stand_apart_by_more_than_one_blank(faces, tmp_path):
    path = tmp_path / "faces.csv"
    text = "  ".join(f"{pixel:03}" for pixel in faces.pictures[0].ravel().tolist())
    path.write_text(f"emotion,pixels\n0, {text} \n", encoding="utf-8")
    assert_same(read_splits(path)["faces"], faces.rows(np.array([0])))


def test_a_file_without_usages_is_one_set_under_its_name(faces, write_csv, tmp_path):
    splits = read_splits(write_csv(tmp_path / "mine.csv", faces))
    assert list(splits) == ["mine"]
    assert_same(splits["mine"], faces)


def test_a_file_longer_than_a_block_is_read_in_order(make_faces, write_csv, tmp_path):
    many = make_faces(400)
    path = write_csv(tmp_path / "long.csv", many)
    assert path.stat().st_size > 2**21
    assert_same(read_splits(path)["long"], many)


def test_votes_beside_the_pictures_are_joined_by_row(faces, write_csv, tmp_path):
    path = write_csv(tmp_path / "fer2013.csv", faces, usages=USAGES)
    write_votes(tmp_path / "fer2013new.csv", unnamed=[2, 9])
    expected = VOTES.copy()
    expected[[2, 9]] = 0
    for split, faces_of_split in read_splits(path).items():
        np.testing.assert_array_equal(faces_of_split.votes, expected[list(SPLIT_ROWS[split])])
        assert faces_of_split.votes.dtype == np.uint8


@pytest.mark.parametrize(
    "usages", [USAGES[:-1], [*USAGES, "PrivateTest"], ["PublicTest", *USAGES[1:]]]
)
def test_votes_of_other_pictures_are_refused(usages, faces, write_csv, tmp_path):
    write_csv(tmp_path / "fer2013.csv", faces, usages=USAGES)
    votes = np.resize(VOTES, (len(usages), 10))
    path = write_votes(tmp_path / "fer2013new.csv", usages=usages, votes=votes)
    with pytest.raises(DataError, match=rf"{re.escape(str(path))} does not fit .*fer2013\.csv"):
        read_splits(tmp_path)


def test_votes_that_are_no_counts_are_refused_by_row(faces, write_csv, tmp_path):
    write_csv(tmp_path / "fer2013.csv", faces, usages=USAGES)
    path = write_votes(tmp_path / "fer2013new.csv")
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[4] = lines[4].rpartition(",")[0] + ",many"
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(DataError, match=r"Row 3 of .*fer2013new\.csv has votes"):
        read_splits(tmp_path)


def test_training_does_not_look_into_private_test(faces, write_csv, tmp_path):
    path = write_csv(tmp_path / "fer2013.csv", faces, usages=USAGES)
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[-2:] = ["9,no pixels,PrivateTest"] * 2
    path.write_text("\n".join(lines), encoding="utf-8")
    training, held_out = read_training_data(path)
    assert_same(training, faces.rows(np.arange(8)))
    assert_same(held_out, faces.rows(np.arange(8, 11)))
    assert "Row 11 of" in refusal_of(path)


ROW = "7 " * 2304


@pytest.mark.parametrize(
    ("pixels", "told"),
    [
        ("7 " * 2303, "has 2303 pixels, not 48x48 = 2304"),
        ("7 " * 2305, "has 2305 pixels, not 48x48 = 2304"),
        ("7 " * 100_000, "has 100000 pixels"),
        ("", "has 0 pixels"),
        ("7 " * 2303 + "256", "whole numbers from 0 to 255"),
        ("7 " * 2303 + "1000", "whole numbers from 0 to 255"),
        ("7 " * 2303 + "99999999999999999999", "whole numbers from 0 to 255"),
        ("7 " * 2303 + "-1", "whole numbers from 0 to 255"),
        ("7 " * 2303 + "1.5", "whole numbers from 0 to 255"),
        ("7 " * 2303 + "x", "whole numbers from 0 to 255"),
        ("7 " * 2303 + "é", "whole numbers from 0 to 255"),
        ("7 " * 2303 + "٣", "whole numbers from 0 to 255"),
    ],
)
def test_pixels_of_no_picture_are_refused_by_row(pixels, told, tmp_path):
    path = tmp_path / "faces.csv"
    path.write_text(f"emotion,pixels\n0,{ROW}\n1,{ROW}\n2,{pixels}\n", encoding="utf-8")
    sentence = refusal_of(path)
    assert sentence.startswith("Row 2 of ")
    assert told in sentence


@pytest.mark.parametrize("label", ["7", "-1", "", "happy", "1.5", "x" * 5000])
def test_a_label_outside_the_seven_is_refused_by_row(label, tmp_path):
    path = tmp_path / "faces.csv"
    path.write_text(f"emotion,pixels\n0,{ROW}\n{label},{ROW}\n", encoding="utf-8")
    sentence = refusal_of(path)
    assert sentence.startswith("Row 1 of ")
    assert "'emotion' outside 0 to 6" in sentence
    assert len(sentence) < 400


def test_an_unknown_usage_is_refused(faces, write_csv, tmp_path):
    path = write_csv(tmp_path / "faces.csv", faces, usages=["Training", "Exam", *USAGES[2:]])
    assert "'Exam' in the column 'Usage'; known are Training, PublicTest" in refusal_of(path)


def test_a_row_too_long_for_any_picture_is_refused_before_it_is_read_whole(tmp_path):
    path = tmp_path / "faces.csv"
    path.write_text(f"emotion,pixels\n0,{ROW}\n0,{'7 ' * 3_000_000}\n", encoding="utf-8")
    assert "a row has more than 1,048,576 characters" in refusal_of(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
        b"name,age\nx,3\n",
        b"emotion,emotion,pixels\n0,0,1\n",
        b"emotion,pixels\n0\n",
        b"emotion,pixels\n",
        b"emotion,pixels\n\xff,1\n",
        b'emotion,pixels\n0,"1 2\n3"\n',
        "emotion,pixels\n0,1\n".encode("utf-16"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused(content, tmp_path):
    path = tmp_path / "faces.csv"
    path.write_bytes(content)
    refusal_of(path)


def test_a_missing_file_is_refused(tmp_path):
    assert "No such file" in refusal_of(tmp_path / "none.csv")


def test_pictures_without_labels_are_refused_as_such(tmp_path):
    path = tmp_path / "test.csv"
    path.write_text(f"pixels\n{ROW}\n", encoding="utf-8")
    assert f"{path} has no labels" in refusal_of(path)
    with pytest.raises(DataError, match="has no labels"):
        read_training_data(path)
