"""Files that are either complete or not there."""

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from vidfer.errors import OutputError

_TEMPORARY_SUFFIX: Final = ".partial"

# File systems take names of 255 bytes; a suffix and another hidden name's must fit in.
_MOST_NAME_BYTES: Final = 200
_KEPT_BYTES: Final = 180


def temporary_path(path: Path) -> Path:
    """Return where `path` is written until it is complete: hidden, beside it, no .parquet.

    The name is the same for every attempt, so that what a killed run left behind is
    overwritten.
    """
    return hidden_path(path, suffix=_TEMPORARY_SUFFIX)


def hidden_path(path: Path, *, suffix: str) -> Path:
    """Return the path of a hidden file beside `path`, another one for every name and suffix."""
    name = path.name
    encoded = os.fsencode(name)
    if len(encoded) > _MOST_NAME_BYTES:
        digest = hashlib.blake2b(encoded, digest_size=6).hexdigest()
        name = f"{encoded[:_KEPT_BYTES].decode('utf-8', 'ignore')}-{digest}"
    return path.with_name(f".{name}{suffix}")


def hidden_file(path: Path) -> Path:
    """Make the empty hidden file that `path` is written to, and return where it is.

    It is never more open than a new file of this user, nor than the one that it will replace.

    Raises:
        OutputError: the file system refuses.
    """
    temporary = temporary_path(path)
    with writing(path):
        temporary.unlink(missing_ok=True)
        try:
            mode = path.stat().st_mode & 0o666
        except FileNotFoundError:
            mode = 0o666
        # Exclusive: a link that lies there is not followed.
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
    return temporary


def publish(temporary: Path, path: Path) -> None:
    """Make a fully written temporary file visible under its name, surviving power loss.

    Raises:
        OutputError: the file system refuses.
    """
    with writing(path):
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
        _settle(path.parent)


def remove(path: Path) -> bool:
    """Remove a file so that it stays removed after a power cut; return whether it was there.

    Raises:
        OutputError: the file system refuses.
    """
    with writing(path):
        try:
            path.unlink()
        except (FileNotFoundError, NotADirectoryError):
            return False
        _settle(path.parent)
        return True


def _settle(folder: Path) -> None:
    """Bring a folder's entries to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def replacing(*paths: Path) -> Iterator[list[Path]]:
    """Give a hidden file beside each path to write to; after the block they become `paths`.

    They are renamed in the order of `paths`, and only if the block ended well. What was
    there before stays whole until then.

    Raises:
        OutputError: the file system refuses.
    """
    temporaries = [temporary_path(path) for path in paths]
    try:
        for path in paths:
            hidden_file(path)
        with writing(paths[0]):
            yield temporaries
        for temporary, path in zip(temporaries, paths):
            publish(temporary, path)
    finally:
        for temporary in temporaries:
            temporary.unlink(missing_ok=True)


def make_folder(path: Path) -> None:
    """Make a folder and its parents.

    Raises:
        OutputError: it cannot be made.
    """
    with writing(path):
        path.mkdir(parents=True, exist_ok=True)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what the file system refuses while `path` is written into one clear sentence.

    Raises:
        OutputError: an operating system's error came up in the block.
    """
    try:
        yield
    except OSError as error:
        raise _output_error(path, error) from error


def _output_error(path: Path, error: OSError) -> OutputError:
    if error.errno == errno.ENOSPC:
        return OutputError(
            f"The disk is full: {path} could not be written. Make room and run the same "
            "command again; what is finished is kept."
        )
    return OutputError(
        f"{path} cannot be written ({error.strerror or error}): choose another output with -o."
    )
