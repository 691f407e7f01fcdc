"""From what the user names to a list of videos with names of their own."""

import glob
import hashlib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from vidfer.errors import UsageError
from vidfer.video.files import VIDEO_SUFFIXES

# A file name may take 255 bytes; ".parquet", a dot and a temporary suffix come on top.
_MOST_NAME_BYTES: Final = 200

# What FFmpeg would take for a protocol: an address with a scheme, or one of its own without. A
# slash may have been lost where the address has passed through a Path.
_ADDRESS: Final = re.compile(
    r"[A-Za-z][A-Za-z0-9.+-]+:/"
    r"|(async|cache|concatf?|crypto|data|fd|file|ftp|https?|md5|pipe|rtmp|rtp|rtsp|srt|subfile|tcp|"
    r"tee|udp|unix)(\+\w+)?[:,]",
    re.IGNORECASE,
)

# Signs of an address that are shown.
_MOST_SHOWN: Final = 100

Kind = Literal["video", "other", "link"]


@dataclass(frozen=True)
class InputVideo:
    """A video to analyse.

    path: where it is, absolute.
    below: its path below the input that gave it, forward slashes.
    kind: what a folder holds besides videos is passed over: files of another kind, and
        links that lead out of it.
    """

    path: Path
    below: str
    kind: Kind = "video"


@dataclass(frozen=True)
class FoundInputs:
    """The videos of all inputs, each once.

    passed_over: how many other files folders held.
    links_out: how many links, to files or folders, led out of the folders that were searched.
    """

    videos: list[InputVideo]
    passed_over: int
    links_out: int = 0


def find_videos(inputs: Sequence[str | Path], *, exclude: Path) -> FoundInputs:
    """Expand files, folders (recursively) and glob patterns, in their order.

    A path that does not exist, or a folder that cannot be searched, is kept, so that it is
    reported as a failure of its own. Hidden files and everything below `exclude` are passed
    over without being counted. A link that is named, itself or by a pattern, is followed; of
    those that a search meets, only links to files of the same folder are.

    Raises:
        UsageError: an input is an address and no path.
    """
    found: dict[tuple[Kind, Path], InputVideo] = {}
    for one in inputs:
        for video in _expand(Path(one)):
            if not _is_below(video.path, exclude):
                found.setdefault((video.kind, video.path), video)
    kinds = [kind for kind, _ in found]
    return FoundInputs(
        videos=[video for video in found.values() if video.kind == "video"],
        passed_over=kinds.count("other"),
        links_out=kinds.count("link"),
    )


def _expand(one: Path) -> Iterable[InputVideo]:
    """Yield the videos that one input means, and as such what else a folder holds."""
    if os.path.isdir(one):
        yield from _folder(one)
    elif os.path.lexists(one):
        yield InputVideo(path=_absolute(one), below=one.name)
    elif is_address(one):
        raise UsageError(
            f"{_without_secrets(str(one))} is an address: vidfer reads files of this machine only, "
            "so download it first and name the file."
        )
    elif glob.has_magic(str(one)):
        yield from _pattern(one)
    else:
        yield InputVideo(path=_absolute(one), below=one.name)


def is_address(path: Path) -> bool:
    """Tell whether a path that does not exist looks like an address or a protocol of FFmpeg."""
    return not os.path.lexists(path) and _ADDRESS.match(str(path)) is not None


def _without_secrets(address: str) -> str:
    """Return an address without passwords and signatures, on one line and not too long."""
    plain = re.sub(r"/[^/@]*@", "/", re.split(r"[?#]", address)[0])
    return repr(printable(plain)[:_MOST_SHOWN])


def _folder(folder: Path) -> Iterable[InputVideo]:
    root = os.path.realpath(folder)
    closed: list[OSError] = []
    for place, folders, names in os.walk(folder, onerror=closed.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in folders:
            # They are not searched: what is inside is found where it is.
            if _leads_out(Path(place, name), root):
                yield _found(Path(place, name), base=folder, kind="link")
        for name in sorted(names):
            if not name.startswith("."):
                path = Path(place, name)
                yield _found(path, base=folder, kind="link" if _leads_out(path, root) else None)
    for error in closed:
        below = os.path.relpath(error.filename, folder)
        yield InputVideo(
            path=_absolute(Path(error.filename)), below=folder.name if below == "." else below
        )


def _leads_out(path: Path, root: str) -> bool:
    """Tell whether a path is a link to somewhere that is not below `root`."""
    if not path.is_symlink():
        return False
    return os.path.commonpath([root, os.path.realpath(path)]) != root


def _pattern(pattern: Path) -> Iterable[InputVideo]:
    """Yield a pattern's matches, named by their path below its fixed part."""
    fixed = list(pattern.parts)
    while fixed and any(glob.has_magic(part) for part in fixed):
        fixed.pop()
    base = Path(*fixed) if fixed else Path()
    matches = sorted(_matches(base, pattern.parts[len(fixed) :]))
    if not matches:
        yield InputVideo(path=_absolute(pattern), below=pattern.name)
    for match in matches:
        if not match.is_dir():
            yield _found(match, base=base)


def _matches(base: Path, parts: Sequence[str]) -> Iterable[Path]:
    """Yield what a pattern matches below `base`; stars match no hidden names.

    Unlike the module glob's, Path's own search does not follow links in `**`, round and round.
    """
    # Two stars have their meaning only alone; at the end they mean all files.
    plain = [part if part == "**" else re.sub(r"\*+", "*", part) for part in parts]
    plain += ["*"] if plain[-1] == "**" else []
    asks_for_hidden = any(part.startswith(".") for part in plain)
    for match in base.glob("/".join(plain)):
        below = match.relative_to(base).parts
        if asks_for_hidden or not any(part.startswith(".") for part in below):
            yield match


def _found(path: Path, *, base: Path, kind: Kind | None = None) -> InputVideo:
    by_name: Kind = "video" if path.suffix.lower() in VIDEO_SUFFIXES else "other"
    return InputVideo(
        path=_absolute(path), below=path.relative_to(base).as_posix(), kind=kind or by_name
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
