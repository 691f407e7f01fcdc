"""MP4's and MOV's boxes (ISO/IEC 14496-12, 4.2), as far as they are judged before decoding."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

from vidfer.errors import CorruptVideoError, UnsupportedVideoError

# Boxes with which a file begins: their size, then their kind. Only `mdat` may be larger than
# half a gigabyte, so that text such as "The free ..." is none.
_FIRST_BOXES: Final = frozenset({b"ftyp", b"moov", b"free", b"skip", b"wide", b"pnot", b"styp"})
_MOST_BOX_BYTES: Final = 2**29
_HEADER_BYTES: Final = 8

# Boxes that hold boxes, on the way to what is looked at.
_NESTING: Final = frozenset(
    {b"moov", b"trak", b"mdia", b"minf", b"dinf", b"stbl", b"cmov"},
)
_HOLDS_PICTURES: Final = frozenset({b"mdat", b"moof"})

# Healthy files have some dozen; whoever packs in millions gets no more of our time.
_MOST_BOXES: Final = 10_000

# Nor do they nest deeper than moov, trak, mdia, minf, stbl; forged ones may, by the thousand.
_MOST_DEPTH: Final = 8

# An index of ten hours takes some 20 MB; a compressed one may not unfold to more than this.
_MOST_INDEX_BYTES: Final = 2**28

# References to places (`url `, `urn `, `alis`) say with this flag that they mean the file itself.
_SELF_CONTAINED: Final = 1
_FLAGS_BYTES: Final = 4


def is_iso(head: bytes) -> bool:
    """Tell whether a file that begins with `head` is MP4 or MOV."""
    size, kind = int.from_bytes(head[:4], "big"), head[4:_HEADER_BYTES]
    return kind == b"mdat" or (kind in _FIRST_BOXES and size < _MOST_BOX_BYTES)


def lacks_index(path: Path) -> bool:
    """Tell whether an MP4 or MOV file has no `moov` box, as recordings that were cut off."""
    with path.open("rb") as file:
        if not is_iso(file.read(_HEADER_BYTES)):
            return False
        boxes = islice(_boxes(file, 0, path.stat().st_size), _MOST_BOXES)
        return all(box.kind != b"moov" for box in boxes)


def check_index(path: Path) -> None:
    """Refuse an MP4 or MOV whose index claims what the file cannot hold.

    FFmpeg believes such claims: it unfolds a compressed index of a megabyte to a gigabyte.

    Raises:
        CorruptVideoError: more frames than bytes, or an index that unfolds without measure.
        UnsupportedVideoError: only an index, whose pictures are in another file.
        OSError: the file cannot be read.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        if not is_iso(file.read(_HEADER_BYTES)):
            return
        found = _look_through(file, size)
    for count in found.frames:
        refuse_claim(count, size=size)
    if found.unfolded_bytes > _MOST_INDEX_BYTES:
        raise CorruptVideoError(
            f"The file's compressed index claims to unfold to {found.unfolded_bytes:,} bytes, more "
            "than any video needs: the file is damaged or forged."
        )
    if found.refers_elsewhere and not found.holds_pictures:
        raise UnsupportedVideoError(
            "The file only refers to pictures in another file, which vidfer never opens: name "
            "that file instead."
        )


def refuse_claim(frames: int, *, size: int) -> None:
    """Refuse a count of frames that a file of `size` bytes cannot hold.

    Raises:
        CorruptVideoError: there are more frames than bytes.
    """
    if frames > size:
        raise CorruptVideoError(
            f"The file's index claims {frames:,} frames, more than its {size:,} bytes can hold: "
            "it is damaged or forged. Copy or record it again."
        )


@dataclass
class _Findings:
    """What the index claims: frames of each video track, and the size of a compressed index."""

    frames: list[int] = field(default_factory=list)
    unfolded_bytes: int = 0
    refers_elsewhere: bool = False
    holds_pictures: bool = False


@dataclass(frozen=True)
class _Box:
    kind: bytes
    start: int
    end: int


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[_Box]:
    """Yield the boxes between two places, without reading what they hold."""
    while start + _HEADER_BYTES <= end:
        file.seek(start)
        header = file.read(16)
        size, kind, skipped = int.from_bytes(header[:4], "big"), header[4:8], _HEADER_BYTES
        if size == 1:
            size, skipped = int.from_bytes(header[8:], "big"), 16
        elif size == 0:
            size = end - start
        if size < skipped:
            return
        yield _Box(kind, start + skipped, min(start + size, end))
        start += size


def _look_through(file: BinaryIO, size: int) -> _Findings:
    found = _Findings()
    index: _Box | None = None
    for box in islice(_boxes(file, 0, size), _MOST_BOXES):
        found.holds_pictures = found.holds_pictures or box.kind in _HOLDS_PICTURES
        index = index or (box if box.kind == b"moov" else None)
        if index and found.holds_pictures:
            break
    if index:
        _look_into(file, index, found, is_video=False, depth=_MOST_DEPTH)
    return found


def _look_into(file: BinaryIO, box: _Box, found: _Findings, *, is_video: bool, depth: int) -> None:
    """Note what the boxes of a track or of the whole index claim, `depth` boxes deep."""
    for inner in islice(_boxes(file, box.start, box.end), _MOST_BOXES):
        file.seek(inner.start)
        head = file.read(min(16, inner.end - inner.start))
        if inner.kind == b"hdlr":
            is_video = head[8:12] == b"vide"
        elif inner.kind == b"stsz" and is_video and int.from_bytes(head[4:8], "big"):
            # Frames of one size have no table whose length would bound their count.
            found.frames.append(int.from_bytes(head[8:12], "big"))
        elif inner.kind == b"cmvd":
            found.unfolded_bytes = int.from_bytes(head[:4], "big")
        elif inner.kind == b"dref" and is_video:
            found.refers_elsewhere = _refers_elsewhere(file, inner)
        elif inner.kind in _NESTING and depth:
            _look_into(file, inner, found, is_video=is_video, depth=depth - 1)


def _refers_elsewhere(file: BinaryIO, box: _Box) -> bool:
    for reference in islice(_boxes(file, box.start + 8, box.end), _MOST_BOXES):
        file.seek(reference.start)
        flags = int.from_bytes(file.read(_FLAGS_BYTES), "big")
        names_a_place = reference.end - reference.start > _FLAGS_BYTES
        if names_a_place and not flags & _SELF_CONTAINED:
            return True
    return False
