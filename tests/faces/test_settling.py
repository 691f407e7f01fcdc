"""Squares are looked at until they lie about a face whichever way the face was found."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.faces.pictures import batch_of, five_heads
from tests.faces.scripted import frames_of, surfaces_from
from vidfer.batches import DetectionBatch
from vidfer.faces.aligner import load_aligner
from vidfer.faces.alignment import FaceSquares, face_squares
from vidfer.faces.mtcnn import MtcnnDetector
from vidfer.faces.settling import Settler, move
from vidfer.faces.surfaces import Surfaces, surfaces_of

CPU = torch.device("cpu")
START = FaceSquares(np.array([[50.0, 30.0]]), np.array([[20.0, 0.0]]))


class Network:
    """Answers every view with what `answer` says in this look, counted from 0."""

    def __init__(self, answer: Callable[[int], list[float]]) -> None:
        self._answer = answer
        self.looks = 0

    def __call__(self, views: torch.Tensor) -> torch.Tensor:
        moves = torch.tensor(self._answer(self.looks)).repeat(len(views), 1)
        self.looks += 1
        return moves


def settle(network: Network, squares: FaceSquares = START) -> FaceSquares:
    rows = np.zeros(len(squares.centre_px), dtype=np.int64)
    return Settler(network).settled(surfaces_from(frames_of(1)), rows, squares)


def assert_same(one: FaceSquares, other: FaceSquares) -> None:
    np.testing.assert_array_equal(one.centre_px, other.centre_px)
    np.testing.assert_array_equal(one.across_px, other.across_px)


def test_a_square_that_lies_right_stays_where_it_is():
    assert_same(settle(Network(lambda _: [0.0, 0.0, 0.0, 0.0])), START)


def test_a_square_moves_along_its_own_edges_and_in_its_own_sides():
    upright = move(START, np.array([[0.1, 0.2, 0.0, 0.0]]))
    np.testing.assert_allclose(upright.centre_px, [[52.0, 34.0]])
    turned = FaceSquares(START.centre_px, np.array([[0.0, 20.0]]))
    np.testing.assert_allclose(
        move(turned, np.array([[0.1, 0.2, 0.0, 0.0]])).centre_px, [[46.0, 32.0]]
    )


def test_a_square_grows_and_turns_about_its_centre():
    moved = move(START, np.array([[0.0, 0.0, 0.1, 0.05]]))
    np.testing.assert_allclose(moved.across_px, [[22.0, 1.0]])
    np.testing.assert_allclose(moved.centre_px, START.centre_px)


def test_each_look_goes_on_from_the_one_before():
    network = Network(lambda look: [0.05 / 2**look, 0.0, 0.0, 0.0])
    settled = settle(network)
    expected = 50 + 20 * 0.05 * (2 - 2.0 ** (1 - network.looks))
    np.testing.assert_allclose(settled.centre_px, [[expected, 30.0]], atol=1 / 16)


@pytest.mark.parametrize("column", range(4))
@pytest.mark.parametrize("step", [0.2, -0.2, 5.0, float("inf")])
def test_a_square_that_would_leave_the_face_stays_as_it_was_found(column, step):
    answer = [0.0] * 4
    answer[column] = step
    assert_same(settle(Network(lambda _: answer)), START)


def test_where_nothing_was_found_before_a_square_may_move_farther():
    far = Network(lambda _: [0.1, 0.0, 0.0, 0.0])
    squares = Settler(far, most_sides=0.5).settled(
        surfaces_from(frames_of(1)), np.zeros(1, dtype=np.int64), START
    )
    np.testing.assert_allclose(squares.centre_px, [[58.0, 30.0]])


def test_no_faces_are_not_looked_at():
    network = Network(lambda _: [0.0] * 4)
    nobody = FaceSquares(np.empty((0, 2)), np.empty((0, 2)))
    assert len(settle(network, nobody).centre_px) == 0
    assert network.looks == 0


def test_squares_to_begin_with_are_not_changed():
    before = FaceSquares(START.centre_px.copy(), START.across_px.copy())
    settle(Network(lambda _: [0.05, 0.05, 0.05, 0.05]))
    assert_same(START, before)


def test_last_digits_do_not_move_where_a_square_comes_to_rest():
    shift = np.float32(0.013)
    settled = [
        settle(Network(lambda _, value=value: [float(value), 0.0, 0.01, 0.0]))
        for value in (shift, np.nextafter(shift, np.float32(1)))
    ]
    assert_same(*settled)
    for places in (settled[0].centre_px, settled[0].across_px):
        assert (places * 8 == np.round(places * 8)).all()


@pytest.fixture(scope="module")
def found(astronaut: np.ndarray) -> tuple[Surfaces, DetectionBatch]:
    batch = batch_of(np.stack([five_heads(astronaut), five_heads(astronaut)[:, ::-1]]))
    detector = MtcnnDetector(min_face_px=40, device=CPU)
    return surfaces_of(batch, device=CPU), detector.detect(batch, min_score=0.95)


@pytest.mark.parametrize("moves", [[0.06, 0, 0, 0], [0, -0.06, 0, 0], [0, 0, 0.1, 0.1]])
def test_real_faces_that_were_found_elsewhere_come_to_rest_at_nearly_the_same_place(found, moves):
    surfaces, faces = found
    settler = Settler(load_aligner(CPU))
    ours = face_squares(faces)
    others = move(ours, np.array([moves], dtype=float).repeat(len(faces), axis=0))
    rested = [settler.settled(surfaces, faces.frame_row, squares) for squares in (ours, others)]
    assert apart(*rested) < 0.2 * apart(ours, others)


def apart(one: FaceSquares, other: FaceSquares) -> float:
    """Return the mean distance of squares, their centres' and edges' together."""
    pairs = ((one.centre_px, other.centre_px), (one.across_px, other.across_px))
    return float(sum(np.abs(a - b).mean() for a, b in pairs))


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_face_settles_to_the_same_bits_in_any_company(found, precision):
    surfaces, faces = found
    settler = Settler(load_aligner(CPU, precision=precision))
    squares = face_squares(faces)
    together = settler.settled(surfaces, faces.frame_row, squares)
    for face in range(len(faces)):
        mine = slice(face, face + 1)
        alone = squares.take(mine)
        result = settler.settled(surfaces, faces.frame_row[mine], alone)
        np.testing.assert_array_equal(result.centre_px, together.centre_px[mine])
        np.testing.assert_array_equal(result.across_px, together.across_px[mine])


def test_mirrored_faces_come_to_rest_at_mirrored_places(found, astronaut):
    surfaces, faces = found
    settler = Settler(load_aligner(CPU))
    squares = face_squares(faces)
    width = surfaces.width
    mirrored = FaceSquares(
        np.stack([width - squares.centre_px[:, 0], squares.centre_px[:, 1]], axis=1),
        squares.across_px * [1, -1],
    )
    flipped = replace(surfaces, full=surfaces.full.flip(3), halved=surfaces.halved.flip(3))
    rested = settler.settled(surfaces, faces.frame_row, squares)
    other = settler.settled(flipped, faces.frame_row, mirrored)
    side = np.abs(rested.across_px).max(axis=1)
    assert (np.abs(width - other.centre_px[:, 0] - rested.centre_px[:, 0]) < 0.05 * side).all()
    assert (np.abs(other.centre_px[:, 1] - rested.centre_px[:, 1]) < 0.05 * side).all()


def test_last_digits_of_where_a_face_was_found_do_not_lead_elsewhere(found):
    surfaces, faces = found
    settler = Settler(load_aligner(CPU, precision="bfloat16"))
    squares = face_squares(faces)
    nearly = FaceSquares(squares.centre_px + 1e-7, squares.across_px - 1e-7)
    assert_same(*(settler.settled(surfaces, faces.frame_row, s) for s in (squares, nearly)))
