"""One person keeps one number while in sight, and nobody inherits it."""

from dataclasses import replace

import numpy as np
import pytest

from vidfer.batches import DetectionBatch, FrameBatch
from vidfer.faces.tracking import FaceTracker

FPS = 25
SIDE_PX = 40.0

# One entry per frame; each a list of boxes x, y, w, h.
Film = list[list[tuple[float, float, float, float]]]


def box(x: float, y: float = 100.0, *, side: float = SIDE_PX) -> tuple[float, float, float, float]:
    return (x, y, side, side)


def batch_of(film: Film, first: int = 0) -> tuple[FrameBatch, DetectionBatch]:
    count = sum(len(boxes) for boxes in film)
    index = np.arange(first, first + len(film), dtype=np.int64)
    frames = FrameBatch(
        frames=np.zeros((len(film), 4, 4, 3), dtype=np.uint8), index=index, time_s=index / FPS
    )
    rows = [row for row, boxes in enumerate(film) for _ in boxes]
    boxes = [one for boxes in film for one in boxes]
    detections = DetectionBatch(
        frame_row=np.array(rows, dtype=np.int64),
        box_px=np.array(boxes, dtype=np.float32).reshape(count, 4),
        score=np.full(count, 0.9, dtype=np.float32),
        landmarks_px=np.zeros((count, 5, 2), dtype=np.float32),
        tracked=np.zeros(count, dtype=np.bool_),
    )
    return frames, detections


def one_scene(film: Film) -> np.ndarray:
    return np.zeros(len(film), dtype=np.bool_)


def numbers_of(
    film: Film,
    *,
    gap_s: float = 1.0,
    chunk: int | None = None,
    new_scene: np.ndarray | None = None,
) -> list[int]:
    """Track number of every box in the film, in order."""
    tracker = FaceTracker(gap_s=gap_s)
    size = chunk or len(film)
    numbers: list[int] = []
    scenes = one_scene(film) if new_scene is None else new_scene
    for start in range(0, len(film), size):
        rows = slice(start, start + size)
        numbers += tracker.update(*batch_of(film[rows], start), new_scene=scenes[rows]).tolist()
    return numbers


def pause(frames: int) -> Film:
    return [[] for _ in range(frames)]


def test_a_drifting_face_keeps_its_number():
    film = [[box(10 + 3 * i, 100 + 2 * i)] for i in range(100)]
    assert numbers_of(film) == [0] * 100


def test_a_growing_face_keeps_its_number():
    film = [[box(10, side=30 * 1.02**i)] for i in range(100)]
    assert numbers_of(film) == [0] * 100


def test_numbers_start_at_zero_and_follow_the_faces_order():
    assert numbers_of([[box(300), box(10), box(150)]]) == [0, 1, 2]


def test_the_order_of_a_frames_faces_does_not_matter():
    film = [[box(10), box(200)], [box(202), box(11)], [box(12), box(204)]]
    assert numbers_of(film) == [0, 1, 1, 0, 0, 1]


@pytest.mark.parametrize("height_px", [SIDE_PX, 0.6 * SIDE_PX])
def test_faces_that_cross_at_different_heights_keep_their_numbers(height_px):
    film = [[box(10 + 4 * i), box(210 - 4 * i, 100 + height_px)] for i in range(50)]
    assert numbers_of(film) == [0, 1] * 50


def test_of_two_candidates_the_one_that_overlaps_more_continues():
    assert numbers_of([[box(100)], [box(118), box(104)]]) == [0, 1, 0]


@pytest.mark.parametrize("missing", [1, 12, 24])
def test_a_face_out_of_sight_for_up_to_the_gap_keeps_its_number(missing):
    film = [[box(100)], *pause(missing), [box(110)]]
    assert numbers_of(film, gap_s=1.0) == [0, 0]


@pytest.mark.parametrize("missing", [25, 26, 200])
def test_a_face_out_of_sight_for_longer_gets_a_new_number(missing):
    film = [[box(100)], *pause(missing), [box(100)]]
    assert numbers_of(film, gap_s=1.0) == [0, 1]


def test_without_a_gap_a_face_missing_from_one_frame_gets_a_new_number():
    assert numbers_of([[box(100)], [box(100)], [], [box(100)]], gap_s=0.0) == [0, 0, 1]


@pytest.mark.parametrize(("back_at_s", "expected"), [(0.9, [0, 0]), (1.1, [0, 1])])
def test_the_gap_counts_presentation_time_not_frames(back_at_s, expected):
    film = [[box(100)], [], [box(100)]]
    frames, detections = batch_of(film)
    uneven = replace(frames, time_s=np.array([0.0, 0.05, back_at_s]))
    tracker = FaceTracker(gap_s=1.0)
    numbers = tracker.update(uneven, detections, new_scene=one_scene(film))
    assert numbers.tolist() == expected


def test_frames_that_are_far_apart_end_no_track():
    film = [[box(100)]] * 4
    frames, detections = batch_of(film)
    sparse = replace(frames, time_s=np.arange(4) * 10.0)
    tracker = FaceTracker(gap_s=1.0)
    numbers = tracker.update(sparse, detections, new_scene=one_scene(film))
    assert numbers.tolist() == [0] * 4


def test_another_face_in_sight_does_not_keep_a_lost_one_alive():
    film = [[box(100), box(300)], *([[box(300)]] * 30), [box(300), box(100)]]
    assert numbers_of(film)[-2:] == [1, 2]


def test_numbers_are_never_used_again():
    film = [frame for i in range(10) for frame in ([[box(60.0 * i)]], pause(30)) for frame in frame]
    assert numbers_of(film) == list(range(10))


@pytest.mark.parametrize("share", [0.35, 0.6, 0.74])
@pytest.mark.parametrize("direction", [(1, 0), (-1, 0), (0, 1), (0, -1)])
def test_a_fast_mover_by_less_than_three_quarters_of_its_side_keeps_its_number(share, direction):
    step = np.array(direction) * share * SIDE_PX
    film = [[box(500 + step[0] * i, 500 + step[1] * i)] for i in range(10)]
    assert numbers_of(film) == [0] * 10


def test_a_face_that_appears_elsewhere_gets_a_new_number():
    assert numbers_of([[box(100)], [box(100 + 0.8 * SIDE_PX)]]) == [0, 1]
    assert numbers_of([[box(100)], [box(100), box(400)]]) == [0, 0, 1]


def test_a_face_of_quite_another_size_nearby_gets_a_new_number():
    assert numbers_of([[box(100)], [box(100, side=2 * SIDE_PX)]]) == [0, 1]


def test_a_face_that_overlaps_enough_keeps_its_number_whatever_its_size():
    assert numbers_of([[box(100)], [(86.0, 86.0, 68.0, 68.0)]]) == [0, 0]


def test_a_face_that_overlaps_goes_before_one_that_is_only_near():
    film = [[box(100)], [box(128), box(76, 76, side=66)]]
    assert numbers_of(film) == [0, 1, 0]


def test_a_new_scene_ends_all_tracks_although_the_faces_overlap():
    film = [[box(100), box(300)]] * 4
    begins = np.array([False, False, True, False])
    assert numbers_of(film, new_scene=begins) == [0, 1, 0, 1, 2, 3, 2, 3]


def test_a_face_out_of_sight_during_a_cut_gets_a_new_number():
    film = [[box(100)], [], [], [box(100)]]
    assert numbers_of(film, new_scene=np.array([False, False, True, False])) == [0, 1]


@pytest.mark.parametrize("chunk", [1, 2, 3])
def test_a_new_scene_may_begin_with_a_chunk(chunk):
    film = [[box(100)]] * 4
    begins = np.array([False, False, True, False])
    assert numbers_of(film, chunk=chunk, new_scene=begins) == [0, 0, 1, 1]


def test_a_face_continues_one_track_only():
    film = [[box(100)], [box(101), box(103)], [box(101), box(103)]]
    numbers = numbers_of(film)
    assert numbers[0] == numbers[1]
    assert numbers[1] != numbers[2]
    assert numbers[3:] == numbers[1:3]


def walk(seed: int) -> Film:
    """Faces that wander, vanish for a while and come back."""
    random = np.random.default_rng(seed)
    places = random.uniform(0, 600, (4, 2))
    film: Film = []
    for _ in range(120):
        places += random.normal(0, 12, places.shape)
        seen = random.random(len(places)) < 0.7
        film.append([box(float(x), float(y)) for x, y in places[seen]])
    return film


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("chunk", [1, 5, 16])
def test_how_the_film_is_cut_into_chunks_changes_nothing(seed, chunk):
    film = walk(seed)
    assert numbers_of(film, gap_s=0.2, chunk=chunk) == numbers_of(film, gap_s=0.2)


@pytest.mark.parametrize("seed", range(3))
def test_no_two_faces_of_a_frame_share_a_number_and_new_ones_count_up(seed):
    film = walk(seed)
    numbers = iter(numbers_of(film, gap_s=0.2))
    most = -1
    for boxes in film:
        present = [next(numbers) for _ in boxes]
        assert len(set(present)) == len(present)
        new = sorted(number for number in present if number > most)
        assert new == list(range(most + 1, most + 1 + len(new)))
        most += len(new)


def test_frames_without_faces_give_no_numbers():
    film = pause(3)
    numbers = FaceTracker(gap_s=1.0).update(*batch_of(film), new_scene=one_scene(film))
    assert numbers.shape == (0,)
    assert numbers.dtype == np.int32
