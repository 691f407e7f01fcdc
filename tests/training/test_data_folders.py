"""Folders of class folders become grey 48x48 pictures, or are refused by the name of a file."""

import numpy as np
import pytest
from PIL import Image

from vidfer.emotions import EMOTIONS
from vidfer.errors import DataError
from vidfer.training.data import read_splits, read_training_data

GREY = np.random.default_rng(5).integers(0, 256, (48, 48), dtype=np.uint8)
ORIENTATION = 0x0112


@pytest.fixture
def put(tmp_path):
    """Saves a picture under the folder `data`, and returns that folder."""

    def put_picture(place: str, picture: np.ndarray = GREY, **options: object):
        path = tmp_path / "data" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(path, **options)
        return tmp_path / "data"

    return put_picture


def refusal_of(folder) -> str:
    with pytest.raises(DataError) as refusal:
        read_splits(folder)
    sentence = str(refusal.value)
    assert str(folder) in sentence
    assert len(sentence.splitlines()) == 1
    return sentence


def test_a_folder_of_class_folders_is_one_set_in_order_of_names(put):
    for label, emotion in enumerate(EMOTIONS):
        put(f"{emotion}/b.png", GREY // 2 + label)
        folder = put(f"{emotion}/a.png", GREY // 2)
    splits = read_splits(folder)
    assert list(splits) == ["data"]
    faces = splits["data"]
    order = sorted(range(len(EMOTIONS)), key=EMOTIONS.__getitem__)
    assert faces.labels.tolist() == [label for label in order for _ in "ab"]
    np.testing.assert_array_equal(faces.pictures[0], GREY // 2)
    np.testing.assert_array_equal(faces.pictures[-1], GREY // 2 + order[-1])
    assert (faces.votes, faces.sources) == (None, None)


@pytest.mark.parametrize(
    ("name", "emotion"),
    [
        *((str(label), emotion) for label, emotion in enumerate(EMOTIONS)),
        *(("ANGRY", "angry"), ("anger", "angry"), ("Disgusted", "disgust"), ("fearful", "fear")),
        *(("Happiness", "happy"), ("sadness", "sad"), ("Surprised", "surprise")),
    ],
)
def test_class_folders_may_have_other_names_in_any_case(name, emotion, put):
    faces = read_splits(put(f"{name}/a.png"))["data"]
    assert faces.labels.tolist() == [EMOTIONS.index(emotion)]


@pytest.mark.parametrize("kind", ["png", "bmp", "tiff", "webp", "pgm", "gif"])
def test_pictures_of_48x48_keep_their_pixels_in_every_lossless_format(kind, put):
    options = {"lossless": True} if kind == "webp" else {}
    faces = read_splits(put(f"happy/a.{kind}", **options))["data"]
    np.testing.assert_array_equal(faces.pictures[0], GREY)


def test_colour_and_jpeg_become_grey(put):
    colour = np.repeat(np.full((48, 48, 1), 90, np.uint8), 3, axis=2)
    faces = read_splits(put("happy/a.jpg", colour))["data"]
    np.testing.assert_allclose(faces.pictures[0], 90, atol=1)


def test_sixteen_bits_are_scaled_to_eight(put):
    faces = read_splits(put("happy/a.png", GREY.astype(np.uint16) * 257))["data"]
    np.testing.assert_array_equal(faces.pictures[0], GREY)


def test_large_pictures_shrink_to_means_of_areas(put):
    # Lines finer than the new pixels: picking single ones would give black or white.
    lines = np.tile(np.array([0, 200], np.uint8), (480, 240))
    faces = read_splits(put("happy/a.png", lines))["data"]
    np.testing.assert_allclose(faces.pictures[0], 100, atol=12)


@pytest.mark.parametrize("shape", [(1, 1), (20, 20), (30, 90), (47, 48), (500, 400)])
def test_pictures_of_any_size_become_48x48(shape, put):
    faces = read_splits(put("happy/a.png", np.full(shape, 77, np.uint8)))["data"]
    np.testing.assert_array_equal(faces.pictures[0], np.full((48, 48), 77))


def test_pictures_are_turned_upright_by_their_exif_orientation(put):
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # to be turned clockwise
    faces = read_splits(put("happy/a.png", GREY, exif=exif))["data"]
    np.testing.assert_array_equal(faces.pictures[0], np.rot90(GREY, k=-1))


def test_what_systems_leave_in_folders_is_passed_over(put):
    put("happy/a.png")
    for name in ("happy/.DS_Store", "happy/Thumbs.db", ".git/x", "__MACOSX/x", "README.txt"):
        path = put("happy/a.png") / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    assert len(read_splits(put("happy/a.png"))["data"]) == 1


def test_folders_of_sources_are_remembered_as_sources(put):
    put("film/happy/a.png")
    put("film/Sad/a.png")
    faces = read_splits(put("street/3/a.png"))["data"]
    assert faces.sources.tolist() == ["film", "film", "street"]
    assert [EMOTIONS[label] for label in faces.labels] == ["sad", "happy", "happy"]


def test_split_folders_are_splits(put):
    put("train/happy/a.png", GREY // 2)
    put("train/sad/a.png", GREY // 3)
    put("Validation/happy/a.png", GREY // 4)
    folder = put("test/film/happy/a.png", GREY // 5)
    splits = read_splits(folder)
    assert list(splits) == ["training", "public_test", "private_test"]
    assert [len(faces) for faces in splits.values()] == [2, 1, 1]
    assert splits["private_test"].sources.tolist() == ["film"]
    np.testing.assert_array_equal(splits["public_test"].pictures[0], GREY // 4)


@pytest.mark.parametrize(
    ("name", "split"),
    [
        *(("train", "training"), ("Training", "training")),
        *(("val", "public_test"), ("public_test", "public_test"), ("PublicTest", "public_test")),
        *(("private_test", "private_test"), ("PrivateTest", "private_test")),
    ],
)
def test_split_folders_may_have_other_names(name, split, put):
    assert split in read_splits(put(f"{name}/happy/a.png"))


def test_an_unknown_class_folder_is_named_with_the_known_ones(put):
    put("happy/a.png")
    folder = put("contempt/a.png")
    sentence = refusal_of(folder)
    assert str(folder / "contempt") in sentence
    assert all(emotion in sentence for emotion in EMOTIONS)


def test_numbers_of_another_data_set_are_refused(put):
    for number in range(1, 8):
        folder = put(f"{number}/a.png")
    assert str(folder / "7") in refusal_of(folder)


def test_a_folder_beside_splits_is_named_with_the_known_ones(put):
    put("train/happy/a.png")
    folder = put("extra/happy/a.png")
    sentence = refusal_of(folder)
    assert str(folder / "extra") in sentence
    assert "validation" in sentence


def test_two_folders_of_one_split_are_refused(put):
    put("val/happy/a.png")
    assert "both 'val' and 'validation'" in refusal_of(put("validation/happy/a.png"))


def test_a_source_without_class_folders_is_named(put):
    put("film/happy/a.png")
    folder = put("street/a.png")
    assert str(folder / "street") in refusal_of(folder)


def test_a_folder_of_other_folders_is_refused_with_what_is_looked_for(put):
    sentence = refusal_of(put("holiday/a.png"))
    for name in ("training.parquet", "fer2013.csv", "train.csv", *EMOTIONS, "'holiday'"):
        assert name in sentence


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n", b"%!PS-Adobe-3.0\n"])
def test_what_is_no_picture_is_refused_by_its_name(content, put):
    folder = put("happy/a.png")
    (folder / "happy" / "b.png").write_bytes(content)
    assert str(folder / "happy" / "b.png") in refusal_of(folder)


@pytest.mark.parametrize("kind", ["png", "jpg", "bmp", "webp", "tiff"])
def test_a_truncated_picture_is_refused_by_its_name(kind, put):
    folder = put(f"happy/a.{kind}")
    path = folder / "happy" / f"a.{kind}"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert str(path) in refusal_of(folder)


@pytest.mark.parametrize("side_px", [0x0000FFFF, 0x00002710])
def test_a_forged_size_is_refused_before_a_picture_of_it_is_made(side_px, put, monkeypatch):
    folder = put("happy/a.bmp")
    path = folder / "happy" / "a.bmp"
    content = bytearray(path.read_bytes())
    content[18:22] = content[22:26] = side_px.to_bytes(4, "little")
    path.write_bytes(content)
    monkeypatch.setattr(Image.Image, "load", lambda *_: pytest.fail("it was decoded"))
    assert f"{path} has more than 64,000,000 pixels" in refusal_of(folder)


def test_a_folder_in_a_class_folder_is_refused(put):
    put("happy/a.png")
    folder = put("happy/more/a.png")
    assert str(folder / "happy" / "more") in refusal_of(folder)


def test_class_folders_without_pictures_are_refused(tmp_path):
    (tmp_path / "happy").mkdir()
    assert refusal_of(tmp_path) == f"{tmp_path} holds no pictures."


def test_training_uses_the_validation_folder_and_never_the_test_folder(put):
    put("train/happy/a.png")
    put("val/happy/a.png", GREY // 2)
    folder = put("test/happy/a.png")
    (folder / "test" / "happy" / "a.png").write_bytes(b"no picture")
    training, held_out = read_training_data(folder)
    np.testing.assert_array_equal(training.pictures, [GREY])
    np.testing.assert_array_equal(held_out.pictures, [GREY // 2])
