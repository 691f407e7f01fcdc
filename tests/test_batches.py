"""Batches refuse arrays of another rank, length or type, and say which and how."""

import re
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from vidfer.batches import (
    CROP_SIDE_PX,
    LANDMARKS,
    DetectionBatch,
    EmotionBatch,
    FaceBatch,
    FrameBatch,
    QualityBatch,
)
from vidfer.emotions import EMOTIONS

COUNT = 3
FRAMES = {
    "frames": np.zeros((COUNT, 9, 16, 3), dtype=np.uint8),
    "index": np.arange(COUNT, dtype=np.int64),
    "time_s": np.zeros(COUNT, dtype=np.float64),
}
DETECTIONS = {
    "frame_row": np.zeros(COUNT, dtype=np.int64),
    "box_px": np.zeros((COUNT, 4), dtype=np.float32),
    "score": np.zeros(COUNT, dtype=np.float32),
    "landmarks_px": np.zeros((COUNT, len(LANDMARKS), 2), dtype=np.float32),
    "tracked": np.zeros(COUNT, dtype=np.bool_),
}
QUALITY = {
    "sharpness": np.zeros(COUNT, dtype=np.float32),
    "brightness": np.zeros(COUNT, dtype=np.float32),
    "yaw_deg": np.zeros(COUNT, dtype=np.float32),
    "roll_deg": np.zeros(COUNT, dtype=np.float32),
    "usable": np.zeros(COUNT, dtype=np.bool_),
}
FACES = {"crops": np.zeros((COUNT, CROP_SIDE_PX, CROP_SIDE_PX), dtype=np.uint8)}
EMOTION = {"probabilities": np.zeros((COUNT, len(EMOTIONS)), dtype=np.float32)}


def face_batch(**arrays: np.ndarray) -> FaceBatch:
    return FaceBatch(
        detections=DetectionBatch(**DETECTIONS), quality=QualityBatch(**QUALITY), **arrays
    )


MAKERS = (
    (FrameBatch, FRAMES),
    (DetectionBatch, DETECTIONS),
    (QualityBatch, QUALITY),
    (face_batch, FACES),
    (EmotionBatch, EMOTION),
)
SIMPLE_MAKERS = [maker for maker in MAKERS if maker[0] is not face_batch]
EACH_ARRAY = [
    pytest.param(make, arrays, name, id=f"{make.__name__}-{name}")
    for make, arrays in MAKERS
    for name in arrays
]
# The arrays whose length the others must have: they cannot be too long themselves.
LEADING = ("frames", "frame_row", "sharpness", "probabilities")


def assert_refused(make, arrays: dict, name: str, wrong: np.ndarray) -> None:
    with pytest.raises(ValueError, match=rf"^{name} must be ") as refusal:
        make(**{**arrays, name: wrong})
    assert f"got {wrong.dtype} {wrong.shape}" in str(refusal.value)


@pytest.mark.parametrize(("make", "arrays"), MAKERS)
def test_arrays_that_fit_are_accepted(make, arrays):
    batch = make(**arrays)
    for name, array in arrays.items():
        assert getattr(batch, name) is array


@pytest.mark.parametrize(("make", "arrays"), [maker for maker in MAKERS if maker[1] is not QUALITY])
def test_the_length_is_the_number_of_rows(make, arrays):
    assert len(make(**arrays)) == COUNT


@pytest.mark.parametrize(("make", "arrays", "name"), EACH_ARRAY)
def test_another_type_is_refused(make, arrays, name):
    assert_refused(make, arrays, name, arrays[name].astype(np.float16))


@pytest.mark.parametrize(("make", "arrays", "name"), EACH_ARRAY)
def test_one_more_axis_is_refused(make, arrays, name):
    assert_refused(make, arrays, name, arrays[name][..., None])


@pytest.mark.parametrize(
    ("make", "arrays", "name"), [p for p in EACH_ARRAY if p.values[2] not in LEADING]
)
def test_one_row_more_or_less_is_refused(make, arrays, name):
    array = arrays[name]
    assert_refused(make, arrays, name, array[:-1])
    assert_refused(make, arrays, name, np.concatenate([array, array[:1]]))


@pytest.mark.parametrize(("make", "arrays"), [maker for maker in MAKERS if len(maker[1]) > 1])
def test_a_leading_array_of_another_length_is_refused(make, arrays):
    name = next(iter(arrays))
    with pytest.raises(ValueError, match=r"must be .*, got "):
        make(**{**arrays, name: arrays[name][:-1]})


@pytest.mark.parametrize(
    ("make", "arrays", "name", "shape"),
    [
        (FrameBatch, FRAMES, "frames", (COUNT, 9, 16, 4)),
        (FrameBatch, FRAMES, "frames", (COUNT, 9, 16)),
        (DetectionBatch, DETECTIONS, "box_px", (COUNT, 5)),
        (DetectionBatch, DETECTIONS, "landmarks_px", (COUNT, 2, 5)),
        (DetectionBatch, DETECTIONS, "landmarks_px", (COUNT, 10)),
        (face_batch, FACES, "crops", (COUNT, 48, 47)),
        (face_batch, FACES, "crops", (COUNT, 1, 48, 48)),
        (EmotionBatch, EMOTION, "probabilities", (COUNT, 8)),
        (EmotionBatch, EMOTION, "probabilities", (7,)),
    ],
)
def test_another_shape_is_refused(make, arrays, name, shape):
    assert_refused(make, arrays, name, np.zeros(shape, dtype=arrays[name].dtype))


@pytest.mark.parametrize(
    ("make", "arrays", "name"),
    [
        (FrameBatch, FRAMES, "index"),
        (DetectionBatch, DETECTIONS, "score"),
        (DetectionBatch, DETECTIONS, "frame_row"),
        (QualityBatch, QUALITY, "sharpness"),
    ],
)
def test_a_single_number_is_refused(make, arrays, name):
    assert_refused(make, arrays, name, np.zeros((), dtype=arrays[name].dtype))


def test_a_refusal_says_what_is_wanted():
    wrong = np.zeros((COUNT, 5), dtype=np.float32)
    wanted = re.escape(f"box_px must be float32 ({COUNT}, 4), got float32 ({COUNT}, 5)")
    with pytest.raises(ValueError, match=f"^{wanted}$"):
        DetectionBatch(**{**DETECTIONS, "box_px": wrong})


def test_faces_and_their_quality_must_be_as_many():
    shorter = QualityBatch(**{name: array[:-1] for name, array in QUALITY.items()})
    with pytest.raises(ValueError, match="sharpness must be"):
        FaceBatch(detections=DetectionBatch(**DETECTIONS), quality=shorter, **FACES)


@pytest.mark.parametrize(("make", "arrays"), SIMPLE_MAKERS)
def test_empty_batches_are_fine(make, arrays):
    batch = make(**{name: array[:0] for name, array in arrays.items()})
    assert len(getattr(batch, next(iter(arrays)))) == 0


@pytest.mark.parametrize(("make", "arrays"), SIMPLE_MAKERS)
def test_the_repr_shows_types_and_shapes_not_values(make, arrays):
    text = repr(make(**arrays))
    assert text.startswith(f"{make.__name__}(")
    for name, array in arrays.items():
        assert f"{name}: {array.dtype} {array.shape}" in text
    assert "\n" not in text


def test_the_repr_of_faces_shows_how_many_there_are_and_their_crops():
    assert repr(face_batch(**FACES)) == f"FaceBatch({COUNT} faces, crops: uint8 ({COUNT}, 48, 48))"


@pytest.mark.parametrize(("make", "arrays"), MAKERS)
def test_batches_cannot_be_changed(make, arrays):
    batch = make(**arrays)
    with pytest.raises(FrozenInstanceError):
        setattr(batch, next(iter(arrays)), None)
