"""What a file is, from its name and first bytes, before any decoder sees it."""

import stat
from pathlib import Path
from typing import Final

from vidfer.errors import (
    CorruptVideoError,
    NotAFileError,
    NoVideoError,
    UnsupportedVideoError,
    VideoReadError,
)

# A folder gives its files with one of these endings; a file that is named is always tried.
VIDEO_SUFFIXES: Final = frozenset(
    {
        ".mp4",
        ".m4v",
        ".mov",
        ".qt",
        ".mkv",
        ".webm",
        ".avi",
        ".mpg",
        ".mpeg",
        ".m2v",
        ".ts",
        ".mts",
        ".m2ts",
        ".wmv",
        ".asf",
        ".flv",
        ".f4v",
        ".ogv",
        ".ogg",
        ".3gp",
        ".3g2",
        ".mxf",
        ".vob",
        ".gif",
        ".h264",
        ".264",
        ".hevc",
        ".h265",
        ".265",
        ".ivf",
        ".y4m",
        ".dv",
        ".divx",
        ".rm",
        ".rmvb",
        ".nut",
    }
)

_HEAD_BYTES: Final = 400

# ISO containers (MP4, MOV) begin with a box: its size, then its kind. Only `mdat` may be
# larger than half a gigabyte, so that text such as "The free ..." is none.
_ISO_BOXES: Final = frozenset({b"ftyp", b"moov", b"free", b"skip", b"wide", b"pnot", b"styp"})
_MOST_BOX_BYTES: Final = 2**29
_BOX_HEADER_BYTES: Final = 8

# Offset and bytes by which containers that can hold video begin.
_VIDEO_MAGIC: Final[tuple[tuple[int, bytes], ...]] = (
    (0, b"\x1aE\xdf\xa3"),  # Matroska, WebM
    (8, b"AVI "),
    (8, b"AVIX"),
    (0, b"FLV\x01"),
    (0, b"0&\xb2u\x8ef\xcf\x11"),  # ASF, WMV
    (0, b"\x00\x00\x01\xba"),  # MPEG program stream, VOB
    (0, b"\x00\x00\x01\xb3"),  # MPEG-1/2 elementary stream
    (0, b"\x00\x00\x00\x01"),  # H.264, H.265 elementary streams
    (0, b"\x00\x00\x01"),
    (0, b"OggS"),
    (0, b"GIF8"),
    (0, b"\x06\x0e+4"),  # MXF
    (0, b"DKIF"),  # IVF
    (0, b"YUV4MPEG2"),
    (0, b"\x1f\x07\x00"),  # DV
    (0, b".RMF"),
    (0, b"nut/multimedia container"),
)

_NOT_VIDEO_MAGIC: Final[tuple[tuple[int, bytes, str], ...]] = (
    (0, b"\xff\xd8\xff", "a JPEG picture"),
    (0, b"\x89PNG", "a PNG picture"),
    (8, b"WEBP", "a WebP picture"),
    (0, b"ID3", "an MP3 sound file"),
    (0, b"\xff\xfb", "an MP3 sound file"),
    (8, b"WAVE", "a WAV sound file"),
    (0, b"fLaC", "a FLAC sound file"),
)

_PACKET_BYTES_TS: Final = 188
_PACKET_BYTES_M2TS: Final = 192
_SYNC_BYTE_TS: Final = 0x47


def check_file(path: Path) -> None:
    """Refuse what is not a regular file that begins like a video.

    Raises:
        NotAFileError: missing, a folder, a pipe, a device.
        VideoReadError: the operating system could not read it.
        CorruptVideoError: the file is empty.
        NoVideoError: it is a picture or a sound file.
        UnsupportedVideoError: it begins like no video container that vidfer reads.
    """
    head = _read_head(path)
    if not head:
        raise CorruptVideoError("The file is empty (0 bytes): copy or record it again.")
    for offset, magic, kind in _NOT_VIDEO_MAGIC:
        if head[offset:].startswith(magic):
            raise NoVideoError(f"The file is {kind}, whatever its name says: it holds no video.")
    known = any(head[offset:].startswith(magic) for offset, magic in _VIDEO_MAGIC)
    if not known and not is_iso(head) and not _is_transport_stream(head):
        raise UnsupportedVideoError(
            "The file does not begin like any video container: it is another kind of file "
            "with a video's name, or its beginning is lost."
        )


def _read_head(path: Path) -> bytes:
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise NotAFileError(
                "The path is not a regular file (a folder, pipe or device): name a video file."
            )
        with path.open("rb") as file:
            return file.read(_HEAD_BYTES)
    except FileNotFoundError as error:
        raise NotAFileError("There is no such file: check the path.") from error
    except OSError as error:
        raise VideoReadError(f"The file cannot be read: {error.strerror}.") from error


def _is_transport_stream(head: bytes) -> bool:
    for first, step in ((0, _PACKET_BYTES_TS), (4, _PACKET_BYTES_M2TS)):
        places = range(first, len(head), step)
        if len(places) > 1 and all(head[i] == _SYNC_BYTE_TS for i in places):
            return True
    return False


def is_iso(head: bytes) -> bool:
    """Tell whether a file that begins with `head` is MP4 or MOV."""
    size, kind = int.from_bytes(head[:4], "big"), head[4:_BOX_HEADER_BYTES]
    return kind == b"mdat" or (kind in _ISO_BOXES and size < _MOST_BOX_BYTES)


def lacks_index(path: Path) -> bool:
    """Tell whether an MP4 or MOV file has no `moov` box, as recordings that were cut off.

    Walks the top-level boxes (ISO/IEC 14496-12, 4.2) without reading what they hold.
    """
    end = path.stat().st_size
    with path.open("rb") as file:
        if not is_iso(file.read(_BOX_HEADER_BYTES)):
            return False
        position = 0
        while position + _BOX_HEADER_BYTES <= end:
            file.seek(position)
            header = file.read(16)
            size, kind = int.from_bytes(header[:4], "big"), header[4:8]
            if kind == b"moov":
                return False
            if size == 1:
                size = int.from_bytes(header[8:16], "big")
            if size < _BOX_HEADER_BYTES:
                break
            position += size
    return True
