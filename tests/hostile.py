"""Files made to mislead: forged tables, bombs, pictures, playlists, references to other files.

`HOSTILE` names each, how it is made from healthy clips, and what must be said of it.
"""

import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import av

from tests.clips import FRAME_MS, ClipFolder, paint_number, steady, write_video
from vidfer.errors import Reason

MANY = 2**31 - 1
_NO_FLAGS = bytes(4)

# The side of a frame that is larger than tests allow, four times over.
LARGE_PX = 8004


@dataclass(frozen=True)
class Hostile:
    """A file's content, the reason why it is refused, and a part of the sentence."""

    make: Callable[[ClipFolder], bytes]
    reason: Reason
    says: str
    name: str = "hostile.mp4"


def box(kind: bytes, *contents: bytes) -> bytes:
    """Return a box of MP4 (ISO/IEC 14496-12, 4.2)."""
    content = b"".join(contents)
    return struct.pack(">I4s", 8 + len(content), kind) + content


def number(value: int) -> bytes:
    return struct.pack(">I", value)


def forged(kind: bytes, place: int, *values: int) -> Callable[[ClipFolder], bytes]:
    """Write numbers into the first box of a kind, counted from behind its type."""

    def make(clips: ClipFolder) -> bytes:
        content = clips.healthy("index_first").path.read_bytes()
        start = content.index(kind) + 4 + place
        filling = b"".join(map(number, values))
        return content[:start] + filling + content[start + len(filling) :]

    return make


def reference_movie(reference: bytes) -> Callable[[ClipFolder], bytes]:
    """Return a file of an index alone, whose pictures are said to be elsewhere."""

    def make(clips: ClipFolder) -> bytes:
        content = clips.healthy("index_first").path.read_bytes()
        end = content.index(b"mdat") - 4
        dref = box(b"dref", _NO_FLAGS, number(1), reference)
        return replaced(content[:end], b"dref", dref)

    return make


def replaced(content: bytes, kind: bytes, by: bytes) -> bytes:
    """Return a file in which the boxes of a kind are others; sizes around them are corrected."""
    parts = []
    start = 0
    while start + 8 <= len(content):
        size, found = struct.unpack_from(">I4s", content, start)
        inner = content[start + 8 : start + size]
        if found == kind:
            parts.append(by)
        elif found in (b"moov", b"trak", b"mdia", b"minf", b"dinf"):
            parts.append(box(found, replaced(inner, kind, by)))
        else:
            parts.append(content[start : start + size])
        start += size
    return b"".join(parts)


def _unfolding_index(clips: ClipFolder) -> bytes:
    packed = zlib.compress(bytes(2**20), 9)
    cmov = box(b"cmov", box(b"dcom", b"zlib"), box(b"cmvd", number(2**30), packed))
    return box(b"ftyp", b"qt  ", _NO_FLAGS) + box(b"moov", cmov)


def _endless_fragment(clips: ClipFolder) -> bytes:
    content = clips.healthy("fragmented").path.read_bytes()
    start = content.index(b"trun") + 4
    return content[:start] + number(0) + number(170_000_000) + content[start + 8 :]


def _large_frames(codec: str, name: str, pixel_format: str) -> Callable[[ClipFolder], bytes]:
    """Return a small file with a frame that is larger than FFmpeg is let decode, too."""

    def make(clips: ClipFolder) -> bytes:
        path = clips.path(name)
        with av.open(str(path), "w") as container:
            stream = container.add_stream(codec, rate=25, options={"preset": "ultrafast"})
            frame = av.VideoFrame(LARGE_PX, LARGE_PX, pixel_format)
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            stream.width, stream.height, stream.pix_fmt = LARGE_PX, LARGE_PX, pixel_format
            container.mux([*stream.encode(frame), *stream.encode(None)])
        return path.read_bytes()

    return make


def _large_gif(clips: ClipFolder) -> bytes:
    content = clips.healthy("gif").path.read_bytes()
    return content[:6] + b"\xff" * 4 + content[10:]


def _still_gif(clips: ClipFolder) -> bytes:
    how: Mapping[str, Any] = dict(codec="gif", options={}, pixel_format="rgb8")
    folder = clips.path(".")
    return write_video(folder, name="still.gif", stamps_ms=steady(1), **how).path.read_bytes()


def _picture(codec: str, pixel_format: str) -> Callable[[ClipFolder], bytes]:
    def make(clips: ClipFolder) -> bytes:
        encoder = av.CodecContext.create(codec, "w")
        frame = av.VideoFrame.from_ndarray(paint_number(1), "rgb24").reformat(format=pixel_format)
        encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, pixel_format
        encoder.time_base = Fraction(FRAME_MS, 1000)
        return bytes([*encoder.encode(frame), *encoder.encode(None)][0])

    return make


def _text(text: str) -> Callable[[ClipFolder], bytes]:
    return lambda clips: text.encode()


def _bytes(content: bytes) -> Callable[[ClipFolder], bytes]:
    return lambda clips: content


def _heif(brand: bytes) -> Callable[[ClipFolder], bytes]:
    return _bytes(box(b"ftyp", brand, _NO_FLAGS, b"mif1") + box(b"meta", bytes(200)))


PLAYLISTS: dict[str, str] = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:4,\n{target}\n#EXT-X-ENDLIST\n",
    "hls_behind_a_mark": "\ufeff#EXTM3U\n#EXTINF:4,\n{target}\n#EXT-X-ENDLIST\n",
    "ffconcat": "ffconcat version 1.0\nfile '{target}'\n",
    "file_list": "file '{target}'\n",
    "dash": '<?xml version="1.0"?><MPD type="static"><BaseURL>{target}</BaseURL></MPD>',
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
    "pls": "[playlist]\nFile1={target}\n",
    "asx": '<asx version="3.0"><entry><ref href="{target}"/></entry></asx>',
    "smil": '<smil><body><video src="{target}"/></body></smil>',
}

HOSTILE: dict[str, Hostile] = {
    # Tables that claim what the file cannot hold.
    "frames_in_stts": Hostile(forged(b"stts", 8, MANY), "corrupt", "2,147,483,647 frames"),
    "frames_in_stsz": Hostile(forged(b"stsz", 4, 1, MANY), "corrupt", "2,147,483,647 frames"),
    "frames_in_fragment": Hostile(_endless_fragment, "corrupt", "damaged"),
    "chunks_in_stsc": Hostile(forged(b"stsc", 4, MANY), "corrupt", "damaged"),
    "unfolding_index": Hostile(_unfolding_index, "corrupt", "1,073,741,824 bytes"),
    # Frames that are too large.
    **{
        f"large_{codec}{ending}": Hostile(
            _large_frames(codec, f"large{ending}", pixel_format), "too_large", "8004x8004"
        )
        for codec, ending, pixel_format in (
            ("libx264", ".mp4", "yuv420p"),
            ("libx264", ".ts", "yuv420p"),
            ("libx264", ".mkv", "yuv420p"),
            ("mjpeg", ".avi", "yuvj420p"),
        )
    },
    "large_gif": Hostile(_large_gif, "too_large", "65535x65535"),
    "large_ivf": Hostile(
        _bytes(b"DKIF" + struct.pack("<HH4sHHIIII", 0, 32, b"VP80", 16001, 16001, 25, 1, 9, 0)),
        "too_large",
        "16001x16001",
    ),
    "large_y4m": Hostile(
        _bytes(b"YUV4MPEG2 W20001 H20001 F25:1 Ip A1:1 C420jpeg\nFRAME\n" + bytes(500)),
        "too_large",
        "20001x20001",
    ),
    # Pictures are no videos of one frame.
    "still_gif": Hostile(_still_gif, "no_video", "does not move"),
    "png": Hostile(_picture("png", "rgb24"), "no_video", "PNG"),
    "bmp": Hostile(_picture("bmp", "bgr24"), "no_video", "BMP"),
    "tiff": Hostile(_picture("tiff", "rgb24"), "no_video", "TIFF"),
    "webp": Hostile(_bytes(b"RIFF\x10\x00\x00\x00WEBPVP8 " + bytes(20)), "no_video", "WebP"),
    "heic": Hostile(_heif(b"heic"), "no_video", "HEIF"),
    "avif": Hostile(_heif(b"avif"), "no_video", "AVIF"),
    "mp3_with_tag": Hostile(_bytes(b"ID3\x04" + bytes(500)), "no_video", "MP3"),
    "mp3": Hostile(_bytes(b"\xff\xfb\x90\x00" * 500), "no_video", "MP3"),
    "flac": Hostile(_bytes(b"fLaC" + bytes(500)), "no_video", "FLAC"),
    # Other kinds of files.
    "zip": Hostile(_bytes(b"PK\x03\x04" + bytes(500)), "unsupported", "ZIP archive"),
    "pdf": Hostile(_bytes(b"%PDF-1.7\n" + bytes(500)), "unsupported", "PDF document"),
    "program": Hostile(_bytes(b"\x7fELF" + bytes(500)), "unsupported", "a program"),
    "shell_script": Hostile(_text("#!/bin/sh\nexit 1\n"), "unsupported", "a script"),
    "avisynth": Hostile(
        _text('DirectShowSource("x.mp4")\n'), "unsupported", "another kind", "hostile.avs"
    ),
    # References to pictures elsewhere.
    "refers_to_a_place": Hostile(
        reference_movie(box(b"url ", _NO_FLAGS, b"file:///etc/hostname\0")),
        "unsupported",
        "another file",
    ),
    "refers_to_an_address": Hostile(
        reference_movie(box(b"url ", _NO_FLAGS, b"http://127.0.0.1:9/x.mp4\0")),
        "unsupported",
        "another file",
    ),
    **{
        kind: Hostile(_text(text.format(target="/etc/hostname")), "unsupported", "playlist")
        for kind, text in PLAYLISTS.items()
    },
}


def write_hostile(kind: str, clips: ClipFolder, folder: Path) -> Path:
    """Write a hostile file."""
    path = folder / HOSTILE[kind].name
    path.write_bytes(_content(kind, clips))
    return path


@cache
def _content(kind: str, clips: ClipFolder) -> bytes:
    return HOSTILE[kind].make(clips)
