"""What the networks and the crops see is the same, whether frames come as RGB or as planes."""

import numpy as np
import pytest
import torch
from PIL import Image

from tests.faces.pictures import batch_of, planes_of
from vidfer.faces.surfaces import ColourTable, Surfaces, surfaces_of
from vidfer.planes import ColourCoding, ColourMatrix

CPU = torch.device("cpu")
CODINGS = [
    ColourCoding(matrix, full_range=full_range)
    for matrix in ("bt601", "bt709", "bt2020")
    for full_range in (False, True)
]
REGIONS = [(0, 0, 160, 120), (20, 10, 90, 80), (33, 41, 58, 66), (150, 3, 160, 119), (7, 7, 8, 8)]
SIZES = [(48, 48), (37, 53), (120, 160)]


def each(*, count: int = 3, size: tuple[int, int] = (120, 160)) -> np.ndarray:
    """Colourful frames without fine detail, of which halved chroma would lose some."""
    height, width = size
    y, x = np.mgrid[0:height, 0:width]
    waves = [
        128 + 90 * np.sin(x / (17 + 3 * k) + k) * np.cos(y / (23 + 5 * c) + c)
        for k in range(count)
        for c in range(3)
    ]
    stacked = np.stack(waves).reshape(count, 3, height, width)
    return stacked.transpose(0, 2, 3, 1).round().astype(np.uint8)


def from_rgb(frames: np.ndarray) -> Surfaces:
    return surfaces_of(batch_of(frames), device=CPU)


def from_planes(frames: np.ndarray, coding: ColourCoding | None = None) -> Surfaces:
    return surfaces_of(batch_of(planes_of(frames, coding or ColourCoding())), device=CPU)


MAKERS = pytest.mark.parametrize("make", [from_rgb, from_planes])


def in_levels(normalised: torch.Tensor) -> torch.Tensor:
    return normalised * 128 + 127.5


def test_colours_of_rgb_are_normalised_as_mtcnn_was_trained():
    frames = each()
    resized = ColourTable(from_rgb(frames)).resized(height=120, width=160)
    expected = (torch.from_numpy(frames).permute(0, 3, 1, 2).float() - 127.5) / 128
    torch.testing.assert_close(resized, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("coding", CODINGS, ids=str)
@pytest.mark.parametrize("size", SIZES)
def test_planes_have_nearly_the_colours_of_the_same_picture_in_rgb(coding, size):
    frames = each()
    height, width = size
    ours, theirs = (
        in_levels(ColourTable(surfaces).resized(height=height, width=width))
        for surfaces in (from_planes(frames, coding), from_rgb(frames))
    )
    difference = (ours - theirs).abs()
    assert difference.max() < 6
    assert difference.mean() < 1


@pytest.mark.parametrize("size", [(119, 160), (120, 159), (61, 61)])
def test_frames_of_odd_size_have_nearly_the_same_colours_too(size):
    frames = each(size=size)
    ours, theirs = (
        in_levels(ColourTable(surfaces).resized(height=30, width=40))
        for surfaces in (from_planes(frames), from_rgb(frames))
    )
    # The last chroma sample counts as two pixels: colours shift by up to half a pixel.
    assert (ours - theirs).abs().max() < 12
    assert (ours - theirs).abs().mean() < 1.5


def test_colours_beyond_white_and_black_are_cut_off_as_in_rgb():
    frames = planes_of(each(count=2))
    frames.luma[0], frames.luma[1] = 255, 0
    colours = ColourTable(surfaces_of(batch_of(frames), device=CPU)).resized(height=24, width=24)
    assert in_levels(colours).min() >= -1e-3
    assert in_levels(colours).max() <= 255 + 1e-3


@MAKERS
@pytest.mark.parametrize("side_px", [24, 48])
@pytest.mark.parametrize("count", [1, 4, 30])
def test_a_cut_has_the_same_bits_with_and_without_tables(make, side_px, count):
    surfaces = make(each())
    regions = torch.tensor([REGIONS[i % len(REGIONS)] for i in range(count)])
    rows = torch.arange(count) % 3
    with_tables = ColourTable(surfaces).cut(rows, regions, side_px=side_px)
    assert torch.equal(surfaces.cut(rows, regions, side_px=side_px), with_tables)


@MAKERS
def test_a_cut_is_its_frame_and_region_resized(make):
    frames = each()
    x1, y1, x2, y2 = 20, 10, 90, 80
    cut = make(frames).cut(torch.tensor([1]), torch.tensor([[x1, y1, x2, y2]]), side_px=48)
    alone = make(np.ascontiguousarray(frames[1:2, y1:y2, x1:x2]))
    resized = ColourTable(alone).resized(height=48, width=48)
    torch.testing.assert_close(cut, resized, rtol=0, atol=0.02)


@MAKERS
def test_no_regions_give_no_cuts(make):
    nothing = torch.empty((0, 4), dtype=torch.int64)
    assert make(each()).cut(nothing[:, 0], nothing, side_px=24).shape == (0, 3, 24, 24)


@MAKERS
def test_chosen_rows_are_those_frames(make):
    surfaces = make(each(count=5))
    chosen = surfaces.rows(np.array([3, 1]))
    assert len(chosen) == 2
    assert torch.equal(chosen.full[0], surfaces.full[3])
    assert torch.equal(chosen.halved[1], surfaces.halved[1])
    assert surfaces.rows(np.arange(5)) is surfaces


@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize("matrix", ["bt601", "bt709"])
def test_grey_is_luma_stretched_to_0_to_255(full_range: bool, matrix: ColourMatrix):
    frames = planes_of(each(), ColourCoding(matrix, full_range=full_range))
    frames.luma[0, 0, :256] = np.arange(160)
    grey = surfaces_of(batch_of(frames), device=CPU).grey(0, 0, 0, 160, 120).numpy()
    luma = frames.luma[0].astype(np.float64)
    expected = luma if full_range else (luma - 16) * 255 / 219
    np.testing.assert_allclose(grey, expected.clip(0, 255), atol=1e-3)


def test_grey_of_rgb_is_what_pillow_makes_of_it():
    frames = each()
    grey = from_rgb(frames).grey(1, 0, 0, 160, 120).numpy()
    expected = np.asarray(Image.fromarray(frames[1]).convert("L"))
    assert np.abs(grey - expected).max() <= 1


def test_grey_of_bt601_planes_is_nearly_that_of_rgb():
    frames = each()
    ours, theirs = (make(frames).grey(2, 0, 0, 160, 120) for make in (from_planes, from_rgb))
    assert (ours - theirs).abs().max() <= 2


@MAKERS
def test_grey_of_a_region_is_that_part_of_the_whole(make):
    surfaces = make(each())
    whole, part = surfaces.grey(1, 0, 0, 160, 120), surfaces.grey(1, 31, 17, 90, 60)
    assert torch.equal(part, whole[17:60, 31:90])


@MAKERS
@pytest.mark.parametrize("cell_px", [2, 3, 7])
def test_grey_of_cells_are_the_means_of_their_pixels(make, cell_px):
    surfaces = make(each())
    cells = surfaces.grey(1, 2, 1, 9, 6, cell_px=cell_px)
    pixels = surfaces.grey(1, *(edge * cell_px for edge in (2, 1, 9, 6)))
    means = pixels.reshape(5, cell_px, 7, cell_px).mean(dim=(1, 3))
    # Where pixels lie beyond black or white, the mean is cut off, not each of them.
    assert (cells - means).abs().median() < 1e-3
    assert (cells - means).abs().max() < 2


@MAKERS
def test_surfaces_know_their_size(make):
    surfaces = make(each())
    assert (surfaces.height, surfaces.width, len(surfaces)) == (120, 160, 3)
    assert surfaces.device == CPU
    assert surfaces.bytes_per_frame == 120 * 160 * (3 if make is from_rgb else 1.5)
    assert len(make(each()[:0])) == 0
