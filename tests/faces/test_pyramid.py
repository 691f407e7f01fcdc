"""The pyramid's levels and cells are those of facenet-pytorch."""

import pytest
import torch
from facenet_pytorch.models.utils.detect_face import generateBoundingBox

from vidfer.faces.networks import load_cascade
from vidfer.faces.pyramid import pyramid_of

SIZES = [(360, 640), (1080, 1920), (41, 77), (40, 40), (97, 61), (361, 641)]
MIN_FACES_PX = [12, 20, 40]


def scales_of_facenet(height: int, width: int, min_face_px: int) -> list[float]:
    """As in facenet_pytorch.models.utils.detect_face.detect_face."""
    m = 12.0 / min_face_px
    minl = min(height, width) * m
    scale, scales = m, []
    while minl >= 12:
        scales.append(scale)
        scale, minl = scale * 0.709, minl * 0.709
    return scales


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("min_face_px", MIN_FACES_PX)
def test_levels_have_the_sizes_of_facenet_pytorchs(size, min_face_px):
    expected = [
        (int(size[0] * scale + 1), int(size[1] * scale + 1))
        for scale in scales_of_facenet(*size, min_face_px)
    ]
    assert list(pyramid_of(*size, min_face_px=min_face_px).level_sizes_px) == expected


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("min_face_px", MIN_FACES_PX)
def test_cells_lie_where_facenet_pytorch_puts_their_boxes(size, min_face_px):
    pyramid = pyramid_of(*size, min_face_px=min_face_px)
    for level, scale in enumerate(scales_of_facenet(*size, min_face_px)):
        cells = pyramid.corners_px[pyramid.level == level]
        rows, columns = cells_of(*pyramid.level_sizes_px[level])
        # Every cell is a candidate, so that all of their boxes come back.
        boxes, _ = generateBoundingBox(
            torch.zeros(1, 4, rows, columns), torch.ones(1, rows, columns), scale, 0.5
        )
        assert torch.equal(cells, boxes[:, :4])


def cells_of(height: int, width: int) -> tuple[int, int]:
    """What facenet-pytorch's P-Net makes of a level: convolutions 3x3, pooling by 2, 3x3, 3x3."""
    layers = torch.nn.Sequential(
        torch.nn.Conv2d(1, 1, 3),
        torch.nn.MaxPool2d(2, 2, ceil_mode=True),
        torch.nn.Conv2d(1, 1, 3),
        torch.nn.Conv2d(1, 1, 3),
    )
    rows, columns = layers(torch.zeros(1, 1, height, width)).shape[2:]
    return rows, columns


@pytest.mark.parametrize("size", [(360, 640), (41, 77), (97, 61)])
def test_there_are_as_many_cells_as_our_network_has_outputs(size):
    pnet = load_cascade(torch.device("cpu"))[0]
    pyramid = pyramid_of(*size, min_face_px=20)
    with torch.inference_mode():
        outputs = [pnet(torch.zeros(1, 3, *level)) for level in pyramid.level_sizes_px]
    assert sum(output[0, 0].numel() for output in outputs) == len(pyramid.corners_px)
    assert len(pyramid.level) == len(pyramid.corners_px)


@pytest.mark.parametrize("size", [(39, 640), (640, 39), (1, 1)])
def test_a_frame_smaller_than_the_smallest_face_has_no_levels(size):
    pyramid = pyramid_of(*size, min_face_px=40)
    assert pyramid.levels == len(pyramid.corners_px) == len(pyramid.level) == 0


def test_the_smallest_cells_are_about_as_large_as_the_smallest_face():
    corners = pyramid_of(360, 640, min_face_px=40).corners_px
    sides = (corners[:, 2:] - corners[:, :2]).max(dim=1).values
    assert 30 <= float(sides.min()) <= 40
