"""Opening a container with PyAV so that only this one file is read, as video."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from vidfer.errors import (
    CorruptVideoError,
    NoVideoError,
    TooLargeError,
    UnsupportedVideoError,
    VideoError,
    VideoReadError,
)
from vidfer.video.files import check_file, lacks_index

# FFmpeg's demuxers that vidfer lets read a file: no playlists, scripts or network formats,
# which would open other files.
_DEMUXERS: Final = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,asf,ogg,gif,mxf,h264,hevc,"
    "mpegvideo,m4v,ivf,yuv4mpegpipe,dv,rm,nut,obu,av1"
)
_OPTIONS: Final = {"protocol_whitelist": "file", "format_whitelist": _DEMUXERS}

_MICROSECONDS: Final = 1_000_000


@dataclass(frozen=True, kw_only=True)
class VideoInfo:
    """What the container says of its video, before a frame is decoded.

    Sizes are those of the coded picture; `duration_s` and `frames_expected` are the
    header's claims and None where it makes none. `start` is what a player counts from, in
    exact seconds. `pictures_s` is how long the pictures last, None where the header
    speaks only of pictures and sound together.
    """

    container: str
    codec: str
    width: int
    height: int
    start: Fraction
    duration_s: float | None
    pictures_s: float | None
    frames_expected: int | None
    frame_rate: float | None


def open_container(path: Path, *, max_pixels: int) -> tuple[InputContainer, VideoStream]:
    """Open a video file and choose its video stream.

    Raises:
        VideoError: one of its kinds, with a sentence that says what is wrong.
    """
    check_file(path)
    try:
        # An absolute path: "a:b.mp4" would be taken for a protocol. Metadata may be in any
        # encoding, and nobody asked for it.
        container = av.open(str(path.absolute()), options=dict(_OPTIONS), metadata_errors="replace")
    except av.FFmpegError as error:
        raise _open_error(path, error) from error
    try:
        return container, _video_stream(container, max_pixels=max_pixels)
    except BaseException:
        container.close()
        raise


def describe(container: InputContainer, stream: VideoStream) -> VideoInfo:
    """Return what the headers say."""
    rate = stream.guessed_rate or stream.average_rate
    return VideoInfo(
        container=container.format.name,
        codec=stream.codec_context.codec.canonical_name,
        width=stream.codec_context.width,
        height=stream.codec_context.height,
        start=_start(container, stream),
        duration_s=_duration_s(container, stream),
        pictures_s=(
            _duration_s(container, stream)
            if stream.duration is not None or len(container.streams) == 1
            else None
        ),
        frames_expected=stream.frames or None,
        frame_rate=float(rate) if rate else None,
    )


def _open_error(path: Path, error: av.FFmpegError) -> VideoError:
    if isinstance(error, av.error.InvalidDataError):
        if lacks_index(path):
            return CorruptVideoError(
                "The file has no index (moov box): the recording or copy was cut off before "
                "its end. Copy it again, or repair it with a tool such as untrunc."
            )
        return CorruptVideoError(
            "The file begins like a video but its headers are damaged: copy or record it again."
        )
    if isinstance(error, OSError) and not isinstance(error, ValueError):
        return VideoReadError(f"The file cannot be read: {error.strerror}.")
    return UnsupportedVideoError(f"FFmpeg cannot open the file as a video: {error.strerror}.")


def _video_stream(container: InputContainer, *, max_pixels: int) -> VideoStream:
    if len(container.streams) == 0:
        raise CorruptVideoError(
            "The file's headers are damaged: they name neither pictures nor sound. "
            "Copy or record it again."
        )
    streams = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not streams:
        raise NoVideoError("The file holds no video, only sound, text or a cover picture.")
    stream = streams[0]
    context = stream.codec_context
    if context is None:
        raise UnsupportedVideoError("The file's video codec is unknown to FFmpeg.")
    check_size(context.width, context.height, max_pixels=max_pixels)
    # Frames may grow in the middle of a file: FFmpeg refuses those before it decodes them. It
    # counts padded rows, hence the room.
    context.options = {"max_pixels": str(2 * max_pixels)}
    return stream


def check_size(width: int, height: int, *, max_pixels: int) -> None:
    """Refuse frames that are too large.

    Raises:
        TooLargeError: the message says how large they are, and what to do.
    """
    if width * height > max_pixels:
        raise TooLargeError(
            f"Frames of {width}x{height} have more than {max_pixels} pixels: "
            "raise --max-pixels if the file is trustworthy and memory suffices."
        )


def _start(container: InputContainer, stream: VideoStream) -> Fraction:
    """Return the container's start; exact where it is the video's own."""
    start = Fraction(container.start_time or 0, _MICROSECONDS)
    if stream.start_time is None or stream.time_base is None:
        return start
    own = stream.start_time * stream.time_base
    # The container's start is rounded to microseconds.
    return own if abs(own - start) <= Fraction(1, _MICROSECONDS) else start


def _duration_s(container: InputContainer, stream: VideoStream) -> float | None:
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    if container.duration is None:
        return None
    duration = Fraction(container.duration, _MICROSECONDS)
    # Matroska's header holds the time of the end, counted from zero.
    from_zero = "matroska" in container.format.name
    return float(duration - _start(container, stream) if from_zero else duration)
