"""A patch is a face's surroundings in cells of whole pixels; views are read from it."""

import numpy as np
import pytest
import torch

from tests.faces.pictures import batch_of, planes_of
from vidfer.faces.alignment import FaceSquares
from vidfer.faces.patches import Patches, patches_of
from vidfer.faces.surfaces import Surfaces, surfaces_of

CPU = torch.device("cpu")
ROW = np.zeros(1, dtype=np.int64)


def surfaces_from(grey: np.ndarray) -> Surfaces:
    return surfaces_of(batch_of(np.repeat(grey[None, :, :, None], 3, axis=3)), device=CPU)


def noise(*, height: int = 300, width: int = 400) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width), dtype=np.uint8)


def square(x: float, y: float, side: float, *, turn_deg: float = 0.0) -> FaceSquares:
    turn = np.radians(turn_deg)
    return FaceSquares(np.array([[x, y]]), np.array([[side * np.cos(turn), side * np.sin(turn)]]))


def cells_of(grey: np.ndarray, squares: FaceSquares) -> Patches:
    return patches_of(surfaces_from(grey), ROW, squares)


@pytest.mark.parametrize("side", [20.0, 60.0, 61.0, 120.0, 170.0, 250.0])
def test_a_cell_is_the_mean_of_whole_pixels_and_the_square_fits_sixty_of_them(side):
    grey = noise()
    patches = cells_of(grey, square(200.0, 150.0, side))
    size = int(patches.size_px[0, 0])
    assert (size - 1) * 60 < side <= size * 60
    x, y = patches.low_cells[0].astype(int)
    inside = [(row, column) for row in (30, 31, 35) for column in (29, 30, 34)]
    for row, column in inside:
        top, left = (y + row) * size, (x + column) * size
        expected = grey[top : top + size, left : left + size].mean()
        assert patches.cells[0, 0, row, column].item() == pytest.approx(expected, abs=1e-3)


def test_the_middle_of_the_square_lies_in_the_middle_cells():
    patches = cells_of(noise(), square(203.0, 147.0, 100.0))
    places = np.array([203.0, 147.0]) / patches.size_px[0] - patches.low_cells[0]
    middle = patches.cells.shape[-1] / 2
    assert ((places >= middle) & (places < middle + 1)).all()


def test_squares_beside_each_other_share_their_cells():
    grey = noise()
    one, other = (cells_of(grey, square(200.0 + x, 150.0, 100.0)) for x in (0.0, 7.0))
    step = int((other.low_cells - one.low_cells)[0, 0])
    assert step in (3, 4)
    torch.testing.assert_close(one.cells[..., step:], other.cells[..., :-step], rtol=0, atol=0)


@pytest.mark.parametrize(("x", "y"), [(0.0, 0.0), (400.0, 300.0), (-30.0, 150.0), (900.0, 900.0)])
def test_beyond_the_frame_its_edge_goes_on(x, y):
    grey = np.full((300, 400), 77, dtype=np.uint8)
    patches = cells_of(grey, square(x, y, 100.0))
    torch.testing.assert_close(patches.cells, torch.full_like(patches.cells, 77.0))


@pytest.mark.parametrize(("height", "width"), [(2, 2), (4, 300), (300, 2)])
def test_frames_smaller_than_a_cell_have_cells_all_the_same(height, width):
    grey = np.full((height, width), 50, dtype=np.uint8)
    patches = cells_of(grey, square(1.0, 1.0, 600.0))
    torch.testing.assert_close(patches.cells, torch.full_like(patches.cells, 50.0))


def test_a_view_of_an_upright_square_is_its_cells():
    patches = cells_of(noise(), square(200.0, 150.0, 40.0))
    view = patches.views(square(200.0, 150.0, 40.0), side_px=40, sides=1.0)
    low = (np.array([180, 130]) - patches.low_cells[0]).astype(int)
    cells = patches.cells[0, 0, low[1] : low[1] + 40, low[0] : low[0] + 40]
    torch.testing.assert_close(view[0, 0], cells, rtol=0, atol=0.1)


def test_a_view_turns_with_its_square():
    patches = cells_of(noise(), square(200.0, 150.0, 40.0))
    upright = patches.views(square(200.0, 150.0, 40.0), side_px=40, sides=1.0)
    turned = patches.views(square(200.0, 150.0, 40.0, turn_deg=90), side_px=40, sides=1.0)
    torch.testing.assert_close(turned, upright.rot90(1, dims=(2, 3)), rtol=0, atol=0.1)


def test_planes_and_rgb_give_nearly_the_same_cells():
    y, x = np.mgrid[0:120, 0:160]
    grey = (128 + 80 * np.sin(x / 9) * np.cos(y / 11)).astype(np.uint8)
    frames = np.repeat(grey[None, :, :, None], 3, axis=3)
    planar = surfaces_of(batch_of(planes_of(frames)), device=CPU)
    one, other = (
        patches_of(s, ROW, square(80.0, 60.0, 90.0)) for s in (surfaces_from(grey), planar)
    )
    torch.testing.assert_close(one.cells, other.cells, rtol=0, atol=1.5)


def test_a_patch_does_not_depend_on_other_faces():
    grey = noise()
    places = [(200.0, 150.0, 100.0), (20.0, 280.0, 45.0), (390.0, 10.0, 333.0)]
    squares = [square(*place) for place in places]
    together = patches_of(
        surfaces_from(grey),
        np.zeros(3, dtype=np.int64),
        FaceSquares(
            np.concatenate([s.centre_px for s in squares]),
            np.concatenate([s.across_px for s in squares]),
        ),
    )
    for face, own in enumerate(squares):
        torch.testing.assert_close(
            cells_of(grey, own).cells[0], together.cells[face], rtol=0, atol=0
        )
