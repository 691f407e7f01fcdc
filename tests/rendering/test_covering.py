"""Which regions are covered when."""

import numpy as np
import pytest
from PIL import Image

from vidfer.rendering.blurring import blur_regions, blur_whole
from vidfer.rendering.covering import FaceCover
from vidfer.rendering.face_rows import NO_TRACK, FaceRows


def cover_of(*rows, margin=0.0, hold_s=0.5):
    """Return the cover of rows (time, track, box); a row without a track has no face."""
    count = len(rows)
    return FaceCover(
        FaceRows(
            frame=np.arange(count, dtype=np.int32),
            time_s=np.array([time_s for time_s, _, _ in rows], dtype=np.float64),
            has_face=np.array([box is not None for _, _, box in rows]),
            track=np.array([track for _, track, _ in rows], dtype=np.int32),
            box_px=np.array([box or (0, 0, 0, 0) for _, _, box in rows], dtype=np.float32),
            probabilities=np.zeros((count, 7), dtype=np.float32),
            usable=np.ones(count, dtype=np.bool_),
        ),
        margin=margin,
        hold_s=hold_s,
    )


def test_a_box_is_widened_by_a_part_of_its_size_on_every_side():
    cover = cover_of((1.0, 0, (100, 50, 40, 60)), margin=0.5)
    assert cover.regions(1.0) == [(80, 20, 160, 140)]


def test_between_two_rows_of_a_track_the_box_is_on_its_way_and_larger():
    cover = cover_of((0.0, 0, (0, 0, 10, 10)), (0.4, 0, (40, 0, 10, 10)))
    ((left, top, right, bottom),) = cover.regions(0.2)
    assert (left + right) / 2 == pytest.approx(25)
    assert (top, bottom) == pytest.approx((-2, 12))


@pytest.mark.parametrize(
    ("time_s", "count"), [(0.4, 0), (0.6, 1), (1.4, 1), (1.6, 0), (4.4, 0), (4.6, 1), (5.5, 1)]
)
def test_a_face_stays_covered_before_and_after_its_rows_and_in_a_long_gap_at_both_ends(
    time_s, count
):
    cover = cover_of((1.0, 0, (0, 0, 10, 10)), (5.0, 0, (0, 0, 10, 10)))
    assert len(cover.regions(time_s)) == count


def test_tracks_do_not_mix():
    cover = cover_of((0.0, 0, (0, 0, 10, 10)), (0.0, 1, (90, 0, 10, 10)), hold_s=0.0)
    assert cover.regions(0.0) == [(0, 0, 10, 10), (90, 0, 100, 10)]
    assert cover.regions(0.1) == []


def test_faces_without_a_track_stand_for_themselves():
    boxes = [(0, 0, 10, 10), (90, 0, 10, 10)]
    cover = cover_of(*((k / 10, NO_TRACK, box) for k, box in enumerate(boxes)), hold_s=0.01)
    assert cover.regions(0.05) == []
    assert len(cover.regions(0.1)) == 1


def test_a_video_without_faces_needs_no_cover():
    assert cover_of((0.0, NO_TRACK, None)).regions(0.0) == []


def noise(width, height):
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def test_what_is_covered_depends_on_few_mean_colours_only():
    picture = noise(200, 200)
    shuffled = np.asarray(picture).copy()
    # Turn each of the 16 cells on its head: none of their means changes.
    for y in range(0, 80, 20):
        for x in range(0, 80, 20):
            cell = shuffled[40 + y : 60 + y, 40 + x : 60 + x]
            cell[:] = cell[::-1, ::-1].copy()
    other = Image.fromarray(shuffled)
    for one in (picture, other):
        blur_regions(one, [(40, 40, 119, 119)])
    assert np.array_equal(np.asarray(picture), np.asarray(other))


def test_nothing_outside_a_region_changes():
    picture = noise(100, 100)
    before = np.asarray(picture).copy()
    blur_regions(picture, [(20, 30, 60, 70), (-50, -50, -10, -10), (90, 90, 300, 300)])
    changed = (np.asarray(picture) != before).any(axis=2)
    changed[30:71, 20:61] = False
    changed[90:, 90:] = False
    assert not changed.any()


@pytest.mark.parametrize("side", [1, 2, 3, 5, 9])
def test_tiny_regions_keep_at_most_a_third_of_their_pixels_along_each_side(side):
    picture = noise(20, 20)
    blur_regions(picture, [(4, 4, 3 + side, 3 + side)])
    part = np.asarray(picture)[4 : 4 + side, 4 : 4 + side]
    if side < 6:
        assert len(np.unique(part.reshape(-1, 3), axis=0)) == 1


def test_of_a_whole_frame_six_colours_along_its_longer_side_are_left():
    blurred = np.asarray(blur_whole(noise(600, 100))).astype(int)
    assert blurred.shape == (100, 600, 3)
    assert abs(np.diff(blurred, axis=1)).max() <= 2
