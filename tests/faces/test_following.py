"""Between the detector's frames faces are followed; where that fails, it looks closer."""

import math

import numpy as np
import pytest

from tests.faces.scripted import (
    DOUBTFUL,
    FPS,
    SIDE_PX,
    Film,
    ScriptedCascade,
    ScriptedFace,
    faces_of,
    frames_of,
    still,
    surfaces_from,
)
from vidfer.faces.following import FaceFollower, Followed

MIN_SCORE = 0.8


class Watched:
    """A film that was followed from the frames `known` on."""

    def __init__(
        self,
        film: Film,
        known: list[int],
        *,
        count: int | None = None,
        time_s: np.ndarray | None = None,
        cuts: tuple[int, ...] = (),
        min_side_px: float = SIDE_PX,
    ) -> None:
        self.film = film
        # The frame after the last one may be known, too.
        times = np.arange(len(film)) / FPS if time_s is None else time_s
        frames = frames_of(count or len(film))
        self.cascade = ScriptedCascade(film)
        scenes = np.isin(np.arange(len(times)), cuts)
        self.result: Followed = FaceFollower(
            self.cascade, min_score=MIN_SCORE, min_side_px=min_side_px
        ).follow(
            surfaces_from(frames), {row: faces_of(film[row]) for row in known}, times, scenes=scenes
        )

    @property
    def searched(self) -> list[int]:
        """The frames that the detector searched besides those known before."""
        return sorted(self.cascade.found)

    def check_every_face(self) -> None:
        """Hold every frame to what the detector would find in it."""
        for row, faces in enumerate(self.result.faces):
            expected = faces_of(self.film[row])
            order = np.argsort(-expected.score, kind="stable")
            np.testing.assert_array_equal(faces.corners_px, expected.corners_px[order])
            np.testing.assert_array_equal(faces.score, expected.score[order])
            np.testing.assert_array_equal(faces.landmarks_px, expected.landmarks_px[order])


def moving(count: int, *, step_px: float = 2.0, **face: float) -> Film:
    return [[ScriptedFace(10.0 + step_px * i, **face)] for i in range(count)]


def test_a_face_that_moves_evenly_is_followed_and_never_searched_for_in_between():
    watched = Watched(moving(17), [0, 8, 16])
    watched.check_every_face()
    assert watched.searched == []
    assert np.flatnonzero(watched.result.detected).tolist() == [0, 8, 16]


def test_two_faces_are_both_followed():
    film = [[ScriptedFace(10 + 2 * i), ScriptedFace(90 - i, 45.0, score=0.97)] for i in range(9)]
    watched = Watched(film, [0, 8])
    watched.check_every_face()
    assert watched.searched == []


def test_a_face_that_changes_its_size_is_followed():
    film = [[ScriptedFace(40, 20, side=20 + i)] for i in range(9)]
    watched = Watched(film, [0, 8])
    watched.check_every_face()
    assert watched.searched == []


def test_faces_move_evenly_in_time_not_from_frame_to_frame():
    time_s = np.array([0.0, 0.01, 0.02, 0.03, 0.5, 0.51, 0.52, 0.53, 0.54])
    film = [[ScriptedFace(10 + 100 * t)] for t in time_s]
    watched = Watched(film, [0, 8], time_s=time_s)
    watched.check_every_face()
    assert watched.searched == []


def test_a_face_that_moves_unevenly_makes_the_detector_look_in_the_middle():
    film = [[ScriptedFace(10 + 1.5 * i**2 / 2)] for i in range(9)]
    watched = Watched(film, [0, 8])
    watched.check_every_face()
    assert watched.searched[:1] == [4]


def test_frames_without_faces_need_no_second_look():
    watched = Watched([[] for _ in range(9)], [0, 8])
    assert watched.searched == []
    assert all(len(faces) == 0 for faces in watched.result.faces)
    assert np.flatnonzero(~watched.result.detected).tolist() == list(range(1, 8))


@pytest.mark.parametrize("last_seen", range(16))
def test_a_sure_face_that_leaves_is_found_in_every_frame_until_then_and_in_no_other(last_seen):
    film = [[still()] if i <= last_seen else [] for i in range(17)]
    Watched(film, [0, 16]).check_every_face()


@pytest.mark.parametrize("first_seen", range(1, 17))
def test_a_sure_face_that_enters_is_found_from_its_first_frame_on(first_seen):
    film = [[still()] if i >= first_seen else [] for i in range(17)]
    Watched(film, [0, 16]).check_every_face()


@pytest.mark.parametrize("event", range(1, 64, 5))
@pytest.mark.parametrize("enters", [False, True])
def test_the_detector_looks_at_few_frames_until_it_knows_when_a_face_comes_or_goes(event, enters):
    count = 64
    film = [[still()] if (i >= event) == enters else [] for i in range(count + 1)]
    watched = Watched(film, [0, count])
    watched.check_every_face()
    assert len(watched.searched) <= math.log2(count)
    assert watched.cascade.searches <= math.log2(count)


def test_another_face_is_followed_while_one_leaves():
    film = [[still(), ScriptedFace(90)] if i < 5 else [ScriptedFace(90)] for i in range(9)]
    Watched(film, [0, 8]).check_every_face()


def test_a_face_that_the_detector_missed_at_one_end_is_followed_from_the_other():
    film = [[still()]] * 8 + [[]]
    watched = Watched(film, [0, 8])
    watched.check_every_face()
    assert watched.searched == []


def test_the_networks_word_is_taken_for_a_doubtful_face_that_flickers():
    seen = [True, True, False, True, False, False, True, True, True]
    film = [[still(score=DOUBTFUL)] if one else [] for one in seen]
    watched = Watched(film, [0, 8])
    watched.check_every_face()
    assert watched.searched == []


def test_a_face_below_the_least_score_at_one_end_only_is_not_followed():
    film = [[still(score=0.75)]] * 4 + [[]] * 5
    watched = Watched(film, [0, 8])
    assert watched.searched == []
    assert [len(faces) for faces in watched.result.faces] == [1] + [0] * 8


def test_for_a_face_smaller_than_those_searched_for_the_detector_is_not_called_again():
    film = [[still()] if i < 4 else [] for i in range(9)]
    watched = Watched(film, [0, 8], min_side_px=SIDE_PX + 1)
    watched.check_every_face()
    assert watched.searched == []


def test_faces_of_quite_another_place_are_not_taken_for_one():
    film = [[ScriptedFace(5)] if i < 4 else [ScriptedFace(100)] for i in range(9)]
    Watched(film, [0, 8]).check_every_face()


def test_two_proposals_that_meet_in_one_face_give_it_once():
    film = [[still(), still(x=55)] if i in (0, 8) else [still(x=47)] for i in range(9)]
    watched = Watched(film, [0, 8])
    assert [len(faces) for faces in watched.result.faces] == [2, *[1] * 7, 2]


def test_on_both_sides_of_a_cut_the_detector_looks():
    film = [[still()] if i < 5 else [ScriptedFace(90)] for i in range(9)]
    watched = Watched(film, [0, 8], cuts=(5,))
    watched.check_every_face()
    assert watched.searched == [4, 5]


def test_nothing_is_followed_across_a_cut_although_a_face_goes_on_at_its_place():
    film = [[still()]] * 9
    watched = Watched(film, [0, 8], cuts=(3,))
    watched.check_every_face()
    assert watched.searched == [2, 3]


def test_a_cut_where_a_slot_begins_makes_the_detector_look_at_the_frame_before_it():
    watched = Watched([[still()]] * 17, [0, 8, 16], cuts=(8,))
    watched.check_every_face()
    assert watched.searched == [7]


def test_of_the_last_frames_the_very_last_is_looked_at():
    watched = Watched([[still()]] * 12, [0, 8])
    watched.check_every_face()
    assert watched.searched == [11]
    assert watched.result.detected[11]


def test_the_frame_after_the_last_may_be_known():
    watched = Watched(moving(9), [0, 8], count=8)
    watched.check_every_face()
    assert watched.searched == []
    assert len(watched.result.faces) == len(watched.result.detected) == 8


def test_a_single_frame_is_what_the_detector_found():
    watched = Watched([[still()]], [0])
    watched.check_every_face()
    assert watched.result.detected.tolist() == [True]


def test_where_every_frame_is_known_nothing_is_followed():
    watched = Watched(moving(8, step_px=9), list(range(8)))
    watched.check_every_face()
    assert watched.searched == []
    assert watched.result.detected.all()


def test_a_face_that_comes_and_goes_between_two_known_frames_is_lost():
    film = [[still()] if 3 <= i <= 5 else [] for i in range(9)]
    watched = Watched(film, [0, 8])
    assert all(len(faces) == 0 for faces in watched.result.faces)
