"""Landmarks place a face's crop as FER2013's faces are placed, as long as its box agrees."""

import numpy as np
import pytest

from vidfer.batches import DetectionBatch
from vidfer.faces.alignment import (
    BOX_SIDES_PER_CROP,
    LAYOUT,
    FaceSquares,
    box_squares,
    face_squares,
    landmark_squares,
)

CENTRE = np.array([200.0, 150.0])
SIDE = 100.0


def landmarks_of(*, roll_deg: float = 0.0, centre: np.ndarray = CENTRE) -> np.ndarray:
    """The landmarks of a face that lies in its square as FER2013's do, (5, 2)."""
    points = LAYOUT @ [1, 1j] * SIDE * np.exp(1j * np.radians(roll_deg))
    return centre + np.stack([points.real, points.imag], axis=1)


def face(
    landmarks: np.ndarray, *, centre: np.ndarray = CENTRE, box_side: float = SIDE
) -> DetectionBatch:
    height = box_side * BOX_SIDES_PER_CROP
    size = np.array([0.8 * height, height])
    return DetectionBatch(
        frame_row=np.zeros(1, np.int64),
        box_px=np.concatenate([centre - size / 2, size])[None].astype(np.float32),
        score=np.ones(1, np.float32),
        landmarks_px=landmarks[None].astype(np.float32),
        tracked=np.zeros(1, np.bool_),
    )


def together(faces: list[DetectionBatch]) -> DetectionBatch:
    return DetectionBatch(
        frame_row=np.zeros(len(faces), np.int64),
        box_px=np.concatenate([one.box_px for one in faces]),
        score=np.ones(len(faces), np.float32),
        landmarks_px=np.concatenate([one.landmarks_px for one in faces]),
        tracked=np.zeros(len(faces), np.bool_),
    )


def side_of(squares: FaceSquares) -> float:
    return float(np.linalg.norm(squares.across_px[0]))


def roll_of(squares: FaceSquares) -> float:
    x, y = squares.across_px[0]
    return float(np.degrees(np.arctan2(y, x)))


@pytest.mark.parametrize("roll_deg", [0, 5, -12, 40, -90, 175])
def test_a_face_like_fer2013s_gets_its_own_square_back_whatever_its_roll(roll_deg):
    squares = face_squares(face(landmarks_of(roll_deg=roll_deg)))
    np.testing.assert_allclose(squares.centre_px[0], CENTRE, atol=1e-3)
    assert side_of(squares) == pytest.approx(SIDE, abs=1e-3)
    assert roll_of(squares) == pytest.approx(roll_deg, abs=1e-3)


def test_a_box_that_shakes_a_little_does_not_shake_the_crop():
    shaken = face(landmarks_of(), centre=CENTRE + np.array([4, -3]), box_side=1.05 * SIDE)
    np.testing.assert_allclose(
        face_squares(shaken).centre_px, face_squares(face(landmarks_of())).centre_px, atol=1e-3
    )
    assert side_of(face_squares(shaken)) == pytest.approx(SIDE, abs=1e-3)


def test_all_landmarks_count_not_the_eyes_alone():
    landmarks = landmarks_of()
    landmarks[0] += [0, 8]
    slope_of_eyes_deg = -np.degrees(np.arctan2(8, 37.4))
    assert slope_of_eyes_deg / 2 < roll_of(face_squares(face(landmarks))) < 0


def in_profile() -> np.ndarray:
    """The eyes and the mouth's corners of a face seen from its side nearly coincide."""
    landmarks = landmarks_of()
    landmarks[:, 0] = CENTRE[0] + (landmarks[:, 0] - CENTRE[0]) * 0.02
    return landmarks


def test_a_profiles_crop_is_about_as_large_as_its_box():
    assert side_of(landmark_squares(face(in_profile()))) < 0.7 * SIDE
    assert side_of(face_squares(face(in_profile()))) == pytest.approx(0.92 * SIDE, rel=0.01)
    assert abs(roll_of(face_squares(face(in_profile())))) < 5


def test_landmarks_all_over_the_place_do_not_make_the_crop_huge():
    wild = CENTRE + (landmarks_of() - CENTRE) * 10
    assert side_of(face_squares(face(wild))) <= 1.1 * SIDE + 1e-3


def test_landmarks_beside_the_box_pull_the_crop_only_a_little():
    astray = landmarks_of(centre=CENTRE + np.array([500, 0]))
    moved = face_squares(face(astray)).centre_px - box_squares(face(astray)).centre_px
    assert np.linalg.norm(moved) == pytest.approx(0.1 * SIDE, rel=0.01)


@pytest.mark.parametrize("place", [(0, 0), (210.3, 140.7)])
def test_landmarks_in_one_point_leave_the_box_alone(place):
    broken = face(np.tile(place, (5, 1)))
    squares, box = face_squares(broken), box_squares(broken)
    np.testing.assert_array_equal(squares.centre_px, box.centre_px)
    np.testing.assert_array_equal(squares.across_px, box.across_px)


def test_a_square_has_the_same_bits_in_any_company():
    random = np.random.default_rng(0)
    faces = [
        face(landmarks_of(roll_deg=roll) + random.normal(0, 6, (5, 2)))
        for roll in random.uniform(-180, 180, 19)
    ]
    whole = face_squares(together(faces))
    for count in (1, 2, 3, 5, 8):
        part = face_squares(together(faces[-count:]))
        np.testing.assert_array_equal(part.centre_px, whole.centre_px[-count:])
        np.testing.assert_array_equal(part.across_px, whole.across_px[-count:])


def test_no_faces_give_no_squares():
    nobody = DetectionBatch(
        frame_row=np.empty(0, np.int64),
        box_px=np.empty((0, 4), np.float32),
        score=np.empty(0, np.float32),
        landmarks_px=np.empty((0, 5, 2), np.float32),
        tracked=np.empty(0, np.bool_),
    )
    squares = face_squares(nobody)
    assert squares.centre_px.shape == squares.across_px.shape == (0, 2)


def test_detections_are_not_changed():
    seen = face(landmarks_of(roll_deg=10))
    box, landmarks = seen.box_px.copy(), seen.landmarks_px.copy()
    face_squares(seen)
    np.testing.assert_array_equal(seen.box_px, box)
    np.testing.assert_array_equal(seen.landmarks_px, landmarks)
