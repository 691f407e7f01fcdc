"""Whether a file is one that a decoder may be started on."""

import os
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
from vidfer.video.first_bytes import begins_like_video, picture_or_sound, what_else_it_is

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


def check_file(path: Path) -> bytes:
    """Refuse what is not a regular file that begins like a video; return its first bytes.

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
    kind = picture_or_sound(head)
    if kind:
        raise NoVideoError(f"The file is {kind}, whatever its name says: it holds no video.")
    if not begins_like_video(head):
        raise UnsupportedVideoError(what_else_it_is(head))
    return head


def _read_head(path: Path) -> bytes:
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            _refuse_closed_folder(path)
        if not stat.S_ISREG(status.st_mode):
            raise NotAFileError(
                "The path is not a regular file (a folder, pipe or device): name a video file."
            )
        if status.st_size == 0:
            return b""  # the system's own files have no size, and reading them may wait for ever
        with path.open("rb") as file:
            return file.read(_HEAD_BYTES)
    except FileNotFoundError as error:
        raise NotAFileError("There is no such file: check the path.") from error
    except OSError as error:
        raise VideoReadError(f"The file cannot be read: {error.strerror}.") from error


def _refuse_closed_folder(path: Path) -> None:
    """Say of a folder that a search met what kept it out."""
    try:
        with os.scandir(path):
            pass
    except OSError as error:
        raise VideoReadError(f"The folder cannot be searched: {error.strerror}.") from error
