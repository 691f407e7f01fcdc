"""What is handed on of a decoded frame: its planes as they are, or RGB, always upright."""

from fractions import Fraction

import av
import av.filter
import numpy as np
import pytest

from tests.clips import HEALTHY, Clip, ClipFolder, write_video
from tests.video.decoding import MEAN_LEVELS, MOST_LEVELS, decode, decode_once
from vidfer.batches import FrameBatch
from vidfer.planes import ColourCoding, PlanarFrames
from vidfer.video.chunks import FrameCollector
from vidfer.video.pixels import copy_pixels, layout_of

pytestmark = pytest.mark.timeout(60)

SIZES = ((96, 64), (97, 65), (98, 63), (33, 34), (2, 2), (1, 1))
PLANAR = ("yuv420p", "yuvj420p", "nv12")
IN_COLOUR = ("yuv422p", "yuv444p", "yuv420p10le", "gray", "rgb24", "bgra", "yuva420p", "nv21")
TAGS = {0: "bt601", 1: "bt709", 2: "bt601", 5: "bt601", 6: "bt601", 7: "bt709", 9: "bt2020"}


def noise(width: int, height: int, *, pixel_format: str = "yuv420p", tag: int = 2, full: int = 0):
    """Return a frame of mild noise, so that no colour lies outside of what RGB can say."""
    random = np.random.default_rng(width * height)
    frame = av.VideoFrame(width, height, pixel_format)
    for number, plane in enumerate(frame.planes):
        low, high = (60, 190) if number == 0 else (118, 139)
        plane.update(random.integers(low, high, plane.buffer_size, dtype=np.uint8).tobytes())
    frame.colorspace, frame.color_range = tag, full
    return frame


def handed_on(frame: av.VideoFrame) -> np.ndarray | PlanarFrames:
    pixels = layout_of(frame).allocate(1)
    copy_pixels(frame, pixels, 0)
    return pixels


def plane(frame: av.VideoFrame, number: int, rows: int, columns: int) -> np.ndarray:
    lines = np.frombuffer(bytes(frame.planes[number]), np.uint8)
    return lines.reshape(-1, frame.planes[number].line_size)[:rows, :columns]


# Planes


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuvj420p"])
def test_planes_are_the_decoders_own_without_padding(pixel_format, size):
    width, height = size
    frame = noise(width, height, pixel_format=pixel_format)
    pixels = handed_on(frame)
    half = ((height + 1) // 2, (width + 1) // 2)
    np.testing.assert_array_equal(pixels.luma[0], plane(frame, 0, height, width))
    np.testing.assert_array_equal(pixels.chroma[0, 0], plane(frame, 1, *half))
    np.testing.assert_array_equal(pixels.chroma[0, 1], plane(frame, 2, *half))


@pytest.mark.parametrize("size", [(96, 64), (98, 66)], ids=str)
def test_interleaved_chroma_is_taken_apart(size):
    frame = noise(*size, pixel_format="nv12")
    pixels, apart = handed_on(frame), handed_on(frame.reformat(format="yuv420p", threads=1))
    np.testing.assert_array_equal(pixels.luma, apart.luma)
    np.testing.assert_array_equal(pixels.chroma, apart.chroma)


@pytest.mark.parametrize("full", [0, 1, 2])
@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("pixel_format", PLANAR)
def test_coding_is_that_of_the_frames_tags(pixel_format, tag, full):
    coding = layout_of(noise(16, 16, pixel_format=pixel_format, tag=tag, full=full)).coding
    assert coding == ColourCoding(TAGS[tag], full_range=full == 2 or pixel_format == "yuvj420p")


@pytest.mark.parametrize("full", [1, 2])
@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuvj420p"])
@pytest.mark.parametrize("size", [(96, 64), (98, 66)], ids=str)
def test_planes_in_colour_are_near_pyavs_own_conversion(size, pixel_format, tag, full):
    frame = noise(*size, pixel_format=pixel_format, tag=tag, full=full)
    theirs = frame.to_ndarray(format="rgb24", threads=1).astype(int)
    apart = np.abs(handed_on(frame).rgb()[0] - theirs)
    assert apart.mean() < MEAN_LEVELS
    assert apart.max() <= MOST_LEVELS


# RGB


@pytest.mark.parametrize("size", SIZES[:4], ids=str)
@pytest.mark.parametrize("pixel_format", IN_COLOUR)
def test_other_frames_are_handed_on_as_pyav_converts_them(pixel_format, size):
    frame = noise(*size, pixel_format=pixel_format)
    pixels = handed_on(frame)
    assert isinstance(pixels, np.ndarray)
    np.testing.assert_array_equal(pixels[0], frame.to_ndarray(format="rgb24", threads=1))


@pytest.mark.parametrize("pixel_format", ["yuv444p", "yuv420p"])
@pytest.mark.parametrize(("tag", "like"), [(8, 5), (10, 9), (14, 5)])
def test_a_colour_tag_that_swscale_refuses_is_no_fault_of_the_video(tag, like, pixel_format):
    odd, known = (noise(96, 64, pixel_format=pixel_format, tag=t) for t in (tag, like))
    batches = [FrameBatch(handed_on(f), np.zeros(1, np.int64), np.zeros(1)) for f in (odd, known)]
    np.testing.assert_array_equal(batches[0].rgb(), batches[1].rgb())


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv444p"])
def test_a_frame_whose_last_line_comes_first_in_memory_is_not_upside_down(pixel_format):
    frame = noise(96, 64, pixel_format=pixel_format)
    graph = av.filter.Graph()
    ends = [
        graph.add_buffer(width=96, height=64, format=frame.format, time_base=Fraction(1, 25)),
        graph.add("vflip"),
        graph.add("buffersink"),
    ]
    graph.link_nodes(*ends).configure()
    ends[0].push(frame)
    flipped = ends[-1].pull()
    assert flipped.planes[0].line_size < 0
    upright = frame.to_ndarray(format="rgb24", threads=1)
    np.testing.assert_array_equal(handed_on(flipped)[0], upright[::-1])


# Sizes and turns of real files


def odd_clip(tmp_path, *, turned_left: int = 0, codec: str = "libvpx-vp9") -> Clip:
    options = {"deadline": "realtime", "cpu-used": "8"} if codec == "libvpx-vp9" else {}
    return write_video(
        tmp_path,
        name="odd.mp4",
        stamps_ms=[40 * i for i in range(10)],
        codec=codec,
        options=options,
        size=(97, 65),
        turned_left=turned_left,
    )


@pytest.mark.parametrize("kind", [k for k in HEALTHY if k not in ("odd_size", "gif")])
def test_a_batch_of_a_common_video_holds_planes(kind, clips: ClipFolder):
    clip = clips.healthy(kind)
    for batch in decode_once(clip.path).batches:
        assert isinstance(batch.frames, PlanarFrames)
        assert batch.size_px == (clip.height, clip.width)


@pytest.mark.parametrize("kind", ["odd_size", "gif"])
def test_a_batch_of_another_video_holds_rgb(kind, clips: ClipFolder):
    for batch in decode_once(clips.healthy(kind).path).batches:
        assert isinstance(batch.frames, np.ndarray)


def test_odd_sizes_have_half_a_pair_of_chroma_at_the_end(tmp_path):
    clip = odd_clip(tmp_path)
    decoded = decode(clip.path)
    assert decoded.batches[0].frames.chroma.shape[2:] == (33, 49)
    assert decoded.numbers == list(clip.numbers)


@pytest.mark.parametrize("turned_left", [1, 2, 3])
def test_turned_odd_sizes_are_handed_on_as_rgb_and_upright(turned_left, tmp_path):
    clip = odd_clip(tmp_path, turned_left=turned_left)
    decoded = decode(clip.path)
    assert isinstance(decoded.batches[0].frames, np.ndarray)
    assert decoded.batches[0].size_px == (65, 97)
    assert decoded.numbers == list(clip.numbers)


@pytest.mark.parametrize("kind", ["turned_90", "turned_180", "turned_270"])
def test_turned_planes_have_the_colours_of_the_turned_picture(kind, clips: ClipFolder):
    clip = clips.healthy(kind)
    with av.open(str(clip.path)) as container:
        frame = next(container.decode(video=0))
    assert isinstance(handed_on(frame), PlanarFrames)
    stored = frame.to_ndarray(format="rgb24", threads=1)
    upright = np.rot90(stored, clip.rotation // 90).astype(int)
    assert np.abs(handed_on(frame).rgb()[0] - upright).mean() < MEAN_LEVELS


# Batches


def test_a_change_of_kind_coding_or_size_begins_a_batch():
    frames = [
        *[noise(96, 64)] * 3,
        *[noise(96, 64, tag=1)] * 3,
        *[noise(96, 64, pixel_format="yuv444p")] * 3,
        *[noise(64, 64)] * 3,
    ]
    collector = FrameCollector(chunk_frames=16, detect_every=5)
    batches = [b for i, f in enumerate(frames) for b in collector.add(f, i, i / 25)]
    batches += collector.rest()
    assert [batch.index[0] for batch in batches] == [0, 3, 6, 9]


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv444p"])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_layout_knows_the_bytes_of_a_frame(size, pixel_format):
    layout = layout_of(noise(*size, pixel_format=pixel_format))
    batch = FrameBatch(layout.allocate(2), np.zeros(2, np.int64), np.zeros(2))
    assert layout.frame_bytes == batch.frame_bytes
