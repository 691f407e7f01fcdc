"""Sharpness, brightness, pose and the gate made of them."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageFilter

from vidfer.batches import CROP_SIDE_PX, DetectionBatch, QualityBatch
from vidfer.faces.quality import QualityGate, judge_quality

OPEN_GATE = QualityGate(
    face_px=0.0, sharpness=0.0, brightness_min=0.0, brightness_max=1.0, yaw_deg=90.0
)

# An upright face looking at the camera: eyes, nose, mouth corners.
FRONTAL = np.array([[80.0, 90.0], [120.0, 90.0], [100.0, 112.0], [85.0, 130.0], [115.0, 130.0]])


def detections_of(landmarks: np.ndarray, *, side_px: float = 100.0) -> DetectionBatch:
    count = len(landmarks)
    return DetectionBatch(
        frame_row=np.zeros(count, dtype=np.int64),
        box_px=np.tile(np.array([50, 50, 0.8 * side_px, side_px], dtype=np.float32), (count, 1)),
        score=np.full(count, 0.9, dtype=np.float32),
        landmarks_px=landmarks.astype(np.float32),
        tracked=np.zeros(count, dtype=np.bool_),
    )


def judged(
    crops: np.ndarray,
    *,
    gate: QualityGate = OPEN_GATE,
    landmarks: np.ndarray = FRONTAL,
    side_px: float = 100.0,
) -> QualityBatch:
    faces = np.tile(landmarks, (len(crops), 1, 1))
    return judge_quality(detections_of(faces, side_px=side_px), crops, gate=gate)


def pose_of(landmarks: np.ndarray) -> tuple[float, float]:
    quality = judged(constant(128), landmarks=landmarks)
    return float(quality.yaw_deg[0]), float(quality.roll_deg[0])


def constant(level: int) -> np.ndarray:
    return np.full((1, CROP_SIDE_PX, CROP_SIDE_PX), level, dtype=np.uint8)


def textured(*, contrast: int = 40, level: int = 128) -> np.ndarray:
    random = np.random.default_rng(5)
    noise = random.integers(-contrast, contrast + 1, (1, CROP_SIDE_PX, CROP_SIDE_PX))
    return (level + noise).astype(np.uint8)


def face_crop(astronaut: np.ndarray, *, blur_px: float) -> np.ndarray:
    face = Image.fromarray(astronaut[62:192, 160:290]).convert("L").resize((48, 48))
    return np.asarray(face.filter(ImageFilter.GaussianBlur(blur_px)))[None]


def turned(points: np.ndarray, degrees: float) -> np.ndarray:
    """Rotate about the centre, clockwise as seen on a screen, where y points down."""
    angle = np.radians(degrees)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    centre = points.mean(axis=0)
    return (points - centre) @ rotation.T + centre


def with_nose_at(x_px: float) -> np.ndarray:
    points = FRONTAL.copy()
    points[2, 0] = x_px
    return points


def test_the_more_a_picture_is_blurred_the_less_sharp_it_is(astronaut):
    crops = np.concatenate([face_crop(astronaut, blur_px=b) for b in (0, 0.5, 1, 2, 4)])
    sharpness = judged(crops).sharpness
    assert (np.diff(sharpness) < 0).all()


def test_a_flat_picture_has_no_sharpness():
    assert judged(constant(200)).sharpness.tolist() == [0.0]


def test_sharpness_is_the_variance_of_the_laplacian():
    crop = textured()[0].astype(np.float64)
    inner = crop[1:-1, 1:-1]
    around = crop[:-2, 1:-1] + crop[2:, 1:-1] + crop[1:-1, :-2] + crop[1:-1, 2:]
    assert judged(textured()).sharpness[0] == pytest.approx((around - 4 * inner).var(), rel=1e-4)


@pytest.mark.parametrize("level", [0, 1, 51, 128, 255])
def test_brightness_of_a_constant_picture_is_its_level(level):
    assert judged(constant(level)).brightness[0] == pytest.approx(level / 255, abs=1e-6)


def test_a_face_is_judged_the_same_alone_and_among_others(astronaut):
    crops = np.concatenate([face_crop(astronaut, blur_px=0.1 * i) for i in range(9)])
    together = judged(crops)
    for i in range(len(crops)):
        alone = judged(crops[i : i + 1])
        for name in ("sharpness", "brightness", "yaw_deg", "roll_deg", "usable"):
            assert getattr(alone, name)[0] == getattr(together, name)[i]


def test_a_frontal_face_has_neither_yaw_nor_roll():
    yaw_deg, roll_deg = pose_of(FRONTAL)
    assert abs(yaw_deg) < 0.01
    assert abs(roll_deg) < 0.01


@pytest.mark.parametrize("degrees", [-60, -30, -5, 1, 10, 45, 80])
def test_roll_follows_the_turn_of_the_picture(degrees):
    _, roll_deg = pose_of(turned(FRONTAL, degrees))
    assert roll_deg == pytest.approx(degrees, abs=1)


@pytest.mark.parametrize("degrees", [-60, -30, 10, 45])
def test_turning_the_picture_leaves_yaw_alone(degrees):
    face = with_nose_at(108)
    assert pose_of(turned(face, degrees))[0] == pytest.approx(pose_of(face)[0], abs=0.1)


def test_yaw_is_positive_to_the_right_of_the_picture_and_negative_to_the_left():
    assert pose_of(with_nose_at(110))[0] > 5
    assert pose_of(with_nose_at(90))[0] < -5


@pytest.mark.parametrize("offset_px", [1, 5, 12, 30])
def test_yaw_is_symmetric(offset_px):
    to_right, to_left = (pose_of(with_nose_at(100 + d))[0] for d in (offset_px, -offset_px))
    assert to_right == pytest.approx(-to_left, abs=1e-3)


def test_yaw_grows_with_the_noses_offset():
    yaws = [pose_of(with_nose_at(x))[0] for x in (100, 103, 108, 115, 130)]
    assert (np.diff(yaws) > 0).all()
    assert yaws[-1] < 90


def test_eyes_in_one_place_still_give_finite_angles():
    assert np.isfinite(pose_of(np.full((5, 2), 100.0))).all()


GATE = QualityGate(
    face_px=40.0, sharpness=30.0, brightness_min=0.2, brightness_max=0.8, yaw_deg=45.0
)


def usable(crops: np.ndarray, *, gate: QualityGate = GATE, **face: object) -> bool:
    return bool(judged(crops, gate=gate, **face).usable[0])


def test_a_large_sharp_lit_frontal_face_is_usable():
    assert usable(textured())


@pytest.mark.parametrize(("side_px", "expected"), [(39.5, False), (40.0, True), (41.0, True)])
def test_the_longer_side_of_the_box_must_reach_the_gate(side_px, expected):
    assert usable(textured(), side_px=side_px) is expected


@pytest.mark.parametrize(
    ("level", "expected"), [(20, False), (60, True), (190, True), (235, False)]
)
def test_brightness_must_lie_between_the_gates_limits(level, expected):
    assert usable(textured(contrast=15, level=level)) is expected


def test_a_blurred_face_is_not_usable(astronaut):
    assert usable(face_crop(astronaut, blur_px=0))
    assert not usable(face_crop(astronaut, blur_px=6))


def test_a_face_turned_too_far_to_either_side_is_not_usable():
    for nose_x in (55.0, 145.0):
        assert not usable(textured(), landmarks=with_nose_at(nose_x))


def test_a_face_exactly_at_every_limit_is_usable():
    crop = textured()
    measured = judged(crop, landmarks=with_nose_at(110))
    gate = QualityGate(
        face_px=100.0,
        sharpness=float(measured.sharpness[0]),
        brightness_min=float(measured.brightness[0]),
        brightness_max=float(measured.brightness[0]),
        yaw_deg=float(measured.yaw_deg[0]),
    )
    assert usable(crop, gate=gate, landmarks=with_nose_at(110))
    stricter = replace(gate, sharpness=gate.sharpness + 1)
    assert not usable(crop, gate=stricter, landmarks=with_nose_at(110))


def test_no_faces_are_judged_without_a_warning():
    none = np.empty((0, CROP_SIDE_PX, CROP_SIDE_PX), dtype=np.uint8)
    quality = judge_quality(detections_of(np.empty((0, 5, 2))), none, gate=GATE)
    assert quality.usable.shape == (0,)
