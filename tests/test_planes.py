"""Planes of luma and chroma, their coding, and their way back to colour."""

import numpy as np
import pytest

from vidfer.batches import FrameBatch
from vidfer.planes import ColourCoding, ColourMatrix, PlanarFrames

LIMITED = ColourCoding()
MATRICES: tuple[ColourMatrix, ...] = ("bt601", "bt709", "bt2020")

# Red, green and blue of 8 bits in limited range: BT.601-7, BT.709-6, BT.2020-2.
PRIMARIES = {
    "bt601": ((81, 90, 240), (145, 54, 34), (41, 240, 110)),
    "bt709": ((63, 102, 240), (173, 42, 26), (32, 240, 118)),
    "bt2020": ((74, 97, 240), (164, 47, 25), (29, 240, 119)),
}


def planes(
    *,
    count: int = 2,
    size: tuple[int, int] = (5, 7),
    value: tuple[int, int, int] = (100, 128, 128),
    coding: ColourCoding = LIMITED,
) -> PlanarFrames:
    """Return frames of one colour."""
    height, width = size
    luma = np.full((count, height, width), value[0], dtype=np.uint8)
    chroma = np.empty((count, 2, (height + 1) // 2, (width + 1) // 2), dtype=np.uint8)
    chroma[:, 0], chroma[:, 1] = value[1:]
    return PlanarFrames(luma=luma, chroma=chroma, coding=coding)


@pytest.mark.parametrize("matrix", MATRICES)
def test_primaries_of_each_matrix_become_red_green_and_blue(matrix):
    for channel, value in enumerate(PRIMARIES[matrix]):
        rgb = planes(value=value, coding=ColourCoding(matrix)).rgb()[0, 0, 0].astype(int)
        assert np.abs(rgb - 255 * np.eye(3)[channel]).max() <= 3


@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize("matrix", MATRICES)
def test_without_chroma_colour_is_grey_and_that_of_the_coding(matrix, full_range):
    coding = ColourCoding(matrix, full_range=full_range)
    factor, summand = coding.grey()
    for luma in (0, 16, 100, 235, 255):
        rgb = planes(value=(luma, 128, 128), coding=coding).rgb()
        assert np.unique(rgb).tolist() == [np.clip(round(luma * factor + summand), 0, 255)]


def test_limited_range_is_stretched_to_all_grey_levels():
    factor, summand = ColourCoding().grey()
    assert [round(luma * factor + summand) for luma in (16, 235)] == [0, 255]
    assert ColourCoding(full_range=True).grey() == (1.0, 0.0)


@pytest.mark.parametrize("size", [(4, 6), (5, 7), (5, 6), (1, 1)], ids=str)
def test_a_chroma_sample_colours_its_four_pixels(size):
    frames = planes(size=size)
    frames.chroma[0, 1, -1, -1] = 200
    rgb = frames.rgb()
    assert rgb.shape == (2, *size, 3)
    coloured = rgb[0, :, :, 0] != rgb[1, :, :, 0]
    wanted = np.zeros(size, dtype=bool)
    wanted[2 * ((size[0] - 1) // 2) :, 2 * ((size[1] - 1) // 2) :] = True
    np.testing.assert_array_equal(coloured, wanted)


def test_rows_are_chosen_in_both_planes():
    frames = planes(count=4)
    frames.luma[2], frames.chroma[2] = 7, 9
    chosen = frames.rows(np.array([2, 0]))
    assert len(chosen) == 2
    assert (chosen.luma[0] == 7).all()
    assert (chosen.chroma[0] == 9).all()
    assert chosen.coding is frames.coding
    assert len(frames.rows(slice(1, 4))) == 3


@pytest.mark.parametrize(
    ("luma", "chroma"),
    [
        (np.zeros((2, 5, 7), np.uint8), np.zeros((2, 2, 2, 3), np.uint8)),
        (np.zeros((2, 5, 7), np.uint8), np.zeros((1, 2, 3, 4), np.uint8)),
        (np.zeros((2, 5, 7), np.uint8), np.zeros((2, 1, 3, 4), np.uint8)),
        (np.zeros((2, 5, 7), np.uint16), np.zeros((2, 2, 3, 4), np.uint8)),
        (np.zeros((2, 5, 7), np.uint8), np.zeros((2, 2, 3, 4), np.float32)),
    ],
    ids=["half rounded down", "another count", "one chroma", "luma type", "chroma type"],
)
def test_planes_that_do_not_fit_are_refused(luma, chroma):
    with pytest.raises(ValueError, match="must be"):
        PlanarFrames(luma=luma, chroma=chroma, coding=ColourCoding())


@pytest.mark.parametrize("count", [0, 3])
def test_a_batch_of_planes_knows_its_size_and_bytes(count):
    frames = planes(count=count)
    batch = FrameBatch(frames, np.arange(count, dtype=np.int64), np.zeros(count))
    assert batch.size_px == (5, 7)
    assert batch.frame_bytes == 5 * 7 + 2 * 3 * 4
    assert batch.rgb().shape == (count, 5, 7, 3)


def test_a_batch_of_colour_knows_its_size_and_bytes():
    frames = np.zeros((2, 5, 7, 3), dtype=np.uint8)
    batch = FrameBatch(frames, np.arange(2, dtype=np.int64), np.zeros(2))
    assert (batch.size_px, batch.frame_bytes) == ((5, 7), 105)
    assert batch.rgb() is frames


def test_a_batch_shows_shapes_and_no_pixels():
    batch = FrameBatch(planes(), np.arange(2, dtype=np.int64), np.zeros(2))
    assert "(2, 5, 7)" in repr(batch)
    assert len(repr(batch)) < 200
