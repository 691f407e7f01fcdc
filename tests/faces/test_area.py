"""The table's means are torch's adaptive average pooling of the float frame."""

import numpy as np
import pytest
import torch
from torch.nn.functional import adaptive_avg_pool2d

from vidfer.faces.area import AreaTable

# Pooling adds up in single precision; a grey level's thousandth is far below what counts.
TOLERANCE = dict(rtol=0, atol=1e-3)

SIZES = [(12, 12), (13, 29), (97, 61), (240, 320), (361, 641)]
TARGETS = [(1, 1), (12, 12), (24, 24), (7, 19), (48, 48), (121, 73)]
REGIONS = [
    (0, 0, 64, 48),
    (0, 0, 1, 1),
    (63, 47, 64, 48),
    (5, 7, 12, 40),
    (10, 3, 64, 9),
    (20, 20, 44, 44),
    (31, 0, 32, 48),
]


def frame_of(height: int, width: int, *, channels: int = 3) -> torch.Tensor:
    generator = torch.Generator().manual_seed(height * width)
    return torch.randint(0, 256, (height, width, channels), dtype=torch.uint8, generator=generator)


def pooled(frame: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    return adaptive_avg_pool2d(frame.permute(2, 0, 1)[None].float(), size)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("target", TARGETS)
def test_resizing_is_adaptive_average_pooling(size, target):
    frame = frame_of(*size)
    resized = AreaTable(frame).resized(height=target[0], width=target[1])
    assert resized.dtype == torch.float32
    torch.testing.assert_close(resized, pooled(frame, target), **TOLERANCE)


def test_resizing_to_its_own_size_returns_the_pixels():
    frame = frame_of(37, 53)
    resized = AreaTable(frame).resized(height=37, width=53)
    assert torch.equal(resized[0].permute(1, 2, 0), frame.float())


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_any_number_of_channels_goes(channels):
    frame = frame_of(30, 40, channels=channels)
    resized = AreaTable(frame).resized(height=11, width=17)
    torch.testing.assert_close(resized, pooled(frame, (11, 17)), **TOLERANCE)


@pytest.mark.parametrize("side_px", [24, 48])
def test_a_cut_is_adaptive_average_pooling_of_its_region(side_px):
    frame = frame_of(48, 64)
    cuts = AreaTable(frame).cut(torch.tensor(REGIONS), side_px=side_px)
    assert cuts.shape == (len(REGIONS), 3, side_px, side_px)
    for cut, (x1, y1, x2, y2) in zip(cuts, REGIONS):
        expected = pooled(frame[y1:y2, x1:x2], (side_px, side_px))[0]
        torch.testing.assert_close(cut, expected, **TOLERANCE)


def test_a_region_is_cut_the_same_alone_and_among_others():
    table = AreaTable(frame_of(48, 64))
    together = table.cut(torch.tensor(REGIONS), side_px=24)
    for cut, region in zip(together, REGIONS):
        assert torch.equal(table.cut(torch.tensor([region]), side_px=24)[0], cut)


def test_no_regions_give_no_cuts():
    cuts = AreaTable(frame_of(48, 64)).cut(torch.empty((0, 4), dtype=torch.int64), side_px=24)
    assert cuts.shape == (0, 3, 24, 24)


def test_the_sums_may_wrap_round_without_harm():
    side_px = 3000
    assert side_px**2 * 255 > np.iinfo(np.int32).max
    table = AreaTable(torch.full((side_px, side_px, 3), 255, dtype=torch.uint8))
    corner = torch.tensor([[side_px - 100, side_px - 100, side_px, side_px]])
    assert (table.resized(height=12, width=12) == 255).all()
    assert (table.cut(corner, side_px=24) == 255).all()


def test_a_frame_of_one_pixel_is_that_pixel():
    frame = torch.tensor([[[3, 5, 7]]], dtype=torch.uint8)
    resized = AreaTable(frame).resized(height=2, width=2)
    assert torch.equal(resized[0, :, 1, 0], torch.tensor([3.0, 5.0, 7.0]))
