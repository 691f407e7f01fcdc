"""A crop is the face's square of the picture, grey, level, and goes on at the picture's edge."""

import numpy as np
import pytest
import torch
from PIL import Image

from vidfer.batches import CROP_SIDE_PX, DetectionBatch, FrameBatch
from vidfer.faces.alignment import (
    BOX_SIDES_PER_CROP,
    CENTRE_BELOW_MIDDLE,
    LAYOUT,
    FaceSquares,
    face_squares,
)
from vidfer.faces.crops import cut_squares
from vidfer.faces.surfaces import Surfaces, surfaces_of

CPU = torch.device("cpu")


def surfaces_from(frames: np.ndarray) -> Surfaces:
    index = np.arange(len(frames), dtype=np.int64)
    return surfaces_of(FrameBatch(frames=frames, index=index, time_s=index / 25), device=CPU)


def square_of(box: tuple[float, ...]) -> tuple[float, float, float]:
    """Left, top and side of the crop of an upright face that fills its box as usual."""
    x, y, width, height = box
    side = max(width, height) / BOX_SIDES_PER_CROP
    top = y + height / 2 - CENTRE_BELOW_MIDDLE * side - side / 2
    return x + width / 2 - side / 2, top, side


def landmarks_of(box: tuple[float, ...]) -> np.ndarray:
    """Where the landmarks of such a face lie, (5, 2)."""
    left, top, side = square_of(box)
    return np.array([left, top]) + (LAYOUT + 0.5) * side


def detections_of(rows: list[int], boxes: list[tuple[float, ...]]) -> DetectionBatch:
    count = len(rows)
    landmarks = [landmarks_of(box) for box in boxes]
    return DetectionBatch(
        frame_row=np.array(rows, dtype=np.int64),
        box_px=np.array(boxes, dtype=np.float32).reshape(count, 4),
        score=np.full(count, 0.9, dtype=np.float32),
        landmarks_px=np.array(landmarks, dtype=np.float32).reshape(count, 5, 2),
        tracked=np.zeros(count, dtype=np.bool_),
    )


def cut_crops(surfaces: Surfaces, detections: DetectionBatch) -> np.ndarray:
    return cut_squares(surfaces, detections.frame_row, face_squares(detections))


def crop_of(frame: np.ndarray, box: tuple[float, ...]) -> np.ndarray:
    return cut_crops(surfaces_from(frame[None]), detections_of([0], [box]))[0]


def gradient(*, height: int = 240, width: int = 320) -> np.ndarray:
    """A picture that gets brighter to the right and, less so, downwards, in colour."""
    y, x = np.mgrid[0:height, 0:width]
    ramp = 30 + 180 * x / width + 30 * y / height
    return np.stack([ramp, ramp - 20, ramp - 30], axis=2).astype(np.uint8)


def pillow_crop(frame: np.ndarray, box: tuple[float, ...]) -> np.ndarray:
    """What Pillow makes of the same square."""
    left, top, side = square_of(box)
    grey = Image.fromarray(frame).convert("L")
    square = grey.resize(
        (CROP_SIDE_PX, CROP_SIDE_PX),
        Image.Resampling.BOX,
        box=(left, top, left + side, top + side),
    )
    return np.asarray(square)


BOXES = [(100.0, 60.0, 96.0, 96.0), (50.5, 33.3, 60.0, 81.0), (180.0, 120.0, 44.0, 40.0)]


@pytest.mark.parametrize("box", BOXES)
def test_a_crop_is_what_pillow_cuts_out(box):
    frame = gradient()
    ours, expected = crop_of(frame, box).astype(float), pillow_crop(frame, box).astype(float)
    assert abs(ours.mean() - expected.mean()) < 2
    assert np.abs(ours - expected).mean() < 2


def cut(frame: np.ndarray, *, left: float, top: float, across: tuple[float, float]) -> np.ndarray:
    """Cut one square out of a frame, given its upper left corner and its upper edge."""
    down = np.array([-across[1], across[0]])
    centre = np.array([left, top]) + (np.array(across) + down) / 2
    squares = FaceSquares(centre[None], np.array([across], dtype=np.float64))
    return cut_squares(surfaces_from(frame[None]), np.zeros(1, np.int64), squares)[0]


def noise() -> np.ndarray:
    random = np.random.default_rng(0)
    return np.repeat(random.integers(0, 256, (120, 160, 1), dtype=np.uint8), 3, axis=2)


def test_a_square_of_the_crops_own_size_is_copied_pixel_for_pixel():
    frame, side = noise(), CROP_SIDE_PX
    crop = cut(frame, left=50, top=30, across=(side, 0)).astype(int)
    expected = frame[30 : 30 + side, 50 : 50 + side, 0].astype(int)
    assert np.abs(crop - expected).max() <= 1


def test_a_square_on_its_side_is_turned_upright():
    frame, side = noise(), CROP_SIDE_PX
    # The upper edge runs down the frame, as with a head that lies on its left side.
    crop = cut(frame, left=50 + side, top=30, across=(0, side)).astype(int)
    expected = np.rot90(frame[30 : 30 + side, 50 : 50 + side, 0]).astype(int)
    assert np.abs(crop - expected).max() <= 1


@pytest.mark.parametrize("side", [180, 210, 300, 430])
def test_a_large_face_is_cut_as_pillow_cuts_it(astronaut, side):
    frame = np.array(Image.fromarray(astronaut).resize((1024, 1024), Image.Resampling.BICUBIC))
    box = (500.0 - side / 2, 230.0 - side / 2, float(side), float(side))
    ours, expected = crop_of(frame, box).astype(float), pillow_crop(frame, box).astype(float)
    assert np.corrcoef(ours.ravel(), expected.ravel())[0, 1] > 0.995
    assert abs(ours.mean() - expected.mean()) < 1


def test_a_large_square_is_averaged_not_sampled():
    checks = np.indices((960, 960)).sum(axis=0) % 2 * 255
    frame = np.repeat(checks.astype(np.uint8)[:, :, None], 3, axis=2)
    crop = cut(frame, left=0, top=0, across=(960, 0)).astype(int)
    assert np.abs(crop - 127).max() <= 20


def test_a_face_is_cut_as_pillow_cuts_it(astronaut):
    box = (172.0, 62.0, 100.0, 130.0)
    ours, expected = crop_of(astronaut, box), pillow_crop(astronaut, box)
    assert np.corrcoef(ours.ravel(), expected.ravel())[0, 1] > 0.99
    assert abs(float(ours.mean()) - float(expected.mean())) < 2


def test_grey_is_weighted_as_pillow_weights_it():
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (200, 100, 50)]
    for colour in colours:
        frame = np.full((60, 60, 3), colour, dtype=np.uint8)
        expected = np.asarray(Image.fromarray(frame).convert("L"))[0, 0]
        crop = crop_of(frame, (10.0, 10.0, 40.0, 40.0))
        assert np.abs(crop.astype(int) - int(expected)).max() <= 1


def test_the_longer_side_of_the_box_counts():
    frame = gradient()
    wide, tall = crop_of(frame, (100, 90, 60, 40)), crop_of(frame, (110, 80, 40, 60))
    np.testing.assert_array_equal(wide, tall)


def test_orientation_is_kept():
    crop = crop_of(gradient(), (100.0, 60.0, 96.0, 96.0)).astype(int)
    assert (crop[:, -1] > crop[:, 0]).all()
    assert (crop[-1] > crop[0]).all()


@pytest.mark.parametrize("tilt_deg", [-25, -10, 15, 30])
def test_a_tilted_head_is_cut_as_if_it_were_upright(astronaut, tilt_deg):
    box = (172.0, 62.0, 100.0, 130.0)
    upright = crop_of(astronaut, box)
    middle = (222.0, 127.0)
    tilted = Image.fromarray(astronaut).rotate(
        -tilt_deg, resample=Image.Resampling.BICUBIC, center=middle
    )
    turn = np.exp(1j * np.radians(tilt_deg))
    points = (landmarks_of(box) - middle) @ [1, 1j] * turn
    detections = DetectionBatch(
        frame_row=np.zeros(1, np.int64),
        box_px=np.array([box], dtype=np.float32),
        score=np.ones(1, np.float32),
        landmarks_px=(np.stack([points.real, points.imag], axis=1) + middle)[None].astype(
            np.float32
        ),
        tracked=np.zeros(1, np.bool_),
    )
    crop = cut_crops(surfaces_from(np.asarray(tilted)[None]), detections)[0]
    assert np.corrcoef(crop.ravel(), upright.ravel())[0, 1] > 0.98


def shifted(box: tuple[float, ...], x: float, y: float) -> tuple[float, ...]:
    return (box[0] + x, box[1] + y, *box[2:])


OUTSIDE = [
    (-40.0, 60.0, 96.0, 96.0),
    (260.0, 60.0, 96.0, 96.0),
    (100.0, -40.0, 96.0, 96.0),
    (100.0, 180.0, 96.0, 96.0),
    (-30.0, -30.0, 400.0, 400.0),
    (-300.0, 60.0, 96.0, 96.0),
]


@pytest.mark.parametrize("box", OUTSIDE)
def test_beyond_the_edge_the_crop_goes_on_with_the_edges_pixels(box):
    frame, border = gradient(), 400
    padded = np.pad(frame, ((border, border), (border, border), (0, 0)), mode="edge")
    expected = crop_of(padded, shifted(box, border, border))
    # A large square goes on with the mean of the last few pixels, of which this one needs four.
    most = 2 if box[2] > 4 * CROP_SIDE_PX else 1
    assert np.abs(crop_of(frame, box).astype(int) - expected.astype(int)).max() <= most


def three_frames() -> np.ndarray:
    frame = gradient()
    return np.stack([frame, frame[:, ::-1], 255 - frame])


ROWS = [0, 0, 1, 2, 2]
FACES = [*BOXES, (-20.0, 30.0, 70.0, 70.0), (200.0, 150.0, 130.0, 130.0)]


def test_a_crop_does_not_depend_on_the_frames_of_its_chunk():
    frames = three_frames()
    together = cut_crops(surfaces_from(frames), detections_of(ROWS, FACES))
    for row in range(3):
        faces = [i for i, its_row in enumerate(ROWS) if its_row == row]
        alone = cut_crops(
            surfaces_from(frames[row : row + 1]),
            detections_of([0] * len(faces), [FACES[i] for i in faces]),
        )
        np.testing.assert_array_equal(alone, together[faces])


def test_each_face_is_cut_from_its_own_frame():
    frames = np.stack([np.full((60, 60, 3), level, dtype=np.uint8) for level in (10, 120, 250)])
    crops = cut_crops(surfaces_from(frames), detections_of([0, 1, 2], [(10, 10, 30, 30)] * 3))
    assert [set(crop.ravel().tolist()) for crop in crops] == [{10}, {120}, {250}]


def test_crops_are_bytes_of_the_networks_size():
    crops = cut_crops(surfaces_from(three_frames()), detections_of(ROWS, FACES))
    assert crops.dtype == np.uint8
    assert crops.shape == (len(ROWS), CROP_SIDE_PX, CROP_SIDE_PX)


def test_no_faces_give_no_crops():
    crops = cut_crops(surfaces_from(three_frames()), detections_of([], []))
    assert crops.shape == (0, CROP_SIDE_PX, CROP_SIDE_PX)


def test_neither_frames_nor_boxes_are_changed():
    frames, detections = three_frames(), detections_of(ROWS, FACES)
    pixels, boxes = frames.copy(), detections.box_px.copy()
    cut_crops(surfaces_from(frames), detections)
    np.testing.assert_array_equal(frames, pixels)
    np.testing.assert_array_equal(detections.box_px, boxes)
