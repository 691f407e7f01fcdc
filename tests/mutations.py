"""Damage to bytes, drawn by chance: what a fuzzer does to a healthy file.

A mutation takes bytes and a source of chance and returns other bytes. The same chance gives the
same bytes.
"""

import struct
from collections.abc import Callable, Iterator
from random import Random

Mutation = Callable[[bytes, Random], bytes]

# Numbers at which arithmetic goes wrong.
_EVIL_NUMBERS = (
    0,
    1,
    7,
    8,
    9,
    0xFF,
    0x7FFF,
    0xFFFF,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFE,
    0xFFFFFFFF,
)

# Boxes that hold boxes; the others' bytes are fields and tables.
_NESTING = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"mvex", b"moof", b"traf"}
_TABLES = {b"stts", b"ctts", b"stsz", b"stsc", b"stco", b"stss", b"elst", b"trun", b"tkhd", b"mdhd"}

# By what parts begin in files that have no boxes: Matroska's elements, AVI's chunks, TS packets.
_MARKS = (
    b"\x1f\x43\xb6\x75",
    b"\x1c\x53\xbb\x6b",
    b"\x16\x54\xae\x6b",
    b"\xa3",
    b"00dc",
    b"idx1",
    b"LIST",
    b"strh",
    b"\x47",
)

# Headers and indexes lie at the ends of a file and are small beside the pictures.
_END_BYTES = 1500


def flip_bits(content: bytes, chance: Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.choice((1, 1, 4, 30, 200))):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def flip_bits_at_an_end(content: bytes, chance: Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.choice((1, 2, 8))):
        place = chance.randrange(min(_END_BYTES, len(changed)))
        changed[place if chance.random() < 0.5 else -1 - place] ^= 1 << chance.randrange(8)
    return bytes(changed)


def fill_range_with_garbage(content: bytes, chance: Random) -> bytes:
    start, stop = _range(content, chance)
    return content[:start] + chance.randbytes(stop - start) + content[stop:]


def fill_range_with_zeros(content: bytes, chance: Random) -> bytes:
    start, stop = _range(content, chance)
    return content[:start] + bytes(stop - start) + content[stop:]


def cut_off(content: bytes, chance: Random) -> bytes:
    return content[: chance.randrange(len(content))]


def cut_out(content: bytes, chance: Random) -> bytes:
    start, stop = _range(content, chance)
    return content[:start] + content[stop:]


def swap_chunks(content: bytes, chance: Random) -> bytes:
    a, b, c, d = sorted(chance.randrange(len(content)) for _ in range(4))
    return content[:a] + content[c:d] + content[b:c] + content[a:b] + content[d:]


def double_a_part(content: bytes, chance: Random) -> bytes:
    """Insert a box, an element or a chunk a second time, perhaps elsewhere."""
    parts = list(boxes(content)) or list(_marked_parts(content)) or [(0, len(content))]
    start, stop = chance.choice(parts)
    place = stop if chance.random() < 0.5 else chance.choice(parts)[0]
    return content[:place] + content[start:stop] + content[place:]


def forge_a_size(content: bytes, chance: Random) -> bytes:
    """Write an evil number over the size of a box or over the bytes behind a mark."""
    starts = [start for start, _ in boxes(content)]
    starts = starts or [start + 4 for start, _ in _marked_parts(content)]
    return _forge(content, chance.choice(starts or [0]), chance)


def forge_a_table(content: bytes, chance: Random) -> bytes:
    """Write an evil number into a table of an MP4's index, or into a header elsewhere."""
    tables = [(a, b) for a, b in boxes(content) if content[a + 4 : a + 8] in _TABLES]
    start, stop = chance.choice(tables or [(0, min(_END_BYTES, len(content)))])
    # The first fields say how many others there are.
    fields = range(start + 8, max(start + 9, min(stop, start + 60)), 4)
    return _forge(content, chance.choice(fields), chance)


MUTATIONS: tuple[Mutation, ...] = (
    flip_bits,
    flip_bits_at_an_end,
    fill_range_with_garbage,
    fill_range_with_zeros,
    cut_off,
    cut_out,
    swap_chunks,
    double_a_part,
    forge_a_size,
    forge_a_table,
)


def mutate(content: bytes, chance: Random) -> tuple[bytes, list[str]]:
    """Return bytes after one to three mutations, and the names of these."""
    names = []
    for mutation in chance.choices(MUTATIONS, k=chance.choice((1, 1, 1, 2, 3))):
        if content:
            content = mutation(content, chance)
            names.append(mutation.__name__)
    return content, names


def boxes(content: bytes, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, int]]:
    """Yield where the boxes of an MP4 lie, from their size field on; none in other files."""
    stop = len(content) if stop is None else stop
    while start + 8 <= stop:
        size, kind = struct.unpack_from(">I4s", content, start)
        if size < 8 or start + size > stop or not kind.isalnum():
            return
        yield start, start + size
        if kind in _NESTING:
            yield from boxes(content, start + 8, start + size)
        start += size


def _marked_parts(content: bytes) -> Iterator[tuple[int, int]]:
    for mark in _MARKS:
        place = content.find(mark)
        while place >= 0:
            following = content.find(mark, place + len(mark))
            yield place, following if following >= 0 else len(content)
            place = following


def _range(content: bytes, chance: Random) -> tuple[int, int]:
    length = chance.choice((1, 4, 16, 188, len(content) // 10, len(content) // 3))
    start = chance.randrange(len(content))
    return start, min(len(content), start + max(1, length))


def _forge(content: bytes, place: int, chance: Random) -> bytes:
    number = chance.choice(_EVIL_NUMBERS)
    order = chance.choice((">I", "<I"))
    return (content[:place] + struct.pack(order, number) + content[place + 4 :])[: len(content)]
