"""Pictures change as the settings say, by no more than they say, and repeatably."""

import math

import numpy as np
import pytest
import torch

from vidfer.errors import SettingsError
from vidfer.training.augmentation import Augmentation, augment

SIDE = 48
MIDDLE = (SIDE - 1) / 2


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def changed(pictures: torch.Tensor, *, seed: int = 0, **settings: object) -> torch.Tensor:
    return all_views(pictures, seed=seed, **settings)[:, 0]


def all_views(pictures: torch.Tensor, *, seed: int = 0, **settings: object) -> torch.Tensor:
    return augment(pictures, settings=Augmentation(**settings), generator=generator(seed))


def noise(count: int) -> torch.Tensor:
    return torch.randint(256, (count, SIDE, SIDE), generator=generator(9), dtype=torch.uint8)


def dots(count: int, *, right_px: float = 0, down_px: float = 0) -> torch.Tensor:
    """Dark pictures with one soft bright dot, so far from the middle."""
    down, right = np.mgrid[:SIDE, :SIDE] - MIDDLE
    distance = np.hypot(down - down_px, right - right_px)
    dot = (250 * np.exp(-((distance / 2.5) ** 2))).round().astype(np.uint8)
    return torch.from_numpy(np.repeat(dot[None], count, axis=0))


def dot_places(pictures: torch.Tensor) -> torch.Tensor:
    """Where the dots are, (right, down) of the middle, float (B, 2)."""
    weights = pictures.double() / pictures.double().sum(dim=(1, 2), keepdim=True)
    places = torch.arange(SIDE) - MIDDLE
    right, down = (weights.sum(1) * places).sum(1), (weights.sum(2) * places).sum(1)
    return torch.stack([right, down], dim=1)


EVERYTHING = {
    "flip": True,
    "shift": 0.1,
    "rotation_deg": 20,
    "scale": 0.2,
    "crop_side_px": 40,
    "erase_share": 0.5,
    "degrade_share": 0.5,
}


def test_the_default_changes_nothing_beyond_rounding():
    pictures = noise(8)
    torch.testing.assert_close(changed(pictures), pictures.float(), atol=0.01, rtol=0)


def test_beside_each_picture_lies_its_place_neither_degraded_nor_covered():
    geometry = {"flip": True, "shift": 0.1, "rotation_deg": 20, "scale": 0.2, "crop_side_px": 40}
    seen, whole, _ = all_views(dots(64, right_px=3), **geometry).unbind(1)
    torch.testing.assert_close(seen, whole)
    covered = {"erase_share": 1, "erase_most": 0.2}
    seen, whole, _ = all_views(dots(64, right_px=3), **geometry, **covered).unbind(1)
    differs = (seen - whole).abs() > 0.01
    assert 0 < differs.float().mean() < 0.05
    seen, whole, _ = all_views(noise(64), degrade_share=1).unbind(1)
    torch.testing.assert_close(whole, noise(64).float(), atol=0.01, rtol=0)
    assert ((seen - whole).abs() > 1).any(dim=(1, 2)).all()


@pytest.mark.parametrize("side", [48, 47, 40])
def test_beside_them_lies_the_middle_of_the_picture_as_it_was(side):
    settings = {**EVERYTHING, "crop_side_px": side}
    original = all_views(noise(64), **settings)[:, 2]
    margin = (SIDE - side) // 2
    middle = slice(margin, margin + side)
    assert torch.equal(original, noise(64)[:, middle, middle].float())


@pytest.mark.parametrize("settings", [{}, EVERYTHING])
def test_the_result_is_float_grey_in_range_and_the_original_is_left_alone(settings):
    pictures = noise(64)
    before = pictures.clone()
    result = changed(pictures, **settings)
    assert result.dtype == torch.float32
    assert result.min() >= 0
    assert result.max() <= 255.001
    assert torch.equal(pictures, before)


def test_the_generator_decides_everything():
    pictures = noise(32)
    one = changed(pictures, seed=1, **EVERYTHING)
    torch.rand(3)
    assert torch.equal(one, changed(pictures, seed=1, **EVERYTHING))
    assert not torch.equal(one, changed(pictures, seed=2, **EVERYTHING))


def test_flipping_mirrors_about_half_of_the_pictures_left_to_right():
    pictures = noise(400)
    upright = pictures.float()
    result = changed(pictures, flip=True)
    same = ((result - upright).abs() < 0.01).all(dim=(1, 2))
    mirrored = ((result - upright.flip(2)).abs() < 0.01).all(dim=(1, 2))
    assert torch.equal(same, ~mirrored)
    assert 160 < mirrored.sum() < 240


def test_shifting_moves_both_ways_by_at_most_the_share_of_the_side():
    places = dot_places(changed(dots(400), shift=0.1))
    assert places.abs().max() <= 0.1 * SIDE + 0.05
    for axis in (0, 1):
        assert places[:, axis].min() < -0.08 * SIDE
        assert places[:, axis].max() > 0.08 * SIDE
    assert torch.corrcoef(places.T)[0, 1].abs() < 0.2


def test_rotating_keeps_the_middle():
    places = dot_places(changed(dots(50), rotation_deg=45))
    torch.testing.assert_close(places, torch.zeros_like(places), atol=0.05, rtol=0)


def test_rotating_turns_both_ways_by_at_most_so_many_degrees_and_keeps_distances():
    places = dot_places(changed(dots(400, right_px=12), rotation_deg=30))
    angles = torch.rad2deg(torch.atan2(places[:, 1], places[:, 0]))
    assert angles.abs().max() <= 30.1
    assert angles.min() < -25
    assert angles.max() > 25
    lengths = places.norm(dim=1)
    torch.testing.assert_close(lengths, torch.full_like(lengths, 12), atol=0.05, rtol=0)


def test_rotating_does_not_mirror():
    """A point a quarter to the right of another one (seen from the middle) stays there."""
    across, below = (
        dot_places(changed(dots(50, **place), rotation_deg=90, seed=3))
        for place in ({"right_px": 10}, {"down_px": 10})
    )
    quarter_turned = torch.stack([-across[:, 1], across[:, 0]], dim=1)
    torch.testing.assert_close(below, quarter_turned, atol=0.1, rtol=0)


def test_scaling_keeps_the_middle_and_changes_sizes_within_bounds():
    lengths = dot_places(changed(dots(400, right_px=10, down_px=4), scale=0.25))
    sizes = lengths[:, 0] / 10
    torch.testing.assert_close(lengths[:, 1] / 4, sizes, atol=0.03, rtol=0)
    assert 1 / 1.25 - 0.01 < sizes.min() < 0.85
    assert 1.18 < sizes.max() < 1.25 + 0.01


@pytest.mark.parametrize("side", [16, 40, 48])
def test_cropping_takes_the_middle(side):
    pictures = noise(4)
    margin = (SIDE - side) // 2
    middle = pictures[:, margin : margin + side, margin : margin + side].float()
    result = changed(pictures, crop_side_px=side)
    torch.testing.assert_close(result, middle, atol=0.01, rtol=0)


def test_edges_are_repeated_outside_the_picture():
    pictures = torch.full((20, SIDE, SIDE), 77, dtype=torch.uint8)
    result = changed(pictures, shift=0.5, rotation_deg=180, scale=0.9, flip=True)
    torch.testing.assert_close(result, pictures.float(), atol=0.01, rtol=0)


def test_erasing_covers_one_grey_rectangle_of_at_most_the_share_in_about_so_many_pictures():
    pictures = noise(300)
    result = changed(pictures, erase_share=0.5, erase_most=0.4)
    touched = (result - pictures.float()).abs() > 0.01
    erased = torch.nonzero(touched.any(dim=(1, 2))).flatten()
    assert 110 < len(erased) < 180
    for row in erased.tolist():
        down, right = touched[row].any(dim=1).nonzero(), touched[row].any(dim=0).nonzero()
        window = result[row, down.min() : down.max() + 1, right.min() : right.max() + 1]
        assert (window - window[0, 0]).abs().max() < 0.01
        assert max(window.shape) <= math.ceil(0.4 * SIDE)


def test_erasing_differs_in_place_size_and_grey():
    result = changed(torch.zeros(200, SIDE, SIDE, dtype=torch.uint8), erase_share=1)
    areas, greys = (result > 0).sum(dim=(1, 2)), result.amax(dim=(1, 2))
    assert areas.unique().numel() > 30
    assert greys.min() < 50
    assert greys.max() > 200
    assert (result > 0).any(dim=0).float().mean() > 0.95


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("flip", value) for value in ("no", 1, None)),
        *((name, value) for name in ("shift", "scale") for value in (-0.1, 1, math.nan, "far")),
        *(("rotation_deg", value) for value in (-1, 181)),
        *(("crop_side_px", value) for value in (15, 49, 40.5, True)),
        *(
            (name, value)
            for name in ("erase_share", "erase_most", "degrade_share")
            for value in (-0.1, 1.1)
        ),
        *((name, value) for name in ("mixup", "cutmix") for value in (-1, math.inf)),
    ],
)
def test_a_value_outside_its_range_is_refused_by_name(name, value):
    with pytest.raises(SettingsError) as refusal:
        Augmentation(**{name: value})
    assert str(refusal.value).startswith(f"{name} must be ")
    assert str(value) in str(refusal.value)
