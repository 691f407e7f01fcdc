"""The table's means are torch's adaptive average pooling of the float plane."""

import numpy as np
import pytest
import torch
from torch.nn.functional import adaptive_avg_pool2d

from vidfer.faces import area
from vidfer.faces.area import AreaTable, cut_few

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
ROWS = [0, 1, 1, 0, 2, 2, 0]


def planes_of(height: int, width: int, *, count: int = 3) -> torch.Tensor:
    generator = torch.Generator().manual_seed(height * width)
    return torch.randint(0, 256, (count, height, width), dtype=torch.uint8, generator=generator)


def table_of(planes: torch.Tensor) -> AreaTable:
    """A table of single planes (N, height, width)."""
    return AreaTable(planes[:, None])


def resized(planes: torch.Tensor, *, height: int, width: int) -> torch.Tensor:
    return table_of(planes).resized(height=height, width=width)[:, 0]


def pooled(planes: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    return adaptive_avg_pool2d(planes[:, None].float(), size)[:, 0]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("target", TARGETS)
def test_resizing_is_adaptive_average_pooling(size, target):
    planes = planes_of(*size)
    ours = resized(planes, height=target[0], width=target[1])
    assert ours.dtype == torch.float32
    torch.testing.assert_close(ours, pooled(planes, target), **TOLERANCE)


def test_resizing_to_its_own_size_returns_the_pixels():
    planes = planes_of(37, 53)
    assert torch.equal(resized(planes, height=37, width=53), planes.float())


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_plane_is_resized_the_same_alone_and_among_others(count):
    planes = planes_of(30, 40, count=count)
    together = resized(planes, height=11, width=17)
    for plane, ours in zip(planes, together):
        assert torch.equal(resized(plane[None], height=11, width=17)[0], ours)


def test_planes_of_a_frame_are_treated_as_those_of_frames_of_their_own():
    planes = planes_of(48, 64, count=6)
    pairs, alone = AreaTable(planes.view(3, 2, 48, 64)), AreaTable(planes[:, None])
    rows, regions = torch.tensor(ROWS), torch.tensor(REGIONS)
    expected = alone.resized(height=11, width=17)[:, 0]
    assert torch.equal(pairs.resized(height=11, width=17).flatten(0, 1), expected)
    cuts = pairs.cut(rows, regions, side_px=24)
    for k in range(2):
        assert torch.equal(cuts[:, k], alone.cut(2 * rows + k, regions, side_px=24)[:, 0])


@pytest.mark.parametrize("count", [0, 2])
def test_other_devices_way_gives_the_same_bits(count, monkeypatch):
    planes = planes_of(48, 64, count=3 * count).view(3, count, 48, 64)
    rows, regions = torch.tensor(ROWS), torch.tensor(REGIONS)

    def means() -> tuple[torch.Tensor, torch.Tensor]:
        table = AreaTable(planes)
        return table.resized(height=11, width=17), table.cut(rows, regions, side_px=24)

    expected = means()
    monkeypatch.setattr(area, "_on_cpu", lambda tensor: False)
    for ours, theirs in zip(means(), expected):
        assert ours.shape[1] == count
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize("size", [(12, 12), (361, 641)])
def test_the_size_of_strips_changes_nothing(size, monkeypatch):
    planes = planes_of(*size)
    expected = resized(planes, height=11, width=12)
    monkeypatch.setattr(area, "_STRIPS_BYTES", 3 * 4 * (size[1] + 1))
    assert torch.equal(resized(planes, height=11, width=12), expected)


def test_planes_that_lie_apart_in_memory_are_summed_as_others():
    frames = planes_of(30, 40, count=6).view(2, 30, 40, 3)
    red = frames.permute(0, 3, 1, 2)[:, 0]
    expected = resized(red.contiguous(), height=11, width=17)
    assert torch.equal(resized(red, height=11, width=17), expected)


@pytest.mark.parametrize("side_px", [24, 48])
def test_a_cut_is_adaptive_average_pooling_of_its_region(side_px):
    planes = planes_of(48, 64)
    cuts = table_of(planes).cut(torch.tensor(ROWS), torch.tensor(REGIONS), side_px=side_px)
    assert cuts.shape == (len(REGIONS), 1, side_px, side_px)
    for cut, row, (x1, y1, x2, y2) in zip(cuts[:, 0], ROWS, REGIONS):
        expected = pooled(planes[row : row + 1, y1:y2, x1:x2], (side_px, side_px))[0]
        torch.testing.assert_close(cut, expected, **TOLERANCE)


def test_a_region_is_cut_the_same_alone_and_among_others():
    table = table_of(planes_of(48, 64))
    together = table.cut(torch.tensor(ROWS), torch.tensor(REGIONS), side_px=24)
    for cut, row, region in zip(together, ROWS, REGIONS):
        alone = table.cut(torch.tensor([row]), torch.tensor([region]), side_px=24)
        assert torch.equal(alone[0], cut)


def random_regions(count: int, *, height: int, width: int) -> torch.Tensor:
    """Regions of many sizes that are not empty."""
    random = np.random.default_rng(1)
    low = random.integers(0, [width, height], (count, 2))
    high = random.integers(low + 1, [width + 1, height + 1])
    return torch.from_numpy(np.concatenate([low, high], axis=1))


@pytest.mark.parametrize("side_px", [24, 48])
@pytest.mark.parametrize("count", [1, 5, 40])
def test_few_regions_are_cut_without_tables_with_the_same_bits(count, side_px):
    planes = planes_of(301, 407, count=6).view(2, 3, 301, 407)
    regions, rows = random_regions(count, height=301, width=407), torch.arange(count) % 2
    cuts = cut_few(planes, rows, regions, side_px=side_px)
    assert cuts.shape == (count, 3, side_px, side_px)
    assert torch.equal(cuts, AreaTable(planes).cut(rows, regions, side_px=side_px))


def test_none_of_few_regions_give_no_cuts():
    planes = planes_of(48, 64, count=3)[None]
    nothing = torch.empty((0, 4), dtype=torch.int64)
    cuts = cut_few(planes, nothing[:, 0], nothing, side_px=24)
    assert cuts.shape == (0, 3, 24, 24)


def test_no_regions_give_no_cuts():
    nothing = torch.empty((0, 4), dtype=torch.int64)
    cuts = table_of(planes_of(48, 64)).cut(nothing[:, 0], nothing, side_px=24)
    assert cuts.shape == (0, 1, 24, 24)


def test_the_sums_may_wrap_round_without_harm():
    side_px = 3000
    assert side_px**2 * 255 > np.iinfo(np.int32).max
    table = table_of(torch.full((1, side_px, side_px), 255, dtype=torch.uint8))
    corner = torch.tensor([[side_px - 100, side_px - 100, side_px, side_px]])
    assert (table.resized(height=12, width=12) == 255).all()
    assert (table.cut(torch.tensor([0]), corner, side_px=24) == 255).all()


def test_a_plane_of_one_pixel_is_that_pixel():
    planes = torch.tensor([[[3]], [[5]]], dtype=torch.uint8)
    assert resized(planes, height=2, width=2)[:, 1, 0].tolist() == [3.0, 5.0]
