"""Opening a container with PyAV so that only this one file is read, as video."""

import errno
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
from vidfer.video.boxes import check_index, lacks_index, refuse_claim
from vidfer.video.files import check_file
from vidfer.video.fingerprint import identify
from vidfer.video.first_bytes import size_in_head

# FFmpeg's demuxers that vidfer lets read a file: no playlists, scripts or network formats,
# which would open other files.
_DEMUXERS: Final = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,asf,ogg,gif,mxf,h264,hevc,"
    "mpegvideo,m4v,ivf,yuv4mpegpipe,dv,rm,nut,obu,av1"
)
_OPTIONS: Final = {"protocol_whitelist": "file", "format_whitelist": _DEMUXERS}

# Reading no more than this, FFmpeg shows what the header says and decodes nothing.
_HEADER_ONLY: Final = {"probesize": "32", "analyzeduration": "0"}

# What the operating system says of files that it cannot read; FFmpeg has errors of its own that
# look alike, such as "resource busy" for frames of a size that it cannot count.
_READ_ERRORS: Final = frozenset(
    {
        errno.EIO,
        errno.EACCES,
        errno.EPERM,
        errno.ENOENT,
        errno.ENODEV,
        errno.ENXIO,
        errno.ENOTCONN,
        errno.EMFILE,
        errno.ENFILE,
        errno.ESTALE,
        errno.ETIMEDOUT,
    }
)

# What FFmpeg says of headers that make no sense or break off.
_DAMAGE: Final = (av.error.InvalidDataError, av.error.EOFError)

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
    size = size_in_head(check_file(path))
    if size is not None:
        check_size(*size, max_pixels=max_pixels)
    try:
        check_index(path)
        container = _opened_in_two_tries(path, max_pixels=max_pixels)
    except av.FFmpegError as error:
        raise _open_error(path, error) from error
    except OSError as error:
        raise VideoReadError(f"The file cannot be read: {error.strerror}.") from error
    try:
        return container, _video_stream(container, path, max_pixels=max_pixels)
    except BaseException:
        container.close()
        raise


def _opened_in_two_tries(path: Path, *, max_pixels: int) -> InputContainer:
    options = {"max_pixels": _most_padded_pixels(max_pixels)}
    try:
        return _opened(path, options=options)
    except av.FFmpegError as error:
        if error.errno not in _READ_ERRORS or read_error(path, error):
            raise
    # The system can read the file now: the error has passed, or it is FFmpeg's own.
    return _opened(path, options=options)


def _opened(path: Path, *, options: dict[str, str]) -> InputContainer:
    # An absolute path: "a:b.mp4" would be taken for a protocol. Metadata may be in any encoding,
    # and nobody asked for it. The options reach the decoders, which see a few frames already here.
    return av.open(str(path.absolute()), options={**_OPTIONS, **options}, metadata_errors="replace")


def read_error(path: Path, error: av.FFmpegError) -> VideoReadError | None:
    """Return what is to be raised where the operating system cannot read the file; else None.

    FFmpeg speaks of an input error also where a file ends too early: the system is asked.
    """
    if error.errno not in _READ_ERRORS:
        return None
    try:
        identify(path)
    except OSError as refusal:
        return VideoReadError(f"The file cannot be read: {refusal.strerror}.")
    return None


def describe(container: InputContainer, stream: VideoStream) -> VideoInfo:
    """Return what the headers say."""
    rate = stream.guessed_rate or stream.average_rate
    # Programs that write AVI into a pipe leave a thousand million frames in its header.
    claims = stream.frames <= container.size
    duration_s = _duration_s(container, stream) if claims else None
    return VideoInfo(
        container=container.format.name,
        codec=stream.codec_context.codec.canonical_name,
        width=stream.codec_context.width,
        height=stream.codec_context.height,
        start=_start(container, stream),
        duration_s=duration_s,
        pictures_s=(
            duration_s if stream.duration is not None or len(container.streams) == 1 else None
        ),
        frames_expected=(stream.frames or None) if claims else None,
        frame_rate=float(rate) if rate else None,
    )


def _open_error(path: Path, error: av.FFmpegError) -> VideoError:
    unreadable = read_error(path, error)
    if unreadable:
        return unreadable
    if isinstance(error, _DAMAGE) or error.errno in _READ_ERRORS:
        if lacks_index(path):
            return CorruptVideoError(
                "The file has no index (moov box): the recording or copy was cut off before "
                "its end. Copy it again, or repair it with a tool such as untrunc."
            )
        return CorruptVideoError(
            "The file begins like a video but its headers are damaged: copy or record it again."
        )
    if error.errno == errno.ENOMEM:
        return CorruptVideoError(
            "The file's headers ask for more memory than there is: they are damaged or forged. "
            "Copy or record it again."
        )
    return UnsupportedVideoError(f"FFmpeg cannot open the file as a video: {error.strerror}.")


def _video_stream(container: InputContainer, path: Path, *, max_pixels: int) -> VideoStream:
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
    check_size(*_coded_size(stream, path), max_pixels=max_pixels)
    if container.format.name == "gif" and stream.frames == 1:
        raise NoVideoError("The file is a GIF picture that does not move: it holds no video.")
    if "mov" in container.format.name:
        refuse_claim(stream.frames, size=container.size)
    # Frames may grow in the middle of a file: FFmpeg refuses those before it decodes them.
    context.options = {"max_pixels": _most_padded_pixels(max_pixels)}
    return stream


def _coded_size(stream: VideoStream, path: Path) -> tuple[int, int]:
    """Return the width and height of the frames, those that FFmpeg would not decode included."""
    width, height = stream.codec_context.width, stream.codec_context.height
    if width and height:
        return width, height
    try:
        with _opened(path, options=_HEADER_ONLY) as header:
            claimed = header.streams[stream.index].codec_context
            return (claimed.width, claimed.height) if claimed else (0, 0)
    except (av.FFmpegError, IndexError):
        return 0, 0


def _most_padded_pixels(max_pixels: int) -> str:
    """Return FFmpeg's own limit: it counts padded rows, hence the room."""
    return str(2 * max_pixels)


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
