"""Make the example clips from one public-domain photograph, with a moving virtual camera.

The photograph is NASA's portrait of the astronaut Eileen Collins, which is part of
scikit-image, so nothing is downloaded.

    python examples/make_clips.py [--output examples/videos]
"""

import argparse
import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import Final

import av
from PIL import Image, ImageEnhance, ImageOps
from skimage.data import astronaut

VIDEOS_FOLDER: Final = Path(__file__).parent / "videos"

# 600 ticks a second hold whole numbers of ticks for 10, 25 and 30 frames a second.
TICKS_PER_S: Final = 600

# The clips' widths are multiples of 64: at others (480, say) x264 reads some of the memory
# beside the picture, and the same pictures become different files from run to run.


@dataclass(frozen=True)
class Shot:
    """What the camera sees: the part of the photograph around a centre, enlarged."""

    centre_x_px: float
    centre_y_px: float
    zoom: float
    rotation_deg: float = 0.0
    brightness: float = 1.0


@dataclass(frozen=True)
class Move:
    """A camera that goes smoothly from one shot to another in a number of frames."""

    frames: int
    first: Shot
    last: Shot


@dataclass(frozen=True)
class Clip:
    """A video to make: its pictures and how long each is shown."""

    name: str
    pictures: list[Image.Image]
    durations_ticks: list[int]


def main() -> None:
    """Make all clips and print their sizes."""
    parser = argparse.ArgumentParser(description="Make vidfer's example clips.")
    parser.add_argument("--output", type=Path, default=VIDEOS_FOLDER, help="folder of the clips")
    output: Path = parser.parse_args().output
    output.mkdir(parents=True, exist_ok=True)
    for clip in clips(Image.fromarray(astronaut())):
        path = output / clip.name
        write_clip(path, clip)
        print(f"{path}  {path.stat().st_size / 1000:,.0f} kB")


def clips(photograph: Image.Image) -> Iterator[Clip]:
    """Yield the clips one by one, as each holds all its pictures in memory."""
    yield pan_and_zoom(photograph)
    yield two_faces(photograph)
    yield face_then_none(photograph)
    yield variable_rate(photograph)


def pan_and_zoom(photograph: Image.Image) -> Clip:
    """Return one face that comes closer, tilts, goes aside and gets darker."""
    wide = Shot(centre_x_px=256, centre_y_px=146, zoom=1.28)
    close = Shot(centre_x_px=215, centre_y_px=118, zoom=2.4)
    tilted = Shot(centre_x_px=240, centre_y_px=130, zoom=2.0, rotation_deg=8)
    dark = Shot(centre_x_px=290, centre_y_px=140, zoom=1.6, brightness=0.6)
    moves = [Move(40, wide, close), Move(30, close, tilted), Move(30, tilted, dark)]
    return steady_clip("pan_and_zoom.mp4", film(photograph, moves, 640, 360), frames_per_s=25)


def two_faces(photograph: Image.Image) -> Clip:
    """Return two faces side by side, the right one mirrored, which drift slowly."""
    low = Shot(centre_x_px=212, centre_y_px=130, zoom=1.8)
    high = Shot(centre_x_px=238, centre_y_px=114, zoom=2.0)
    left = film(photograph, [Move(100, low, high)], 320, 360)
    # Only one of the two tilts, so that they are not each other's mirror image all the time.
    tilted = Shot(centre_x_px=222, centre_y_px=122, zoom=1.9, rotation_deg=-6)
    right = map(ImageOps.mirror, film(photograph, [Move(100, high, tilted)], 320, 360))
    return steady_clip("two_faces.mp4", map(side_by_side, left, right), frames_per_s=25)


def face_then_none(photograph: Image.Image) -> Clip:
    """Return a face, then a shuttle and a helmet, then the face again; 1.5 s each."""
    near = Shot(centre_x_px=228, centre_y_px=112, zoom=2.4)
    far = Shot(centre_x_px=235, centre_y_px=118, zoom=1.9)
    shuttle = Shot(centre_x_px=407, centre_y_px=90, zoom=2.5)
    helmet = Shot(centre_x_px=407, centre_y_px=410, zoom=2.5)
    # Cuts rather than pans, so that there is no frame with half a face to argue about.
    moves = [Move(45, near, far), Move(45, shuttle, helmet), Move(45, far, near)]
    return steady_clip("face_then_none.mp4", film(photograph, moves, 512, 384), frames_per_s=30)


def variable_rate(photograph: Image.Image) -> Clip:
    """Return a face at 30 frames a second, with 1.5 s at only 10 in the middle."""
    durations_ticks = [TICKS_PER_S // 30] * 45 + [TICKS_PER_S // 10] * 15 + [TICKS_PER_S // 30] * 45
    left = Shot(centre_x_px=190, centre_y_px=130, zoom=1.8)
    right = Shot(centre_x_px=270, centre_y_px=130, zoom=1.8, brightness=1.15)
    pictures = list(film(photograph, [Move(len(durations_ticks), left, right)], 512, 384))
    return Clip("variable_rate.mp4", pictures, durations_ticks)


def steady_clip(name: str, pictures: Iterator[Image.Image], *, frames_per_s: int) -> Clip:
    """Return a clip that shows each picture equally long."""
    shown = list(pictures)
    return Clip(name, shown, [TICKS_PER_S // frames_per_s] * len(shown))


def film(
    photograph: Image.Image, moves: list[Move], width_px: int, height_px: int
) -> Iterator[Image.Image]:
    """Yield the pictures that the camera takes on its moves, one after the other."""
    for move in moves:
        for number in range(move.frames):
            shot = between(move.first, move.last, number / (move.frames - 1))
            yield take(photograph, shot, width_px, height_px)


def between(first: Shot, last: Shot, share: float) -> Shot:
    """Return the shot after a share of a move that starts and ends gently."""
    weight = (1 - math.cos(math.pi * share)) / 2
    return Shot(
        centre_x_px=first.centre_x_px + weight * (last.centre_x_px - first.centre_x_px),
        centre_y_px=first.centre_y_px + weight * (last.centre_y_px - first.centre_y_px),
        zoom=first.zoom + weight * (last.zoom - first.zoom),
        rotation_deg=first.rotation_deg + weight * (last.rotation_deg - first.rotation_deg),
        brightness=first.brightness + weight * (last.brightness - first.brightness),
    )


def take(photograph: Image.Image, shot: Shot, width_px: int, height_px: int) -> Image.Image:
    """Return the picture of a shot."""
    # Pillow asks for the way back: from a pixel of the result to one of the photograph.
    cosine = math.cos(math.radians(shot.rotation_deg)) / shot.zoom
    sine = math.sin(math.radians(shot.rotation_deg)) / shot.zoom
    left_px = shot.centre_x_px - cosine * width_px / 2 - sine * height_px / 2
    top_px = shot.centre_y_px + sine * width_px / 2 - cosine * height_px / 2
    picture = photograph.transform(
        (width_px, height_px),
        Image.Transform.AFFINE,
        (cosine, sine, left_px, -sine, cosine, top_px),
        Image.Resampling.BICUBIC,
    )
    return ImageEnhance.Brightness(picture).enhance(shot.brightness)


def side_by_side(left: Image.Image, right: Image.Image) -> Image.Image:
    """Return both pictures as one; they are of the same height."""
    both = Image.new("RGB", (left.width + right.width, left.height))
    both.paste(left, (0, 0))
    both.paste(right, (left.width, 0))
    return both


def write_clip(path: Path, clip: Clip) -> None:
    """Encode a clip as H.264."""
    # Without "bitexact" the file names the library's version and so changes with it.
    with av.open(path, "w", options={"fflags": "+bitexact"}) as container:
        # The muxer shows the last picture as long as this rate says, whatever its duration.
        last_rate = Fraction(TICKS_PER_S, clip.durations_ticks[-1])
        options = {"crf": "25", "preset": "slow"}
        stream = container.add_stream("libx264", rate=last_rate, options=options)
        stream.width, stream.height = clip.pictures[0].size
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, TICKS_PER_S)
        # The number of threads changes what x264 writes; by default it is that of the cores.
        stream.codec_context.thread_count = 1
        for frame in timed_frames(clip):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def timed_frames(clip: Clip) -> Iterator[av.VideoFrame]:
    """Yield the clip's pictures with the times at which they are to be shown."""
    starts_ticks = accumulate(clip.durations_ticks, initial=0)
    for picture, start, duration in zip(clip.pictures, starts_ticks, clip.durations_ticks):
        frame = av.VideoFrame.from_image(picture).reformat(format="yuv420p")
        frame.time_base = Fraction(1, TICKS_PER_S)
        frame.pts = start
        frame.duration = duration
        yield frame


if __name__ == "__main__":
    main()
