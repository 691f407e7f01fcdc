"""Pictures of faces are cut again as faces in videos are cut, whoever cut them."""

import numpy as np
import pytest
import torch

from tests.faces.pictures import batch_of
from vidfer.batches import CROP_SIDE_PX
from vidfer.faces.alignment import FaceSquares, face_squares
from vidfer.faces.crops import cut_squares
from vidfer.faces.mtcnn import MtcnnDetector
from vidfer.faces.recutting import Recutter
from vidfer.faces.settling import move
from vidfer.faces.surfaces import surfaces_of

CPU = torch.device("cpu")

# How others cut: beside the face, larger or smaller, or turned; in sides of vidfer's own square.
OTHERS = {
    "beside": [0.08, -0.06, 0.0, 0.0],
    "wider": [0.0, 0.0, 0.3, 0.0],
    "closer": [0.0, 0.0, -0.15, 0.0],
    "turned": [0.0, 0.0, 0.0, 0.2],
    "all of it": [-0.05, 0.05, 0.15, -0.1],
}


@pytest.fixture(scope="module")
def cut(astronaut: np.ndarray):
    """Cuts the astronaut's face `moves` away from where vidfer cuts it, uint8 (1, 48, 48)."""
    batch = batch_of(astronaut[None])
    faces = MtcnnDetector(min_face_px=60, device=CPU).detect(batch, min_score=0.95)
    (row,) = np.flatnonzero(faces.box_px[:, 2] == faces.box_px[:, 2].max())
    squares: FaceSquares = face_squares(faces).take(slice(row, row + 1))
    surfaces = surfaces_of(batch, device=CPU)

    def cut_beside(moves: list[float]) -> np.ndarray:
        return cut_squares(surfaces, np.zeros(1, np.int64), move(squares, np.array([moves])))

    return cut_beside


def recut(pictures: np.ndarray) -> np.ndarray:
    return Recutter(CPU).recut(pictures)


def noise(count: int, *, seed: int = 0) -> np.ndarray:
    shape = (count, CROP_SIDE_PX, CROP_SIDE_PX)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def apart(one: np.ndarray, other: np.ndarray) -> float:
    """The mean difference in grey levels of the middles, where no edge is continued."""
    middle = np.s_[:, 8:-8, 8:-8]
    return float(np.abs(one[middle].astype(float) - other[middle]).mean())


@pytest.mark.parametrize("moves", OTHERS.values(), ids=OTHERS)
def test_a_face_comes_out_nearly_alike_however_it_was_cut(cut, moves):
    ours, theirs = cut([0.0] * 4), cut(moves)
    again = recut(np.concatenate([ours, theirs]))
    assert apart(again[:1], again[1:]) < 0.5 * apart(ours, theirs)


def test_what_vidfer_cut_hardly_changes(cut):
    ours, beside = cut([0.0] * 4), cut(OTHERS["beside"])
    assert apart(recut(ours), ours) < 0.5 * apart(ours, beside)


def test_pictures_keep_their_number_kind_and_size_and_are_not_changed():
    pictures = noise(3)
    before = pictures.copy()
    again = recut(pictures)
    assert (again.shape, again.dtype) == (pictures.shape, np.uint8)
    np.testing.assert_array_equal(pictures, before)


def test_no_pictures_are_none_again():
    assert recut(noise(0)).shape == (0, CROP_SIDE_PX, CROP_SIDE_PX)


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_a_flat_picture_stays_flat(grey):
    flat = np.full((1, CROP_SIDE_PX, CROP_SIDE_PX), grey, np.uint8)
    np.testing.assert_array_equal(recut(flat), flat)


def test_a_picture_is_cut_to_the_same_bits_in_any_company(cut):
    many = np.concatenate([noise(256), *(cut(moves) for moves in OTHERS.values())])
    together = recut(many)
    for row in (0, 255, 256, len(many) - 1):
        np.testing.assert_array_equal(recut(many[row : row + 1])[0], together[row])
