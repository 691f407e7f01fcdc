"""Labelled pictures are read whole, or refused with a sentence that names file and row."""

import math
import re
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from vidfer.emotions import EMOTIONS
from vidfer.errors import DataError
from vidfer.training.data import (
    FERPLUS_CHOICES,
    SPLIT_FILES,
    LabelledFaces,
    read_faces,
    read_split,
)

PICTURE = np.arange(48 * 48, dtype=np.uint16).reshape(48, 48).astype(np.uint8)


@pytest.fixture
def table_file(tmp_path):
    """Writes a Parquet file with these labels and encoded pictures."""

    def write(emotion: list[object], image: list[object], *, image_type: pa.DataType | None = None):
        path = tmp_path / "faces.parquet"
        columns = {"emotion": pa.array(emotion), "image": pa.array(image, image_type)}
        pq.write_table(pa.table(columns), path)
        return path

    return write


def refusal_of(path) -> str:
    with pytest.raises(DataError) as refusal:
        read_faces(path)
    sentence = str(refusal.value)
    assert str(path) in sentence
    return sentence


def test_pictures_and_labels_are_read_as_they_were_written(make_faces, write_faces, tmp_path):
    written = make_faces(15)
    read = read_faces(write_faces(tmp_path / "faces.parquet", written))
    np.testing.assert_array_equal(read.pictures, written.pictures)
    np.testing.assert_array_equal(read.labels, written.labels)
    assert read.pictures.dtype == np.uint8
    assert read.labels.dtype == np.int64


@pytest.mark.parametrize("split", SPLIT_FILES)
def test_a_split_is_read_from_its_file(split, make_faces, write_faces, tmp_path):
    written = make_faces(8, seed=len(split))
    write_faces(tmp_path / SPLIT_FILES[split], written)
    np.testing.assert_array_equal(read_split(tmp_path, split).pictures, written.pictures)


@pytest.mark.parametrize(
    ("kind", "options"), [("PNG", {}), ("WEBP", {"lossless": True}), ("BMP", {})]
)
def test_pictures_may_be_of_any_lossless_kind(kind, options, encode, table_file):
    path = table_file([3], [encode(PICTURE, kind=kind, **options)])
    np.testing.assert_array_equal(read_faces(path).pictures[0], PICTURE)


def test_colour_pictures_become_grey(encode, table_file):
    colour = np.repeat(PICTURE[:, :, None], 3, axis=2)
    path = table_file([3], [encode(colour)])
    np.testing.assert_array_equal(read_faces(path).pictures[0], PICTURE)


VOTES = {f"ferplus_{choice}": [place, None] for place, choice in enumerate(FERPLUS_CHOICES)}


def test_votes_are_read_where_the_file_has_them_all(encode, tmp_path):
    path = tmp_path / "faces.parquet"
    columns = {"emotion": [6, 0], "image": [encode(PICTURE)] * 2, **VOTES}
    pq.write_table(pa.table(columns), path)
    votes = read_faces(path).votes
    assert (votes.dtype, votes.tolist()) == (np.uint8, [list(range(10)), [0] * 10])
    del columns["ferplus_nf"]
    pq.write_table(pa.table(columns), path)
    assert read_faces(path).votes is None


@pytest.mark.parametrize("wrong", [300, -1, 1.5, "many"])
def test_votes_that_are_no_counts_are_refused(wrong, encode, tmp_path):
    path = tmp_path / "faces.parquet"
    columns = {"emotion": [6], "image": [encode(PICTURE)], **{name: [1] for name in VOTES}}
    pq.write_table(pa.table({**columns, "ferplus_fear": [wrong]}), path)
    assert "must hold counts of votes" in refusal_of(path)


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int8(), "str")])
def test_sources_are_read_where_the_file_has_them(kind, encode, tmp_path):
    path = tmp_path / "faces.parquet"
    columns = {
        "emotion": [6, 0, 1],
        "image": [encode(PICTURE)] * 3,
        "source": pa.array(["film", None, "street"]).cast(kind),
    }
    pq.write_table(pa.table(columns), path)
    assert read_faces(path).sources.tolist() == ["film", "", "street"]


def test_sources_that_are_no_texts_are_refused(encode, tmp_path):
    path = tmp_path / "faces.parquet"
    pq.write_table(pa.table({"emotion": [6], "image": [encode(PICTURE)], "source": [7]}), path)
    assert "'source'" in refusal_of(path)


def test_a_format_that_starts_another_program_is_not_read(table_file):
    assert "does not hold a picture" in refusal_of(table_file([0], [b"%!PS-Adobe-3.0 EPSF-3.0\n"]))


def test_other_columns_are_passed_over(encode, tmp_path):
    path = tmp_path / "faces.parquet"
    columns = {"usage": ["x"], "emotion": [6], "image": [encode(PICTURE)]}
    pq.write_table(pa.table(columns), path)
    assert read_faces(path).labels.tolist() == [6]


@pytest.mark.parametrize("size", [(47, 48), (48, 96), (1, 1), (224, 224)])
def test_a_picture_of_another_size_is_refused_by_row(size, encode, table_file):
    odd = np.zeros(size, dtype=np.uint8)
    sentence = refusal_of(table_file([0, 1], [encode(PICTURE), encode(odd)]))
    assert sentence.startswith("Row 1 of ")
    assert f"{size[1]}x{size[0]} pixels, not 48x48" in sentence


@pytest.mark.parametrize("content", [b"", b"no picture", None, b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_picture_is_refused_by_row(content, encode, table_file):
    sentence = refusal_of(table_file([0, 1], [encode(PICTURE), content]))
    assert re.fullmatch(r"Row 1 of .* does not hold a picture\.", sentence)


def test_a_truncated_picture_is_refused_by_row(encode, table_file):
    whole = encode(PICTURE)
    # The last twenty bytes hold a checksum and the end mark, but no pixels.
    for length in (10, 40, len(whole) // 2, len(whole) - 21):
        assert "Row 0 of" in refusal_of(table_file([0], [whole[:length]]))


def damaged(content: bytes, place: int, value: int) -> bytes:
    return content[:place] + bytes([value]) + content[place + 1 :]


@pytest.mark.parametrize(
    ("kind", "place", "value", "error"),
    [
        ("PNG", 36, 17, SyntaxError),
        ("PNG", 11, 1, ValueError),
        ("BMP", 20, 255, Image.DecompressionBombError),
        ("BMP", 20, 38, Image.DecompressionBombWarning),
    ],
    ids=["chunk", "header", "size", "less of a size"],
)
def test_a_damaged_picture_is_refused_by_row(kind, place, value, error, encode, table_file):
    path = table_file([0], [damaged(encode(PICTURE, kind=kind), place, value)])
    with pytest.raises(DataError, match=r"Row 0 of .* does not hold a picture") as refusal:
        read_faces(path)
    assert isinstance(refusal.value.__cause__, error)


def test_a_forged_size_is_refused_before_a_picture_of_it_is_made(encode, table_file, monkeypatch):
    monkeypatch.setattr(Image.Image, "convert", lambda *_: pytest.fail("it was decoded"))
    path = table_file([0], [damaged(encode(PICTURE, kind="BMP"), 20, 10)])
    assert f"{48 + 10 * 2**16}x48 pixels, not 48x48" in refusal_of(path)


@pytest.mark.parametrize("image", ["text", 7, {"bytes": b"x"}])
def test_an_image_column_of_another_type_is_refused_by_row(image, table_file):
    assert "Row 0 of" in refusal_of(table_file([0], [image]))


@pytest.mark.parametrize("label", [7, -1, 255])
def test_a_label_outside_the_seven_is_refused(label, encode, table_file):
    sentence = refusal_of(table_file([0, label], [encode(PICTURE)] * 2))
    assert f"'emotion' outside 0 to {len(EMOTIONS) - 1}" in sentence


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        (["happy", "sad"], "string"),
        (["0", "1"], "string"),
        ([True, False], "bool"),
        ([None, None], "null"),
        ([0, None], "None"),
        ([0.0, 2.7], "2.7"),
        ([0.0, math.nan], "nan"),
        ([0.0, math.inf], "inf"),
        ([0, 2**62], str(2**62)),
    ],
)
def test_labels_that_are_no_whole_numbers_are_refused(labels, told, encode, table_file):
    sentence = refusal_of(table_file(labels, [encode(PICTURE)] * 2))
    assert "'emotion'" in sentence
    assert sentence.endswith(f" {told}.")
    assert ("Row 1 of" in sentence) == (told not in ("string", "bool", "null"))


def test_whole_labels_may_be_stored_as_decimals(encode, table_file):
    labels = read_faces(table_file([0.0, 6.0], [encode(PICTURE)] * 2)).labels
    assert (labels.tolist(), labels.dtype) == ([0, 6], np.int64)


def test_a_file_without_rows_is_refused(table_file):
    path = table_file([], [], image_type=pa.binary())
    assert refusal_of(path) == f"{path} holds no pictures."


@pytest.mark.parametrize("missing", ["emotion", "image"])
def test_a_file_without_a_column_is_refused(missing, encode, tmp_path):
    path = tmp_path / "faces.parquet"
    columns = {"emotion": [0], "image": [encode(PICTURE)]}
    del columns[missing]
    pq.write_table(pa.table(columns), path)
    assert "with the columns 'emotion' and 'image'" in refusal_of(path)


@pytest.mark.parametrize("content", [b"", b"emotion,pixels\n0,1 2 3\n", b"PAR1" + bytes(20)])
def test_a_file_that_is_no_parquet_is_refused(content, tmp_path):
    path = tmp_path / "faces.parquet"
    path.write_bytes(content)
    assert "as a Parquet file" in refusal_of(path)


def test_a_truncated_file_is_refused(make_faces, write_faces, tmp_path):
    path = write_faces(tmp_path / "faces.parquet", make_faces(7))
    path.write_bytes(path.read_bytes()[:-100])
    assert "as a Parquet file" in refusal_of(path)


def test_a_missing_file_is_refused(tmp_path):
    assert "as a Parquet file" in refusal_of(tmp_path / "none.parquet")


def test_a_missing_split_is_refused_by_its_file(tmp_path):
    with pytest.raises(DataError, match=r"public_test\.parquet"):
        read_split(tmp_path, "public_test")


@pytest.mark.parametrize(
    ("shape", "dtype"), [((3, 48, 47), np.uint8), ((3, 48), np.uint8), ((3, 48, 48), np.float32)]
)
def test_pictures_of_another_shape_or_type_are_refused(shape, dtype):
    with pytest.raises(ValueError, match="pictures must be uint8"):
        LabelledFaces(pictures=np.zeros(shape, dtype), labels=np.zeros(3, dtype=np.int64))


@pytest.mark.parametrize("shape", [(2,), (4,), (3, 1), ()])
def test_labels_of_another_length_are_refused(shape):
    with pytest.raises(ValueError, match=r"labels must be \(3,\)"):
        LabelledFaces(
            pictures=np.zeros((3, 48, 48), np.uint8), labels=np.zeros(shape, dtype=np.int64)
        )


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.float64, np.bool_])
def test_labels_of_another_type_are_refused(dtype):
    with pytest.raises(ValueError, match=f"labels must be int64, got {np.dtype(dtype).name}"):
        LabelledFaces(pictures=np.zeros((3, 48, 48), np.uint8), labels=np.zeros(3, dtype))


@pytest.mark.parametrize("label", [-1, len(EMOTIONS)])
def test_labels_outside_the_seven_are_refused(label):
    with pytest.raises(ValueError, match=f"labels must lie in 0 to 6, got {label}"):
        LabelledFaces(pictures=np.zeros((2, 48, 48), np.uint8), labels=np.array([0, label]))


@pytest.mark.parametrize(
    ("votes", "told"),
    [
        (np.zeros((2, 10), np.int64), "votes must be uint8"),
        (np.zeros((2, 9), np.uint8), r"votes must be \(2, 10\)"),
        (np.zeros((3, 10), np.uint8), r"votes must be \(2, 10\)"),
    ],
)
def test_votes_of_another_shape_or_type_are_refused(votes, told, make_faces):
    with pytest.raises(ValueError, match=told):
        replace(make_faces(2), votes=votes)


@pytest.mark.parametrize(
    ("sources", "told"),
    [
        (np.array(["a"]), r"sources must be \(2,\)"),
        (np.zeros(2), "sources must be texts, got float64"),
    ],
)
def test_sources_of_another_length_or_type_are_refused(sources, told, make_faces):
    with pytest.raises(ValueError, match=told):
        replace(make_faces(2), sources=sources)


@pytest.mark.parametrize("which", [np.array([2, 0]), np.array([True, False, True])])
def test_rows_keeps_every_field_of_a_row_together(which, make_faces):
    votes = np.arange(30, dtype=np.uint8).reshape(3, 10)
    faces = replace(make_faces(3), votes=votes, sources=np.array(["a", "b", "c"]))
    chosen = faces.rows(which)
    for name in ("pictures", "labels", "votes", "sources"):
        np.testing.assert_array_equal(getattr(chosen, name), getattr(faces, name)[which])


def test_rows_of_faces_without_votes_and_sources_have_none(make_faces):
    chosen = make_faces(3).rows(np.array([1]))
    assert chosen.votes is None
    assert chosen.sources is None


def test_without_copies_keeps_votes_and_sources(make_faces):
    votes = np.arange(30, dtype=np.uint8).reshape(3, 10)
    faces = replace(make_faces(3), votes=votes, sources=np.array(["a", "b", "c"]))
    left = faces.without_copies_of(make_faces(1))
    assert left.sources.tolist() == ["b", "c"]
    np.testing.assert_array_equal(left.votes, votes[1:])


def faces_like(faces: LabelledFaces, rows: list[int]) -> LabelledFaces:
    return LabelledFaces(pictures=faces.pictures[rows].copy(), labels=faces.labels[rows])


def test_without_copies_leaves_out_pixel_copies_whatever_their_label(make_faces):
    training = make_faces(10, seed=1)
    test = make_faces(6, seed=2)
    test.pictures[[1, 4]] = training.pictures[[9, 0]]
    left = test.without_copies_of(training)
    np.testing.assert_array_equal(left.pictures, test.pictures[[0, 2, 3, 5]])
    np.testing.assert_array_equal(left.labels, test.labels[[0, 2, 3, 5]])


def test_one_grey_level_makes_another_picture(make_faces):
    training = make_faces(4)
    near = faces_like(training, [0, 1])
    near.pictures[0, 20, 20] ^= 1
    assert len(near.without_copies_of(training)) == 1


def test_without_copies_of_others_nothing_is_left_out(make_faces):
    faces = make_faces(9, seed=3)
    assert len(faces.without_copies_of(make_faces(9, seed=4))) == 9


def test_without_copies_of_itself_nothing_is_left(make_faces):
    faces = make_faces(5)
    assert len(faces.without_copies_of(faces)) == 0
    assert len(faces) == 5
