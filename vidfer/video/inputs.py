"""From what the user names to a list of videos with names of their own."""

import glob
import hashlib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vidfer.video.files import VIDEO_SUFFIXES

# A file name may take 255 bytes; ".parquet", a dot and a temporary suffix come on top.
_MOST_NAME_BYTES: Final = 200


@dataclass(frozen=True)
class InputVideo:
    """A video to analyse.

    path: where it is, absolute.
    below: its path below the input that gave it, forward slashes.
    is_other: it is a file of another kind in a folder, to be passed over.
    """

    path: Path
    below: str
    is_other: bool = False


@dataclass(frozen=True)
class FoundInputs:
    """The videos of all inputs, each once, and how many other files folders held."""

    videos: list[InputVideo]
    passed_over: int


def find_videos(inputs: Sequence[str | Path], *, exclude: Path) -> FoundInputs:
    """Expand files, folders (recursively) and glob patterns, in their order.

    A path that does not exist is kept, so that it is reported as a failure of its own.
    Hidden files and everything below `exclude` are passed over without being counted.
    """
    found: dict[Path, InputVideo] = {}
    passed_over = 0
    for one in inputs:
        for video in _expand(Path(one)):
            if _is_below(video.path, exclude):
                continue
            if video.is_other:
                passed_over += 1
            else:
                found.setdefault(video.path, video)
    return FoundInputs(videos=list(found.values()), passed_over=passed_over)


def _expand(one: Path) -> Iterable[InputVideo]:
    """Yield the videos that one input means, and the other files of a folder as such."""
    if one.is_dir():
        yield from _folder(one)
    elif not os.path.lexists(one) and glob.has_magic(str(one)):
        yield from _pattern(one)
    else:
        yield InputVideo(path=_absolute(one), below=one.name)


def _folder(folder: Path) -> Iterable[InputVideo]:
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.startswith("."):
                continue
            yield _found(Path(place, name), base=folder)


def _pattern(pattern: Path) -> Iterable[InputVideo]:
    """Yield a pattern's matches, named by their path below its fixed part."""
    fixed = list(pattern.parts)
    while fixed and any(glob.has_magic(part) for part in fixed):
        fixed.pop()
    base = Path(*fixed) if fixed else Path()
    matches = sorted(Path(match) for match in glob.glob(str(pattern), recursive=True))
    if not matches:
        yield InputVideo(path=_absolute(pattern), below=pattern.name)
    for match in matches:
        if not match.is_dir():
            yield _found(match, base=base)


def _found(path: Path, *, base: Path) -> InputVideo:
    return InputVideo(
        path=_absolute(path),
        below=path.relative_to(base).as_posix(),
        is_other=path.suffix.lower() not in VIDEO_SUFFIXES,
    )


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))


def _is_below(path: Path, folder: Path) -> bool:
    return _absolute(folder) in path.parents


def name_videos(
    videos: Sequence[InputVideo], *, known: Mapping[str, str]
) -> list[tuple[str, InputVideo]]:
    """Give each video a name that no other has.

    A name is the path below the input; where two collide, folders above are put before
    it until they differ. `known` maps the paths of earlier runs to their names, which
    are kept, so that a second run finds its results again.
    """
    taken = {name: path for path, name in known.items()}
    named = []
    for video in videos:
        path = printable(str(video.path))
        name = known.get(path) or _free_name(video, taken)
        taken[name] = path
        named.append((name, video))
    return named


def _free_name(video: InputVideo, taken: Mapping[str, str]) -> str:
    parts = video.path.parts
    depth = len(Path(video.below).parts)
    for length in range(depth, len(parts)):
        name = printable("/".join(parts[-length:]))
        if name not in taken:
            return name
    return printable(video.below) + "-" + _short_hash(str(video.path))


def printable(text: str) -> str:
    """Return a path as valid Unicode; bytes that are not UTF-8 become hexadecimal escapes.

    A path with such bytes, or one that spells out such an escape, has its own backslashes
    doubled, so that no two paths look the same.
    """
    encoded = os.fsencode(text)
    shown = encoded.decode("utf-8", "backslashreplace")
    if re.search(r"\\x[0-9a-f]{2}", shown):
        return encoded.replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace")
    return shown


def timeline_name(video: str) -> str:
    """Return the path of a video's timeline below OUT/timeline.

    It is the video's name with `.parquet` added; parts too long for a file system are
    cut and told apart by a hash.
    """
    parts = [_fitting(part) for part in video.split("/")]
    return "/".join(parts) + ".parquet"


def _fitting(part: str) -> str:
    encoded = part.encode()
    if len(encoded) <= _MOST_NAME_BYTES and part not in ("", ".", ".."):
        return part
    kept = encoded[: _MOST_NAME_BYTES - 20].decode("utf-8", "ignore")
    return f"{kept}-{_short_hash(part)}"


def _short_hash(text: str) -> str:
    return hashlib.blake2b(os.fsencode(text), digest_size=6).hexdigest()
