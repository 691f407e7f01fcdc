"""What is drawn is legible, true to the row, and within the picture."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from vidfer.emotion_colours import EMOTION_COLOURS
from vidfer.emotions import EMOTIONS
from vidfer.rendering.annotating import Annotator
from vidfer.rendering.face_rows import FaceRows
from vidfer.rendering.layout import Page, Rectangle, sides_of
from vidfer.rendering.pens import COLOURS, LEAST_TYPE_PX, face_type_px, ink_on, page_type_px

SIZES = [(16, 16), (64, 64), (64, 360), (640, 64), (640, 360), (1080, 1920), (3840, 2160)]


def rows_of(*boxes, emotion="sad", usable=True, probability=0.7):
    count = len(boxes)
    probabilities = np.full((count, 7), (1 - probability) / 6, dtype=np.float32)
    probabilities[:, EMOTIONS.index(emotion)] = probability
    return FaceRows(
        frame=np.zeros(count, dtype=np.int32),
        time_s=np.zeros(count),
        has_face=np.ones(count, dtype=np.bool_),
        track=np.arange(count, dtype=np.int32),
        box_px=np.array(boxes, dtype=np.float32).reshape(count, 4),
        probabilities=probabilities,
        usable=np.full(count, usable),
    )


def painted(size, *boxes, **options):
    rows = rows_of(*boxes, **options)
    picture = Image.new("RGB", size, "white")
    annotator = Annotator(rows)
    return np.asarray(annotator.paint(picture, frame=12, time_s=0.48, rows=rows.rows_of(0)))


def count_of(pixels, emotion):
    return int((pixels == COLOURS[emotion]).all(axis=2).sum())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("place", [(-0.2, -0.2), (0.3, 0.3), (0.9, 0.9), (-5.0, 0.2)])
def test_pictures_of_any_size_take_faces_anywhere(size, place):
    box = (place[0] * size[0], place[1] * size[1], 0.4 * size[0], 0.5 * size[1])
    pixels = painted(size, box)
    assert pixels.shape == (size[1], size[0], 3)
    assert (pixels != 255).any()


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_box_name_and_bar_have_the_colour_of_the_emotion(emotion):
    pixels = painted((640, 360), (200, 100, 120, 150), emotion=emotion)
    assert all(count_of(pixels[row : row + 1, 200:320], emotion) > 30 for row in (100, 250))
    others = [count_of(pixels, other) for other in EMOTIONS if other != emotion]
    assert count_of(pixels, emotion) > 10 * max(others) > 0


@pytest.mark.parametrize("probability", [0.2, 0.5, 1.0])
def test_the_length_of_a_bar_is_its_probability(probability):
    pixels = painted((640, 360), (200, 100, 120, 150), emotion="happy", probability=probability)
    beside = pixels[:, 330:]
    bar = (beside == COLOURS["happy"]).all(axis=2).sum(axis=1).max()
    whole = painted((640, 360), (200, 100, 120, 150), emotion="happy", probability=1.0)[:, 330:]
    full = (whole == COLOURS["happy"]).all(axis=2).sum(axis=1).max()
    assert bar == pytest.approx(probability * full, abs=1)
    assert full > 40


def test_faces_that_fail_the_quality_gate_have_corners_only():
    whole = painted((640, 360), (200, 100, 120, 150))
    corners = painted((640, 360), (200, 100, 120, 150), usable=False)
    assert count_of(whole[250:251, 200:320], "sad") > 110
    assert 40 < count_of(corners[250:251, 200:320], "sad") < 80


def test_a_frame_without_a_row_says_so():
    rows = rows_of((10, 10, 50, 50))
    annotator = Annotator(rows)
    seen = Image.new("RGB", (640, 360))
    missed = seen.copy()
    annotator.paint(seen, frame=0, time_s=0.0, rows=slice(1, 1))
    Annotator(rows_of()).paint(missed, frame=0, time_s=0.0, rows=slice(0, 0))
    assert np.array_equal(np.asarray(seen), np.asarray(missed))
    assert (np.asarray(missed) > 128).any()
    assert annotator.frames_with_face == 0


def test_between_analysed_frames_boxes_move_and_probabilities_stay():
    rows = replace(
        rows_of((100, 100, 80, 80), (300, 100, 80, 80), (200, 100, 80, 80)),
        frame=np.array([0, 0, 5], dtype=np.int32),
        time_s=np.array([0.0, 0.0, 0.5]),
        track=np.array([0, 1, 0], dtype=np.int32),
    )
    assert [m.box_px for m in rows.marks_between(rows.rows_of(2), 0.2)] == [(140, 100, 80, 80)]
    assert rows.marks_between(rows.rows_of(7), 0.7) == []
    far = replace(rows, time_s=np.array([0.0, 0.0, 1.5]))
    assert far.marks_between(far.rows_of(2), 0.2) == []


def test_type_is_never_smaller_than_legible_and_grows_with_the_picture():
    for size in SIZES:
        for width in (1, 20, 100, 2000):
            assert LEAST_TYPE_PX <= face_type_px(size, width) <= page_type_px(size)
    assert page_type_px((1920, 1080)) >= 3 * LEAST_TYPE_PX


def test_ink_stands_out_from_every_colour():
    for emotion, colour in COLOURS.items():
        paper, ink = (
            sum(w * (v / 255) ** 2.2 for w, v in zip((0.2126, 0.7152, 0.0722), c))
            for c in (colour, ink_on(colour))
        )
        low, high = sorted((paper, ink))
        assert (high + 0.05) / (low + 0.05) >= 4.5, emotion


def test_colours_differ_for_everybody():
    assert tuple(EMOTION_COLOURS) == EMOTIONS
    assert all(a != b for a, b in itertools.combinations(EMOTION_COLOURS.values(), 2))


def test_labels_keep_off_faces_and_each_other_and_stay_within_the_picture():
    size = (640, 360)
    box, other = Rectangle(100, 100, 200, 200), Rectangle(210, 100, 310, 200)
    page = Page(size, [box, other])
    places = sides_of(box, 90, 80, gap=4, order=("right", "left", "below"))
    side, place, hidden = page.best(places)
    assert (side, hidden) == ("left", 0.0)
    page.take(place)
    assert page.best(places)[0] == "below"
    corner = sides_of(Rectangle(600, 330, 660, 400), 90, 80, gap=4, order=("right",))
    place = page.best(corner)[1]
    assert place.right <= size[0]
    assert place.bottom <= size[1]


def test_a_label_does_not_jump_for_a_small_gain():
    page = Page((640, 360), [Rectangle(100, 100, 200, 200), Rectangle(200, 100, 210, 200)])
    places = sides_of(Rectangle(100, 100, 200, 200), 90, 80, gap=4, order=("right", "left"))
    assert page.best(places)[0] == "left"
    assert page.best(places, last="right")[0] == "right"
