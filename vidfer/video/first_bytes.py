"""What a file is, from its first bytes, before any decoder sees it."""

import re
import struct
from typing import Final

from vidfer.video.boxes import is_iso

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

# Pictures and sound, of which none is a video of one frame.
_NOT_VIDEO_MAGIC: Final[tuple[tuple[int, bytes, str], ...]] = (
    (0, b"\xff\xd8\xff", "a JPEG picture"),
    (0, b"\x89PNG", "a PNG picture"),
    (0, b"BM", "a BMP picture"),
    (0, b"II*\x00", "a TIFF picture"),
    (0, b"MM\x00*", "a TIFF picture"),
    (8, b"WEBP", "a WebP picture"),
    *((4, b"ftyp" + brand, "a HEIF picture") for brand in (b"heic", b"heix", b"mif1")),
    (4, b"ftypavif", "an AVIF picture"),
    (4, b"ftypcrx ", "a raw picture"),
    (0, b"ID3", "an MP3 sound file"),
    *(
        (0, b"\xff" + second, "an MP3 sound file")
        for second in (b"\xfb", b"\xfa", b"\xf3", b"\xf2")
    ),
    (8, b"WAVE", "a WAV sound file"),
    (0, b"fLaC", "a FLAC sound file"),
)

# Files that name other files. They are known here for the sentence alone: what is neither video,
# picture nor sound is refused in any case.
_PLAYLISTS: Final = (
    b"#EXTM3U",
    b"ffconcat",
    b"file ",
    b"v=0",
    b"[playlist]",
    b"[Reference]",
    b"<?xml",
    b"<asx",
    b"<MPD",
    b"<smil",
    b"<playlist",
    b"RTSPtext",
)

_OTHER_MAGIC: Final[tuple[tuple[int, bytes, str], ...]] = (
    (0, b"PK\x03\x04", "a ZIP archive"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"7z\xbc\xaf", "a 7-Zip archive"),
    (0, b"Rar!", "a RAR archive"),
    (0, b"%PDF", "a PDF document"),
    (0, b"\x7fELF", "a program"),
    (0, b"MZ", "a program"),
    (0, b"#!", "a script"),
)

_Y4M_SIZE: Final = re.compile(rb"YUV4MPEG2[^\n]*? W(\d{1,9})[^\n]*? H(\d{1,9})")

_PACKET_BYTES_TS: Final = 188
_PACKET_BYTES_M2TS: Final = 192
_SYNC_BYTE_TS: Final = 0x47


def size_in_head(head: bytes) -> tuple[int, int] | None:
    """Return the width and height in pixels that stand at a fixed place in a file's first bytes.

    FFmpeg does not tell how large frames are that it refuses itself: this does, for GIF,
    IVF and YUV4MPEG2. None for other files.
    """
    if head.startswith(b"GIF8"):
        width, height = struct.unpack_from("<HH", head.ljust(10, b"\x00"), 6)
        return width, height
    if head.startswith(b"DKIF"):
        width, height = struct.unpack_from("<HH", head.ljust(16, b"\x00"), 12)
        return width, height
    match = _Y4M_SIZE.match(head)
    return (int(match[1]), int(match[2])) if match else None


def picture_or_sound(head: bytes) -> str | None:
    """Say what picture or sound file begins with `head`; None if none does."""
    return _named(head, _NOT_VIDEO_MAGIC)


def begins_like_video(head: bytes) -> bool:
    """Tell whether `head` is the beginning of a container that can hold video."""
    known = any(head[offset:].startswith(magic) for offset, magic in _VIDEO_MAGIC)
    return known or is_iso(head) or _is_transport_stream(head)


def what_else_it_is(head: bytes) -> str:
    """Say what a file is that begins with `head` and is neither video, picture nor sound."""
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(_PLAYLISTS):
        return (
            "The file is a playlist or script that names other files, whatever its own name says: "
            "vidfer opens none of them. Name the videos themselves."
        )
    kind = _named(head, _OTHER_MAGIC)
    if kind:
        return f"The file is {kind}, whatever its name says: vidfer reads videos only."
    return (
        "The file does not begin like any video container: it is another kind of file "
        "with a video's name, or its beginning is lost."
    )


def _named(head: bytes, kinds: tuple[tuple[int, bytes, str], ...]) -> str | None:
    """Return the first kind by which `head` begins."""
    return next((kind for at, magic, kind in kinds if head[at:].startswith(magic)), None)


def _is_transport_stream(head: bytes) -> bool:
    for first, step in ((0, _PACKET_BYTES_TS), (4, _PACKET_BYTES_M2TS)):
        places = range(first, len(head), step)
        if len(places) > 1 and all(head[i] == _SYNC_BYTE_TS for i in places):
            return True
    return False
