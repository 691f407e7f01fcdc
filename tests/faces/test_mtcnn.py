"""The detector finds what facenet-pytorch's MTCNN finds, to a hundredth of a pixel."""

from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest
import torch

from tests.faces.facenet import (
    LEAST_SCORE,
    MIN_FACE_PX,
    SURE_SCORE,
    Comparison,
    FrameFaces,
    Reference,
    compared,
    faces_of_row,
)
from tests.faces.pictures import (
    NAMES,
    batch_of,
    canvas,
    five_heads,
    head,
    pictures,
    planes_of,
    random_pictures,
    resized,
)
from vidfer.batches import DetectionBatch
from vidfer.faces.mtcnn import MtcnnDetector
from vidfer.faces.surfaces import Surfaces, surfaces_of
from vidfer.planes import PlanarFrames
from vidfer.video.pixels import copy_pixels, layout_of

CPU = torch.device("cpu")
MOST_DEVIATION_PX = 0.01

VIDEOS = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "videos"


def detector(*, min_face_px: int = MIN_FACE_PX) -> MtcnnDetector:
    return MtcnnDetector(min_face_px=min_face_px, device=CPU)


def found_in(
    frames: np.ndarray | PlanarFrames,
    *,
    min_score: float = LEAST_SCORE,
    min_face_px: int = MIN_FACE_PX,
) -> DetectionBatch:
    return detector(min_face_px=min_face_px).detect(batch_of(frames), min_score=min_score)


def compare(frames: Iterable[np.ndarray]) -> Comparison:
    reference, ours = Reference(), detector()
    found = ((ours.detect(batch_of(frame[None]), min_score=LEAST_SCORE), frame) for frame in frames)
    return compared((faces_of_row(faces, 0), reference.faces(frame)) for faces, frame in found)


def compare_on_planes(frames: Iterable[tuple[PlanarFrames, np.ndarray]]) -> Comparison:
    """Compare our faces on a decoder's planes with facenet-pytorch's on the same frame in RGB."""
    reference, ours = Reference(), detector()
    found = ((ours.detect(batch_of(planes), min_score=LEAST_SCORE), rgb) for planes, rgb in frames)
    return compared((faces_of_row(faces, 0), reference.faces(rgb)) for faces, rgb in found)


@pytest.mark.parametrize("name", NAMES)
def test_finds_what_facenet_pytorch_finds(name, astronaut):
    comparison = compare(iter([pictures(astronaut)[name]]))
    assert comparison.sure_found == comparison.sure
    assert comparison.invented == 0
    assert comparison.furthest_px <= MOST_DEVIATION_PX


@pytest.mark.parametrize(
    ("name", "count"),
    [("none", 0), ("noise", 0), ("one", 1), ("two", 2), ("five", 5), ("overlapping", 2)],
)
def test_finds_as_many_faces_as_there_are(name, count, astronaut):
    found = found_in(pictures(astronaut)[name][None], min_score=SURE_SCORE)
    assert len(found) == count


def test_agrees_with_facenet_pytorch_at_many_sizes_and_places(astronaut):
    comparison = compare(random_pictures(astronaut, 40))
    comparison.check(least_sure=30, furthest_px=MOST_DEVIATION_PX)


def test_finds_the_same_faces_on_planes(astronaut):
    whole = [frame for name, frame in pictures(astronaut).items() if name != "half outside"]
    frames = [*whole, *random_pictures(astronaut, 20)]
    comparison = compare_on_planes((planes_of(frame[None]), frame) for frame in frames)
    comparison.check(least_sure=20)


def test_the_left_eye_is_the_one_on_the_left_of_the_picture(astronaut):
    frames = np.stack([canvas((200, 50, head(astronaut, 260, mirrored=m))) for m in (False, True)])
    found = found_in(frames, min_score=SURE_SCORE)
    left_eye, right_eye, nose, mouth_left, mouth_right = found.landmarks_px.swapaxes(0, 1)
    assert (left_eye[:, 0] < nose[:, 0]).all()
    assert (nose[:, 0] < right_eye[:, 0]).all()
    assert (mouth_left[:, 0] < mouth_right[:, 0]).all()
    assert (np.maximum(left_eye, right_eye)[:, 1] < nose[:, 1]).all()
    assert (nose[:, 1] < np.minimum(mouth_left, mouth_right)[:, 1]).all()


def test_landmarks_lie_in_their_box(astronaut):
    found = found_in(five_heads(astronaut)[None], min_score=SURE_SCORE)
    low = found.box_px[:, None, :2]
    high = low + found.box_px[:, None, 2:]
    assert ((found.landmarks_px > low) & (found.landmarks_px < high)).all()


@pytest.mark.parametrize("size", [(1, 1), (11, 11), (11, 600), (600, 11), (1, 640)])
def test_frames_smaller_than_the_networks_window_hold_no_face(size):
    frames = np.random.default_rng(0).integers(0, 256, (2, *size, 3), dtype=np.uint8)
    assert len(found_in(frames, min_face_px=12)) == 0


@pytest.mark.parametrize("size", [(12, 12), (13, 12), (39, 40), (40, 40), (41, 77)])
def test_small_frames_can_be_searched(size, astronaut):
    frame = resized(astronaut[40:220, 140:320], height=size[0], width=size[1])
    found = found_in(frame[None], min_face_px=12)
    assert np.isfinite(found.box_px).all()


def test_frames_smaller_than_the_smallest_face_hold_none(astronaut):
    frame = resized(astronaut[40:220, 140:320], height=79, width=79)
    assert len(found_in(frame[None], min_face_px=40)) == 1
    assert len(found_in(frame[None], min_face_px=80)) == 0


def test_no_frames_hold_no_faces():
    found = found_in(np.empty((0, 360, 640, 3), dtype=np.uint8))
    assert len(found) == 0


def test_frames_that_cannot_be_written_to_are_searched_without_a_warning(always_warning, astronaut):
    frames = canvas((200, 50, head(astronaut, 260)))[None]
    expected = faces_of_row(found_in(frames), 0)
    frames.setflags(write=False)
    assert_same_bits(faces_of_row(found_in(frames), 0), expected)


@pytest.fixture
def always_warning():
    """Lets torch say each time what it otherwise says once per process."""
    before = torch.is_warn_always_enabled()
    torch.set_warn_always(True)
    yield
    torch.set_warn_always(before)


@pytest.mark.parametrize("least", [0.7, 0.9, 0.999])
def test_every_face_reaches_the_least_score(least, astronaut):
    frames = np.stack(list(pictures(astronaut).values()))
    everything, found = found_in(frames), found_in(frames, min_score=least)
    assert (found.score >= least).all()
    assert len(found) == (everything.score >= least).sum()


def test_faces_are_ordered_by_frame_then_falling_score(astronaut):
    found = found_in(np.stack(list(pictures(astronaut).values())))
    assert not found.tracked.any()
    assert (np.diff(found.frame_row) >= 0).all()
    same_frame = np.diff(found.frame_row) == 0
    assert same_frame.sum() >= 4
    assert (np.diff(found.score)[same_frame] <= 0).all()


def sixteen_frames(astronaut: np.ndarray) -> np.ndarray:
    base = list(pictures(astronaut).values())
    return np.stack([np.roll(base[i % len(base)], 7 * i, axis=1) for i in range(16)])


def assert_same_bits(one: FrameFaces, other: FrameFaces) -> None:
    np.testing.assert_array_equal(one.corners, other.corners)
    np.testing.assert_array_equal(one.scores, other.scores)
    np.testing.assert_array_equal(one.landmarks, other.landmarks)


@pytest.mark.parametrize("as_planes", [False, True], ids=["rgb", "planes"])
@pytest.mark.parametrize("size", [1, 3])
def test_a_frames_faces_have_the_same_bits_in_batches_of_any_size(size, as_planes, astronaut):
    frames = sixteen_frames(astronaut)
    pixels = planes_of(frames) if as_planes else frames
    ours = detector()
    surfaces = surfaces_of(batch_of(pixels), device=CPU)
    together = ours.find(surfaces, np.arange(16))
    for start in range(0, 16, size):
        rows = np.arange(start, min(start + size, 16))
        for row, faces in zip(rows, ours.find(surfaces, rows)):
            np.testing.assert_array_equal(faces.corners_px, together[row].corners_px)
            np.testing.assert_array_equal(faces.score, together[row].score)
            np.testing.assert_array_equal(faces.landmarks_px, together[row].landmarks_px)


class CrampedSurfaces(Surfaces):
    """Frames of which a device can hold two at once."""

    def rows(self, rows: np.ndarray) -> Surfaces:
        if len(rows) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return super().rows(rows)


def test_where_memory_runs_out_fewer_frames_are_searched_at_once_and_no_bit_changes(astronaut):
    frames = sixteen_frames(astronaut)[:5]
    ours = detector()
    surfaces = surfaces_of(batch_of(frames), device=CPU)
    parts = (getattr(surfaces, one.name) for one in fields(Surfaces))
    expected = ours.find(surfaces, np.arange(5))
    for faces, whole in zip(ours.find(CrampedSurfaces(*parts), np.arange(5)), expected):
        np.testing.assert_array_equal(faces.corners_px, whole.corners_px)
        np.testing.assert_array_equal(faces.score, whole.score)
        np.testing.assert_array_equal(faces.landmarks_px, whole.landmarks_px)


def test_a_frames_faces_have_the_same_bits_in_any_order(astronaut):
    frames = sixteen_frames(astronaut)
    order = np.random.default_rng(1).permutation(len(frames))
    sorted_, shuffled = found_in(frames), found_in(frames[order])
    for place, row in enumerate(order):
        assert_same_bits(faces_of_row(shuffled, place), faces_of_row(sorted_, int(row)))


def test_looking_at_the_square_of_a_face_finds_the_same_face_again(astronaut):
    ours = detector()
    surfaces = surfaces_of(batch_of(five_heads(astronaut)[None]), device=CPU)
    found = ours.find(surfaces, np.array([0]))[0]
    again = ours.look(surfaces, np.zeros(len(found), np.int64), found.squares_px)
    np.testing.assert_array_equal(again.corners_px, found.corners_px)
    np.testing.assert_array_equal(again.score, found.score)
    np.testing.assert_array_equal(again.landmarks_px, found.landmarks_px)


def test_looking_where_there_is_no_face_or_no_frame_scores_low(astronaut):
    surfaces = surfaces_of(batch_of(pictures(astronaut)["one"][None]), device=CPU)
    squares = np.array([[5, 5, 65, 65], [-90, 10, -30, 70], [660, 10, 720, 70]], np.float32)
    seen = detector().look(surfaces, np.zeros(3, np.int64), squares)
    assert len(seen) == 3
    assert (seen.score < 0.7).all()
    assert seen.score[1:].tolist() == [0, 0]


def test_looking_at_nothing_finds_nothing(astronaut):
    surfaces = surfaces_of(batch_of(canvas()[None]), device=CPU)
    seen = detector().look(surfaces, np.empty(0, np.int64), np.empty((0, 4), np.float32))
    assert len(seen) == 0


@pytest.mark.parametrize("as_planes", [False, True], ids=["rgb", "planes"])
def test_bfloat16_finds_the_same_faces_within_a_pixel_or_two(as_planes, astronaut):
    frames = np.stack(list(pictures(astronaut).values()))
    pixels = batch_of(planes_of(frames) if as_planes else frames)
    coarse = MtcnnDetector(min_face_px=MIN_FACE_PX, device=CPU, precision="bfloat16")
    ours, exact = (one.detect(pixels, min_score=LEAST_SCORE) for one in (coarse, detector()))
    rows = range(len(frames))
    comparison = compared((faces_of_row(ours, row), faces_of_row(exact, row)) for row in rows)
    comparison.check(least_sure=8, furthest_px=2.0)


CLIPS = [
    ("talk_360p_1face.mp4", 8, 50),
    ("single_face_360p.mp4", 8, 8),
    ("hevc_vfr_face_then_none.mov", 8, 5),
    ("no_face_540p.mp4", 8, 0),
    ("crowd_1080p_7faces.mp4", 20, 25),
]


def decoded(name: str, *, every: int) -> Iterator[tuple[PlanarFrames, np.ndarray]]:
    """Yield every n-th frame as planes and in RGB."""
    with av.open(str(VIDEOS / name)) as container:
        for frame in islice(container.decode(video=0), 0, None, every):
            layout = layout_of(frame)
            planes, rgb = layout.allocate(1), replace(layout, coding=None).allocate(1)
            for pixels in (planes, rgb):
                copy_pixels(frame, pixels, 0)
            yield planes, rgb[0]


@pytest.mark.skipif(not VIDEOS.is_dir(), reason="the shared clips are not on this machine")
@pytest.mark.parametrize(("name", "every", "least_sure"), CLIPS)
def test_agrees_with_facenet_pytorch_on_real_clips(name, every, least_sure):
    comparison = compare(rgb for _, rgb in decoded(name, every=every))
    comparison.check(least_sure=least_sure, furthest_px=MOST_DEVIATION_PX)


@pytest.mark.skipif(not VIDEOS.is_dir(), reason="the shared clips are not on this machine")
@pytest.mark.parametrize(("name", "every", "least_sure"), CLIPS)
def test_finds_the_same_faces_on_the_planes_of_real_clips(name, every, least_sure):
    comparison = compare_on_planes(decoded(name, every=every))
    comparison.check(least_sure=least_sure)
