"""However dark, bright or flat a crop is, the network sees it alike."""

import numpy as np
import pytest
import torch

from vidfer.emotion.preparation import prepare_crops


def prepared(crops: np.ndarray) -> np.ndarray:
    return prepare_crops(torch.from_numpy(crops)).numpy()


def pattern(*, level: int, amplitude: int) -> np.ndarray:
    """Half the pixels above, half below a level: their deviation is the amplitude."""
    signs = np.where(np.indices((48, 48)).sum(axis=0) % 2 == 0, 1, -1)
    return (level + amplitude * signs).astype(np.uint8)[None]


def test_the_result_is_what_networks_take(crops):
    result = prepared(crops)
    assert result.dtype == np.float32
    assert result.shape == (len(crops), 1, 48, 48)


def test_the_layout_is_channels_last(crops):
    result = prepare_crops(torch.from_numpy(crops))
    assert result.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(
    ("level", "amplitude"), [(128, 100), (30, 20), (220, 30), (128, 4), (10, 10)]
)
def test_crops_get_mean_zero_and_deviation_one(level, amplitude):
    result = prepared(pattern(level=level, amplitude=amplitude)).astype(np.float64)
    assert result.mean() == pytest.approx(0, abs=1e-5)
    assert result.std() == pytest.approx(1, abs=1e-4)


def test_brightness_and_contrast_make_no_difference():
    one, other = (
        prepared(pattern(level=60, amplitude=15)),
        prepared(pattern(level=170, amplitude=60)),
    )
    np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("level", [0, 1, 127, 255])
def test_a_flat_crop_becomes_zero(level):
    assert not prepared(np.full((1, 48, 48), level, dtype=np.uint8)).any()


@pytest.mark.parametrize("amplitude", [1, 2, 3])
def test_the_noise_of_a_nearly_flat_crop_is_not_blown_up(amplitude):
    result = prepared(pattern(level=12, amplitude=amplitude))
    assert np.abs(result).max() == pytest.approx(amplitude / 4)


def test_a_crop_is_prepared_the_same_alone_and_among_others(crops):
    together = prepared(crops)
    for i in range(len(crops)):
        np.testing.assert_array_equal(prepared(crops[i : i + 1])[0], together[i])


def test_mirroring_before_or_after_is_the_same(crops):
    after = prepared(crops)[..., ::-1]
    np.testing.assert_allclose(prepared(crops[..., ::-1].copy()), after, atol=1e-5)


def test_crops_are_left_as_they_are(crops):
    before = crops.copy()
    prepared(crops)
    np.testing.assert_array_equal(crops, before)


def test_no_crops_give_no_input():
    assert prepared(np.empty((0, 48, 48), dtype=np.uint8)).shape == (0, 1, 48, 48)
