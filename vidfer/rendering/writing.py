"""Pictures and sound to a video file."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Final

import av
from av.container import InputContainer
from PIL import Image

from vidfer.errors import OutputError, UsageError
from vidfer.rendering.pictures import fitted, frame_of
from vidfer.rendering.result import Sound
from vidfer.rendering.sound import SoundCarrier

# Endings that are written, and FFmpeg's name of the container.
CONTAINERS: Final = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska"}

# The first that FFmpeg was built with. No B frames: with them, containers round durations.
_CODECS: Final = {
    "libx264": {"preset": "veryfast", "crf": "18", "bf": "0"},
    "mpeg4": {"qscale": "3", "flags": "qscale", "bf": "0"},
}

# Ticks are at least as fine as this, so that times that do not rise can be told apart.
_COARSEST_TICK_S: Final = Fraction(1, 10_000)

# The finest that encoders and containers can express; MPEG-4 counts in 16 bits.
_MOST_TICKS_PER_S: Final = {"libx264": 10_000_000, "mpeg4": 65_535}

_FALLBACK_RATE: Final = 25
_MOST_RATE: Final = 240
_KEY_FRAMES_EVERY_S: Final = 2
_BEFORE_ALL: Final = -(2**62)
_UNSPECIFIED: Final = 2  # FFmpeg's tag of colours of which nothing is known


@dataclass(frozen=True, kw_only=True)
class PictureFormat:
    """How pictures are written.

    size_px: width and height of the upright picture. tick_s: what times are multiples of.
    rate: frames per second, as a hint. aspect: width of a pixel by its height.
    primaries, transfer: FFmpeg's tags of the colours.
    """

    size_px: tuple[int, int]
    tick_s: Fraction
    rate: float | None = None
    aspect: Fraction | None = None
    primaries: int = _UNSPECIFIED
    transfer: int = _UNSPECIFIED


def best_codec(available: Collection[str] = av.codecs_available) -> str:
    """Return the encoder to use of those that FFmpeg was built with.

    Raises:
        OutputError: FFmpeg has none of ours.
    """
    for codec in _CODECS:
        if codec in available:
            return codec
    raise OutputError("FFmpeg was built without an encoder for H.264 or MPEG-4: reinstall PyAV.")


def container_of(path: Path) -> str:
    """Return FFmpeg's name of the container that a file's ending asks for.

    Raises:
        UsageError: it is none that is written.
    """
    try:
        return CONTAINERS[path.suffix.lower()]
    except KeyError:
        raise UsageError(
            f"{path} is written as {', '.join(CONTAINERS)} only: choose one of these endings."
        ) from None


class VideoWriter:
    """Writes pictures at their times, and the sound in step with them; a context.

    Nothing but pictures and sound is written: no titles, places, times of recording,
    subtitles or cover pictures.
    """

    def __init__(
        self,
        path: Path,
        *,
        container: str,
        codec: str,
        pictures: PictureFormat,
        sound: InputContainer | None,
        start: Fraction,
    ) -> None:
        """Begin a file; `sound` is where the sound comes from, `start` the time there that is 0.

        Raises:
            UsageError: the sound does not go into this container.
            OutputError: the encoder refuses the pictures.
        """
        self._size_px = pictures.size_px
        self._tick_s = _fine_tick(pictures.tick_s, codec)
        self._last_tick = self._last_told = _BEFORE_ALL
        self._container = av.open(str(path), "w", format=container)
        try:
            with _understood():
                self._stream = self._video_stream(codec, pictures)
            self._sound = (
                SoundCarrier(sound, self._container, start=start) if sound is not None else None
            )
        except BaseException:
            self._container.close()
            raise

    def __enter__(self) -> "VideoWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            with _understood():
                self._container.close()
        except (OSError, OutputError):
            if error is None:
                raise
            # What led here matters more.

    @property
    def sound(self) -> Sound:
        """What becomes of the sound."""
        return "left out" if self._sound is None else self._sound.kind

    def write(self, picture: Image.Image, time_s: float) -> None:
        """Add a picture that is shown from `time_s` on.

        Times that do not rise, as where two recordings were joined, cannot be written: such
        pictures follow the last one at the distances that they have from each other.
        """
        told = round(time_s / self._tick_s)
        tick = told if told > self._last_tick else self._last_tick + max(1, told - self._last_told)
        frame = frame_of(fitted(picture, self._size_px))
        frame.pts, frame.time_base = tick, self._tick_s
        with _understood():
            if self._sound is not None:
                self._sound.up_to(time_s)
            self._container.mux(self._stream.encode(frame))
        self._last_tick, self._last_told = tick, told

    def finish(self, *, last_s: float) -> None:
        """Write what is held back; the last picture is shown for `last_s`."""
        with _understood():
            packets = self._stream.encode(None)
            if packets:
                packets[-1].duration = max(1, round(last_s / self._tick_s))
            self._container.mux(packets)
            if self._sound is not None:
                self._sound.finish()

    def _video_stream(self, codec: str, pictures: PictureFormat) -> av.VideoStream:
        rate = min(max(round(pictures.rate or _FALLBACK_RATE), 1), _MOST_RATE)
        group = str(_KEY_FRAMES_EVERY_S * rate)
        stream = self._container.add_stream(
            codec, rate=rate, options={**_CODECS[codec], "g": group}
        )
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = (side + side % 2 for side in pictures.size_px)
        stream.pix_fmt = "yuv420p"
        context = stream.codec_context
        context.time_base = self._tick_s
        if pictures.aspect is not None:
            context.sample_aspect_ratio = pictures.aspect
        context.colorspace, context.color_range = 1, 1  # BT.709, 16 to 235: as frame_of gives
        context.color_primaries, context.color_trc = pictures.primaries, pictures.transfer
        return stream


def _fine_tick(tick_s: Fraction, codec: str) -> Fraction:
    """Return a part of a tick that is fine enough; rounded where the encoder cannot have it."""
    parts = -(-tick_s // _COARSEST_TICK_S)  # rounded up
    fine = tick_s / max(parts, 1)
    most = _MOST_TICKS_PER_S[codec]
    return fine if fine.denominator <= most else Fraction(1, min(most, 1_000_000))


@contextmanager
def _understood() -> Iterator[None]:
    """Turn what an encoder or container refuses into one sentence; a full disk is the caller's."""
    try:
        yield
    except OSError:
        raise
    except av.FFmpegError as error:
        raise OutputError(f"FFmpeg cannot write the video: {error.strerror}.") from error
