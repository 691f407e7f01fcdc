"""Labelled faces are cut again, those in files at the files' own resolution."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from vidfer.batches import CROP_SIDE_PX
from vidfer.errors import DataError
from vidfer.faces.recutting import Recutter
from vidfer.training.data import LabelledFaces, read_splits
from vidfer.training.data.settling import settled

CPU = torch.device("cpu")

# About the astronaut's face, twice as wide as vidfer cuts it: left, upper, right, lower.
WIDE_PX = (122, 20, 322, 220)


@pytest.fixture(scope="module")
def photo(astronaut: np.ndarray) -> Image.Image:
    return Image.fromarray(astronaut).convert("L").crop(WIDE_PX)


def read(folder: Path, *pictures: Image.Image) -> LabelledFaces:
    """Read pictures back from a class folder."""
    inner = folder / "faces" / "happy"
    inner.mkdir(parents=True)
    for number, picture in enumerate(pictures):
        picture.save(inner / f"{number}.png")
    (faces,) = read_splits(folder / "faces").values()
    return faces


def sharpness(picture: np.ndarray) -> float:
    return float(np.abs(np.diff(picture.astype(float), axis=1)).mean())


def middle_of(picture: np.ndarray) -> np.ndarray:
    return picture[8:-8, 8:-8]


def test_a_face_in_a_large_file_keeps_its_pixels(photo, tmp_path):
    faces = read(tmp_path, photo)
    from_file = settled(faces, device=CPU).pictures[0]
    from_small = Recutter(CPU).recut(faces.pictures)[0]
    assert np.abs(middle_of(from_file).astype(float) - middle_of(from_small)).mean() < 20
    assert sharpness(middle_of(from_file)) > 1.2 * sharpness(middle_of(from_small))


def test_a_picture_that_is_not_square_is_not_stretched(photo, tmp_path):
    narrow = photo.crop((0, 0, 140, 200))
    square = photo.crop((0, 30, 140, 170))
    ours, expected = settled(read(tmp_path, narrow, square), device=CPU).pictures
    np.testing.assert_array_equal(ours, expected)


def test_files_of_a_crops_own_size_are_cut_like_pictures_from_elsewhere(photo, tmp_path):
    small = photo.resize((CROP_SIDE_PX, CROP_SIDE_PX))
    faces = read(tmp_path, small)
    np.testing.assert_array_equal(
        settled(faces, device=CPU).pictures, Recutter(CPU).recut(np.asarray(small)[None])
    )


def test_pictures_of_different_sizes_keep_their_order(photo, tmp_path):
    sizes = (200, 40, 100, 48, 150)
    pictures = [photo.resize((size, size)) for size in sizes]
    together = settled(read(tmp_path, *pictures), device=CPU)
    for number, picture in enumerate(pictures):
        alone = settled(read(tmp_path / str(number), picture), device=CPU)
        np.testing.assert_array_equal(together.pictures[number], alone.pictures[0])


def test_labels_and_sources_stay(make_faces):
    faces = make_faces(9)
    again = settled(faces, device=CPU)
    assert len(again) == 9
    np.testing.assert_array_equal(again.labels, faces.labels)


def test_some_of_the_faces_are_read_again_from_their_own_files(photo, tmp_path):
    faces = read(tmp_path, photo, photo.rotate(10), photo.resize((96, 96)))
    some = np.array([2, 0])
    np.testing.assert_array_equal(
        settled(faces.rows(some), device=CPU).pictures, settled(faces, device=CPU).pictures[some]
    )


def test_a_file_that_has_gone_is_named(photo, tmp_path):
    faces = read(tmp_path, photo)
    (tmp_path / "faces" / "happy" / "0.png").unlink()
    with pytest.raises(DataError, match=r"0\.png"):
        settled(faces, device=CPU)
