"""Picture files to upright frames of bounded size."""

import numpy as np
import pytest
from PIL import Image

from vidfer.errors import DataError
from vidfer.field_test.decoding import LONGEST_SIDE_PX, decode_picture

ORIENTATION = 0x0112
TURN_LEFT_TO_STORE = 6  # a viewer turns the stored picture to the right


def decode(path, max_pixels=10_000_000):
    return decode_picture(path, max_pixels=max_pixels)


def half_white(height=40, width=60):
    """Return a grey picture, uint8 (height, width), whose upper half is white."""
    picture = np.zeros((height, width), dtype=np.uint8)
    picture[: height // 2] = 255
    return picture


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "bmp"])
def test_common_formats_become_rgb(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(half_white()).convert("RGB").save(path)
    picture = decode(path)
    assert (picture.shape, picture.dtype) == ((40, 60, 3), np.uint8)
    assert picture[10].mean() > 250
    assert picture[30].mean() < 5
    assert picture.flags.writeable


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
def test_pictures_stand_upright_as_their_exif_says(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    exif = Image.Exif()
    exif[ORIENTATION] = TURN_LEFT_TO_STORE
    Image.fromarray(np.rot90(half_white())).convert("RGB").save(path, exif=exif)
    picture = decode(path)
    assert picture.shape == (40, 60, 3)
    assert picture[10].mean() > 250


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK"])
def test_every_kind_of_colour_is_understood(tmp_path, mode):
    path = tmp_path / ("a.jpg" if mode == "CMYK" else "a.png")
    Image.fromarray(half_white()).convert("RGB").convert(mode).save(path)
    assert decode(path)[10].mean() > 240


def test_sixteen_bits_of_grey_are_scaled_and_not_cut_off(tmp_path):
    path = tmp_path / "deep.png"
    Image.fromarray(np.full((20, 20), 100 * 256, dtype=np.uint16)).save(path)
    assert set(decode(path).ravel()) == {100}


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_large_pictures_are_made_smaller(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(half_white(height=1000, width=4000)).save(path)
    picture = decode(path)
    assert picture.shape == (LONGEST_SIDE_PX // 4, LONGEST_SIDE_PX, 3)
    assert picture[:100].mean() > 250


def test_a_picture_with_too_many_pixels_is_refused_before_it_is_decoded(tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(half_white()).save(path)
    with pytest.raises(DataError, match="60x40 pixels, more than max_pixels"):
        decode(path, max_pixels=2_399)


@pytest.mark.parametrize("damage", [lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b"hello"])
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "bmp"])
def test_a_damaged_picture_is_refused_with_a_sentence(tmp_path, suffix, damage):
    path = tmp_path / f"a.{suffix}"
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match="cannot be read as a picture"):
        decode(path)
