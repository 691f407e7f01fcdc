"""A checksum of a whole Parquet file, kept within the file itself.

Parquet's own page checksums cover the pages' contents. Neither the pages' headers nor the
footer, with all metadata and statistics, are covered by anything. The seal is BLAKE2b over
every byte of the file, in which the seal's own place counts as zeros; so it travels with the
file, needs no second one beside it, and readers that do not know it see one more entry of
metadata.
"""

import hashlib
import os
from pathlib import Path
from typing import BinaryIO, Final

_KEY: Final = b"vidfer.seal"
_DIGEST_BYTES: Final = 16
_BLANK: Final = b"0" * (2 * _DIGEST_BYTES)

# What a writer adds as the last of its metadata, to be replaced by `seal`.
BLANK_SEAL: Final = {_KEY.decode(): _BLANK.decode()}

# Between key and value in Thrift's compact protocol: "next field, a string" and its length.
_BETWEEN: Final = bytes([0x18, len(_BLANK)])

# The footer's length and "PAR1" end every Parquet file.
_END_BYTES: Final = 8
_MAGIC: Final = b"PAR1"
_READ_BYTES: Final = 2**20


def seal(path: Path) -> None:
    """Replace the blank seal of a Parquet file that is written completely.

    Raises:
        OSError: it cannot be read or written.
        ValueError: it holds no blank seal.
    """
    with path.open("r+b") as file:
        place = _place(file)
        if place is None:
            raise ValueError(f"{path} holds no {_KEY.decode()}")
        digest = _digest(file, place)
        file.seek(place)
        file.write(digest)


def fault_of_seal(path: Path) -> str | None:
    """Say what is wrong with a sealed file's bytes; None if they are those that were written.

    No parser sees the file before its bytes are known to be right.
    """
    try:
        with path.open("rb") as file:
            return _fault(file)
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror})"


def _fault(file: BinaryIO) -> str | None:
    size = file.seek(0, os.SEEK_END)
    if size == 0:
        return "is empty (0 bytes)"
    file.seek(max(0, size - len(_MAGIC)))
    if file.read() != _MAGIC:
        return "is cut off, or no Parquet file"
    place = _place(file)
    if place is None:
        return "is altered, or not of vidfer's making: it carries no seal"
    file.seek(place)
    if file.read(len(_BLANK)) != _digest(file, place):
        return "is altered: its bytes are not those that were written"
    return None


def _place(file: BinaryIO) -> int | None:
    """Return where the seal's value stands; None where there is none."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _END_BYTES))
    footer_bytes = int.from_bytes(file.read(4), "little")
    start = size - _END_BYTES - footer_bytes
    if start < len(_MAGIC):
        return None
    file.seek(start)
    footer = file.read(footer_bytes)
    # The last one: a video's name, which stands before it, may spell out anything.
    found = footer.rfind(_KEY + _BETWEEN)
    value = found + len(_KEY + _BETWEEN)
    if found < 0 or value + len(_BLANK) > footer_bytes:
        return None
    return start + value


def _digest(file: BinaryIO, place: int) -> bytes:
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    file.seek(0)
    before = place
    while before and (block := file.read(min(_READ_BYTES, before))):
        digest.update(block)
        before -= len(block)
    digest.update(_BLANK)
    file.seek(place + len(_BLANK))
    while block := file.read(_READ_BYTES):
        digest.update(block)
    return digest.hexdigest().encode()
