"""Each trouble does to pictures what video does, and about the wanted share has one."""

import pytest
import torch

from vidfer.training.degradation import add_noise, blur, compress, degrade, lose_pixels, relight

SIDE = 48
TROUBLES = (blur, lose_pixels, compress, relight, add_noise)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise(count: int, *, low: int = 60, high: int = 200) -> torch.Tensor:
    return torch.randint(low, high, (count, SIDE, SIDE), generator=generator(9)).float()


def flat(count: int, level: float) -> torch.Tensor:
    return torch.full((count, SIDE, SIDE), float(level))


def sharpness(pictures: torch.Tensor) -> torch.Tensor:
    """The mean square of the difference to the right and lower neighbours, float (B,)."""
    across, down = pictures.diff(dim=2), pictures.diff(dim=1)
    return across.square().mean(dim=(1, 2)) + down.square().mean(dim=(1, 2))


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_about_the_share_is_touched_and_the_rest_left_to_the_bit(share):
    pictures = noise(500)
    touched = (degrade(pictures, share=share, generator=generator()) != pictures).any(dim=(1, 2))
    assert touched.float().mean().item() == pytest.approx(share, abs=0.06)


def test_all_troubles_occur():
    """Of light pictures, few become darker, noisier and smoother than they were."""
    pictures = noise(300)
    result = degrade(pictures, share=1, generator=generator())
    assert (result.mean(dim=(1, 2)) < 0.6 * pictures.mean(dim=(1, 2))).sum() > 10
    assert (sharpness(result) > 1.02 * sharpness(pictures)).sum() > 10
    assert (sharpness(result) < 0.5 * sharpness(pictures)).sum() > 60


def test_size_type_and_range_stay_and_the_original_is_left_alone():
    pictures = noise(200, low=0, high=256)
    before = pictures.clone()
    result = degrade(pictures, share=1, generator=generator())
    assert (result.shape, result.dtype) == (pictures.shape, torch.float32)
    assert result.min() >= 0
    assert result.max() <= 255
    assert torch.equal(pictures, before)


def test_the_generator_decides_everything():
    pictures = noise(50)
    one, same, other = (degrade(pictures, share=0.7, generator=generator(s)) for s in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_no_pictures_are_no_trouble():
    assert degrade(noise(0), share=1, generator=generator()).shape == (0, SIDE, SIDE)


@pytest.mark.parametrize("trouble", TROUBLES)
def test_every_picture_suffers_to_another_degree(trouble):
    pictures = noise(1).expand(6, SIDE, SIDE)
    if trouble is lose_pixels:  # one side for all of a batch
        seeds = (generator(seed) for seed in range(6))
        result = torch.cat([trouble(pictures[:1], seed) for seed in seeds])
    else:
        result = trouble(pictures, generator())
    assert result.flatten(1).unique(dim=0).shape[0] == 6
    assert (result != pictures).any(dim=(1, 2)).all()


@pytest.mark.parametrize("trouble", [blur, lose_pixels])
def test_blur_and_few_pixels_take_detail_and_keep_brightness(trouble):
    pictures = noise(40)
    result = trouble(pictures, generator())
    assert (sharpness(result) < sharpness(pictures)).all()
    brightness = pictures.mean(dim=(1, 2))
    torch.testing.assert_close(result.mean(dim=(1, 2)), brightness, atol=3, rtol=0)


@pytest.mark.parametrize("trouble", [blur, lose_pixels])
def test_blur_and_few_pixels_leave_a_flat_picture_as_it_is(trouble):
    result = trouble(flat(4, 200), generator())
    torch.testing.assert_close(result, flat(4, 200), atol=1e-3, rtol=0)


def test_blur_is_another_one_along_rows_than_along_columns():
    pictures = flat(40, 0)
    pictures[:, 24, 24] = 255
    result = blur(pictures, generator())
    across, down = result[:, 24, 25], result[:, 25, 24]
    assert (across > 1.2 * down).any()
    assert (down > 1.2 * across).any()
    torch.testing.assert_close(result[:, 24, 25], result[:, 24, 23])


def test_compression_works_on_blocks_of_eight_by_eight():
    pictures = noise(3)
    others = pictures.clone()
    others[:, 8:16, 16:24] = 128
    one, other = compress(pictures, generator()), compress(others, generator())
    differs = (one != other).any(dim=0)
    assert differs[8:16, 16:24].any()
    differs[8:16, 16:24] = False
    assert not differs.any()


def test_compression_keeps_slow_changes_better_than_fine_ones():
    ramp = torch.linspace(40, 210, SIDE).expand(20, SIDE, SIDE)
    fine = noise(20, low=118, high=138)
    kept = (compress(ramp, generator()) - ramp).square().mean()
    lost = (compress(fine, generator()) - fine).square().mean()
    assert kept < 0.01 * ramp.var()
    assert lost > 0.5 * fine.var()


def test_light_keeps_the_order_of_grey_levels_and_leaves_whole_ones():
    levels = torch.linspace(0, 255, SIDE).expand(60, SIDE, SIDE)
    result = relight(levels, generator())
    assert (result.diff(dim=2) >= 0).all()
    assert torch.equal(result, result.round())


def test_light_makes_most_pictures_darker_some_lighter_and_takes_levels_from_dark_ones():
    levels = torch.linspace(0, 255, SIDE).expand(200, SIDE, SIDE)
    result = relight(levels, generator()).clamp(0, 255)
    means = result.mean(dim=(1, 2))
    assert (means < 100).sum() > (means > 140).sum() > 10
    darkest = result[means.argmin()]
    assert darkest.unique().numel() < 0.7 * SIDE


def test_noise_has_no_direction_and_a_strength_within_bounds():
    pictures = flat(60, 128)
    added = add_noise(pictures, generator()) - pictures
    deviations = added.std(dim=(1, 2))
    assert 0.9 < deviations.min() < 4
    assert 14 < deviations.max() < 19
    assert added.mean().abs() < 0.2
