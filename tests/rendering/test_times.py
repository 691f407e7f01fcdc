"""A copy shows the same frames at the same times, whatever the source."""

from fractions import Fraction

import pytest
from PIL import Image

import vidfer
from tests.clips import HEALTHY, paint_number
from tests.rendering.scripted import write_results
from tests.video.decoding import decode
from vidfer.rendering.writing import PictureFormat, VideoWriter

# Matroska counts milliseconds.
ENDINGS = {".mp4": 1e-9, ".mov": 1e-9, ".mkv": 5e-4}


def copied(clip, tmp_path, *, ending=".mp4", **options):
    """Return the rendering, and what the source and the copy show."""
    to = tmp_path / f"copy{ending}"
    source = decode(clip.path)
    output = write_results(tmp_path / "out", clip.path, source.times_s)
    rendering = vidfer.render(clip.path, timeline=output, to=to, **options)
    return rendering, source, decode(to)


@pytest.mark.parametrize("kind", HEALTHY)
def test_numbers_times_and_size_are_those_of_the_upright_source(clips, kind, tmp_path):
    clip = clips.healthy(kind)
    # Blurring a video without faces shows the frames' numbers as they were.
    rendering, source, copy = copied(clip, tmp_path, blur=True)
    assert rendering.frames == len(clip)
    assert tuple(copy.numbers) == clip.numbers
    assert copy.times_s == pytest.approx(source.times_s, abs=1e-9)
    assert copy.record.rotation == 0
    assert copy.frames[0].shape[:2] == (clip.height + clip.height % 2, clip.width + clip.width % 2)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("kind", ["pause", "late_start", "edit_list"])
def test_every_container_keeps_the_times_of_annotated_frames(clips, kind, ending, tmp_path):
    clip = clips.healthy(kind)
    _, source, copy = copied(clip, tmp_path, ending=ending)
    assert copy.times_s == pytest.approx(source.times_s, abs=ENDINGS[ending])


def test_frames_that_were_lost_stay_gaps_and_the_rest_is_rendered(clips, tmp_path):
    clip = clips.damaged("garbage_mp4")
    source = decode(clip.path)
    output = write_results(tmp_path / "out", clip.path, source.times_s)
    to = tmp_path / "copy.mp4"
    rendering = vidfer.render(clip.path, timeline=output, to=to, blur=True)
    copy = decode(to)
    assert copy.times_s == pytest.approx(source.times_s, abs=1e-9)
    assert rendering.lost_ranges_s == tuple(source.record.lost_ranges_s)
    assert rendering.exit_code == 1
    assert "missing" in rendering.as_text()


def test_frames_that_grow_are_fitted_into_the_first_size(clips, tmp_path):
    path = clips.growing()
    source = decode(path)
    output = write_results(tmp_path / "out", path, source.times_s)
    vidfer.render(path, timeline=output, to=tmp_path / "copy.mp4", blur=True)
    copy = decode(tmp_path / "copy.mp4")
    assert {frame.shape for frame in copy.frames} == {source.frames[0].shape}
    assert copy.numbers == source.numbers


@pytest.mark.parametrize(
    ("told", "written"),
    [
        ([0.0, 0.04, 0.08, 0.0, 0.04, 0.2], [0.0, 0.04, 0.08, 0.0801, 0.1201, 0.2]),
        ([0.0, 0.08, 0.04, 0.12], [0.0, 0.08, 0.0801, 0.12]),
        ([0.0, 0.0, 0.04], [0.0, 0.0001, 0.04]),
    ],
)
def test_times_that_do_not_rise_follow_the_last_one(tmp_path, told, written):
    path = tmp_path / "copy.mp4"
    pictures = PictureFormat(size_px=(96, 64), tick_s=Fraction(1, 1000))
    with VideoWriter(
        path,
        container="mp4",
        codec="libx264",
        pictures=pictures,
        sound=None,
        start=Fraction(0),
    ) as writer:
        for number, time_s in enumerate(told):
            writer.write(Image.fromarray(paint_number(number)), time_s)
        writer.finish(last_s=0.04)
    copy = decode(path)
    assert copy.times_s == pytest.approx(written, abs=1e-9)
    assert copy.numbers == list(range(len(told)))


def test_colours_stay_what_they_were(clips, tmp_path):
    clip = clips.healthy("steady")
    _, source, copy = copied(clip, tmp_path, blur=True)
    before, after = source.frames[3].astype(int), copy.frames[3].astype(int)
    assert abs(before - after).mean() < 3
