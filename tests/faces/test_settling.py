"""Faces are looked at again until their box does not depend on how they were found."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch

from tests.faces.pictures import batch_of, five_heads
from tests.faces.scripted import faces_of, frames_of, still, surfaces_from
from vidfer.batches import DetectionBatch
from vidfer.faces.detection import Faces, detection_batch, no_faces
from vidfer.faces.mtcnn import MtcnnDetector
from vidfer.faces.settling import settled
from vidfer.faces.surfaces import Surfaces, surfaces_of

CPU = torch.device("cpu")


@dataclass
class PullingNetwork:
    """Answers a square with one that lies by `share` nearer to where the face is.

    scores: what it thinks of the face in one look after the other, the last one for good.
    """

    target_px: np.ndarray
    share: float = 0.9
    scores: tuple[float, ...] = (0.99,)
    least_score: float = 0.7
    looks: int = 0

    def look(self, surfaces: Surfaces, rows: np.ndarray, squares_px: np.ndarray) -> Faces:
        score = self.scores[min(self.looks, len(self.scores) - 1)]
        self.looks += 1
        corners = (squares_px + self.share * (self.target_px - squares_px)).astype(np.float32)
        landmarks = np.repeat(corners[:, None, :2], 5, axis=1)
        scores = np.full(len(squares_px), score, dtype=np.float32)
        return Faces(corners, scores, landmarks, squares_px)


TARGET_PX = np.array([40, 20, 60, 40], dtype=np.float32)


def detection(*, x: float = 40.0, score: float = 0.9, tracked: bool = False) -> DetectionBatch:
    faces = faces_of([still(x=x, score=score)])
    return detection_batch([faces], tracked=np.array([tracked]), min_score=0.5)


def settle(network: PullingNetwork, found: DetectionBatch) -> DetectionBatch:
    return settled(network, surfaces_from(frames_of(1)), found)


def assert_same(one: DetectionBatch, other: DetectionBatch) -> None:
    for name in ("frame_row", "box_px", "score", "landmarks_px", "tracked"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_a_square_that_answers_itself_stays_where_it_is():
    found = detection()
    np.testing.assert_array_equal(settle(PullingNetwork(TARGET_PX), found).box_px, found.box_px)


@pytest.mark.parametrize("x", [34.0, 38.0, 45.0])
def test_wherever_a_face_was_found_it_comes_to_rest_at_nearly_the_same_place(x):
    found = settle(PullingNetwork(TARGET_PX), detection(x=x))
    np.testing.assert_allclose(found.box_px, [[40, 20, 20, 20]], atol=0.5)
    np.testing.assert_allclose(found.landmarks_px[0], [[40, 20]] * 5, atol=0.5)


@pytest.mark.parametrize("scores", [(0.5,), (0.99, 0.5), (0.5, 0.99), (0.7,)])
def test_a_face_that_is_lost_on_the_way_stays_as_it_was(scores):
    found = detection(x=36.0)
    assert_same(settle(PullingNetwork(TARGET_PX, scores=scores), found), found)


def test_score_and_source_are_those_of_the_first_look():
    found = settle(PullingNetwork(TARGET_PX), detection(x=38.0, score=0.83, tracked=True))
    assert found.score[0] == np.float32(0.83)
    assert found.tracked.tolist() == [True]


def test_no_faces_are_not_looked_at():
    network = PullingNetwork(TARGET_PX)
    nobody = detection_batch([no_faces()], tracked=np.array([False]), min_score=0.5)
    assert len(settle(network, nobody)) == 0
    assert network.looks == 0


def test_what_was_found_is_not_changed():
    found = detection(x=36.0)
    before = replace(found, box_px=found.box_px.copy(), landmarks_px=found.landmarks_px.copy())
    settle(PullingNetwork(TARGET_PX), found)
    assert_same(found, before)


@pytest.fixture(scope="module")
def detector() -> MtcnnDetector:
    return MtcnnDetector(min_face_px=40, device=CPU)


def shifted(found: DetectionBatch, share: float) -> DetectionBatch:
    """Return the faces as if they had been found a little beside their place."""
    box = found.box_px.copy()
    box[:, :2] += share * box[:, 2:]
    return replace(found, box_px=box)


def test_real_faces_found_elsewhere_settle_nearer_to_each_other(detector, astronaut):
    batch = batch_of(five_heads(astronaut)[None])
    surfaces = surfaces_of(batch, device=CPU)
    found = detector.detect(batch, min_score=0.95)
    beside = shifted(found, 0.06)
    apart = np.abs(beside.box_px - found.box_px).max(axis=1)
    ours, others = (settled(detector, surfaces, one) for one in (found, beside))
    assert np.abs(ours.box_px - others.box_px).max(axis=1).mean() < 0.6 * apart.mean()


def test_a_face_settles_to_the_same_bits_in_any_company(detector, astronaut):
    batch = batch_of(np.stack([five_heads(astronaut), five_heads(astronaut)[:, ::-1]]))
    surfaces = surfaces_of(batch, device=CPU)
    found = detector.detect(batch, min_score=0.8)
    together = settled(detector, surfaces, found)
    for face in range(len(found)):
        mine = slice(face, face + 1)
        fields = ("frame_row", "box_px", "score", "landmarks_px", "tracked")
        alone = DetectionBatch(**{name: getattr(found, name)[mine] for name in fields})
        result = settled(detector, surfaces, alone)
        np.testing.assert_array_equal(result.box_px, together.box_px[mine])
        np.testing.assert_array_equal(result.landmarks_px, together.landmarks_px[mine])


def test_last_digits_do_not_move_where_a_face_comes_to_rest():
    nearly = np.nextafter(TARGET_PX + 0.3, np.float32(100))
    one, other = (settle(PullingNetwork(px), detection()) for px in (TARGET_PX + 0.3, nearly))
    assert_same(one, other)
    assert (one.box_px * 8 == np.round(one.box_px * 8)).all()
