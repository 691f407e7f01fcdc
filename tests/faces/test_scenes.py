"""A cut shows another picture at once; a pan, a flash, noise and pauses are none."""

import numpy as np
import pytest
import skimage.data
import torch

from tests.faces.pictures import batch_of, planes_of, resized
from vidfer.faces.scenes import THUMBNAIL_PX, new_scenes, thumbnails
from vidfer.faces.surfaces import surfaces_of
from vidfer.planes import PlanarFrames

CPU = torch.device("cpu")
SIZE = dict(height=180, width=320)


def small(frames: np.ndarray | PlanarFrames) -> np.ndarray:
    return thumbnails(surfaces_of(batch_of(frames), device=CPU))


def cuts(frames: np.ndarray, *, time_s: np.ndarray | None = None) -> list[int]:
    """Frames that begin a scene."""
    times = np.arange(len(frames)) / 25 if time_s is None else time_s
    return np.flatnonzero(new_scenes(small(frames), times)).tolist()


def picture(name: str) -> np.ndarray:
    pixels = getattr(skimage.data, name)()
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[:, :, None], 3, axis=2)
    return resized(pixels, **SIZE)


def panned(name: str, *, step_px: int, count: int = 12) -> np.ndarray:
    wide = resized(getattr(skimage.data, name)(), height=180, width=320 + step_px * count)
    return np.stack([wide[:, step_px * i : step_px * i + 320] for i in range(count)])


@pytest.mark.parametrize("other", ["coffee", "camera", "rocket", "cat"])
def test_a_cut_between_two_pictures_is_seen_in_the_frame_that_begins_the_second(other):
    frames = np.stack([picture("astronaut")] * 3 + [picture(other)] * 3)
    assert cuts(frames) == [3]


def test_a_cut_is_seen_on_planes_as_in_rgb():
    frames = np.stack([picture("astronaut")] * 2 + [picture("coffee")] * 2)
    times = np.arange(4) / 25
    assert new_scenes(small(planes_of(frames)), times).tolist() == [False, False, True, False]


def test_several_cuts_are_all_seen():
    names = ("astronaut", "coffee", "astronaut", "camera")
    assert cuts(np.stack([picture(name) for name in names])) == [1, 2, 3]


@pytest.mark.parametrize("step_px", [4, 16])
@pytest.mark.parametrize("name", ["astronaut", "coffee"])
def test_a_pan_is_no_cut(name, step_px):
    assert cuts(panned(name, step_px=step_px)) == []


def test_a_flash_is_no_cut():
    frames = np.stack([picture("astronaut")] * 5).astype(int)
    frames[2] = frames[2] // 2 + 120
    assert cuts(frames.clip(0, 255).astype(np.uint8)) == []


def test_light_that_goes_on_is_no_cut():
    bright = picture("coffee")
    assert cuts(np.stack([bright // 5] * 3 + [bright] * 3)) == []


def test_noise_in_the_dark_is_no_cut():
    noise = np.random.default_rng(0).integers(0, 30, (8, 180, 320, 3), dtype=np.uint8)
    assert cuts(noise) == []


def test_a_dissolve_is_no_cut():
    one, other = picture("astronaut").astype(float), picture("coffee").astype(float)
    shares = np.linspace(0, 1, 25)
    assert cuts(np.stack([(1 - s) * one + s * other for s in shares]).astype(np.uint8)) == []


def test_frames_of_one_colour_are_compared_without_a_warning():
    plain = np.stack([np.full((180, 320, 3), level, dtype=np.uint8) for level in (10, 12, 200)])
    assert cuts(plain) == [2]


@pytest.mark.parametrize(("gap_s", "expected"), [(0.04, [1]), (0.19, [1]), (0.21, []), (5.0, [])])
def test_over_a_gap_of_more_than_a_fifth_of_a_second_nothing_is_said(gap_s, expected):
    frames = np.stack([picture("astronaut"), picture("coffee")])
    assert cuts(frames, time_s=np.array([0.0, gap_s])) == expected


def test_the_first_frame_begins_no_scene():
    assert cuts(picture("coffee")[None]) == []


def test_frames_are_judged_the_same_pair_by_pair_and_together():
    random = np.random.default_rng(2)
    names = random.choice(["astronaut", "coffee", "camera"], 12)
    frames = np.stack([picture(name) for name in names])
    pairs = [cuts(frames[i : i + 2]) == [1] for i in range(11)]
    assert np.flatnonzero(pairs).tolist() == [i - 1 for i in cuts(frames)]


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (18, 32), (75, 75), (360, 640), (1080, 1920)])
def test_thumbnails_have_one_size_and_the_brightness_of_their_frames(size):
    frames = np.stack([np.full((*size, 3), level, dtype=np.uint8) for level in (3, 250)])
    result = small(frames)
    assert result.shape == (2, *THUMBNAIL_PX)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result.mean(axis=(1, 2)), [3, 250])
