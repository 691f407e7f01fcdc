"""One writer at a time for an output folder."""

import errno
import fcntl
import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from vidfer.atomic import make_folder, writing
from vidfer.errors import OutputError

LOCK_NAME: Final = ".vidfer.lock"

# A file system that has no locks says one of these. A week's run there is worth more than
# the watch over a second one: the documentation promises none.
_NO_LOCKS: Final = frozenset({errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK})

# More than a note ever takes; the file may hold anything.
_MOST_NOTE_BYTES: Final = 4096


@contextmanager
def sole_writer(output: Path) -> Iterator[None]:
    """Hold an output folder for the block, making it if needed.

    The operating system lets go of the lock when its process ends in whatever way. The file
    is removed at the end, and so is a folder that was made for it and is still empty.

    Raises:
        OutputError: another process holds it, or it cannot be written.
    """
    with writing(output):
        was_there = output.is_dir()
    make_folder(output)
    path = output / LOCK_NAME
    with writing(output):
        descriptor = _acquire(path)
    try:
        yield
    finally:
        with suppress(OSError):
            path.unlink()
        os.close(descriptor)
        if not was_there:
            with suppress(OSError):
                output.rmdir()


def refuse_if_held(output: Path) -> None:
    """Refuse to go on while another process writes into an output folder.

    Raises:
        OutputError: one does.
    """
    with suppress(FileNotFoundError, PermissionError):
        descriptor = os.open(output / LOCK_NAME, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            _lock(descriptor, fcntl.LOCK_SH, output)
        finally:
            os.close(descriptor)


def _acquire(path: Path) -> int:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
        try:
            _lock(descriptor, fcntl.LOCK_EX, path.parent)
            if _is_there(path, descriptor):
                _leave_note(descriptor)
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        # Its holder removed it between our opening and our locking it.
        os.close(descriptor)


def _lock(descriptor: int, kind: int, output: Path) -> None:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise OutputError(
            f"{output} is being written by {_holder(descriptor)}: wait for it, or stop it first."
        ) from error
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise


def _is_there(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _leave_note(descriptor: int) -> None:
    since = datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
    note = {"process": os.getpid(), "host": platform.node(), "since": since}
    # It only informs: what a full disk refuses here will be said where it matters.
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(note).encode(), 0)


def _holder(descriptor: int) -> str:
    try:
        note = json.loads(os.pread(descriptor, _MOST_NOTE_BYTES, 0))
        text = f"process {int(note['process'])} on {note['host']} since {note['since']}"
    except (OSError, ValueError, TypeError, KeyError):
        return "another process"
    return "".join(sign for sign in text if sign.isprintable())
