"""Which video is meant: people's files name it in full, by file name, or without the ending."""

import difflib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from vidfer.errors import UsageError

_NAMED_AT_MOST: Final = 5
_NEAR: Final = 0.6


@dataclass(frozen=True)
class ResolvedNames:
    """What names mean: `videos` by name, and the names that mean no video."""

    videos: dict[str, str]
    unknown: list[str]


def resolve_videos(names: Iterable[str], videos: Iterable[str]) -> ResolvedNames:
    """Find the video that each name means.

    In this order: the video's whole name; a path that ends in it; a unique file name; a
    unique file name without its ending. Backslashes count as slashes.

    Raises:
        UsageError: a name may mean several videos.
    """
    known = list(dict.fromkeys(videos))
    by_file, by_stem = _index(known)
    resolved: dict[str, str] = {}
    unknown = []
    for name in dict.fromkeys(names):
        video = _meant(name, set(known), by_file, by_stem)
        if video is None:
            unknown.append(name)
        else:
            resolved[name] = video
    return ResolvedNames(resolved, unknown)


def video_of_file(path: str, videos: Iterable[str]) -> str | None:
    """Return the video that a file is about by its name: `talk.mp4.pyfeat.csv`, `talk.csv`.

    Endings are taken off one by one until a video has the name.

    Raises:
        UsageError: the name may mean several videos.
    """
    known = list(videos)
    name = PurePosixPath(path)
    while name.suffix:
        name = name.with_suffix("")
        found = resolve_videos([str(name)], known).videos
        if found:
            return found[str(name)]
    return None


def _index(videos: Sequence[str]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    by_file: dict[str, list[str]] = defaultdict(list)
    by_stem: dict[str, list[str]] = defaultdict(list)
    for video in videos:
        path = PurePosixPath(video)
        by_file[path.name].append(video)
        by_stem[path.stem].append(video)
    return by_file, by_stem


def _meant(
    name: str,
    known: set[str],
    by_file: Mapping[str, list[str]],
    by_stem: Mapping[str, list[str]],
) -> str | None:
    path = PurePosixPath(name.strip().replace("\\", "/"))
    tails = (PurePosixPath(*path.parts[start:]) for start in range(len(path.parts)))
    whole = next((str(tail) for tail in tails if str(tail) in known), None)
    if whole is not None:
        return whole
    for candidates in (by_file.get(path.name), by_stem.get(path.name), by_stem.get(path.stem)):
        if candidates and len(candidates) > 1:
            raise UsageError(
                f"{name} may mean {listed(candidates)}: give the whole name as in the column video."
            )
        if candidates:
            return candidates[0]
    return None


def unknown_videos(where: str, unknown: Sequence[str], videos: Iterable[str]) -> UsageError:
    """Return the error that says which names in `where` are no video, and what is near them."""
    known = list(dict.fromkeys(videos))
    hint = near_videos(unknown, known)
    few = "There are no videos." if not known else f"Videos are {listed(known)}."
    return UsageError(
        f"{where} names {listed(unknown)}, which {_is(unknown)} not among the videos. {hint or few}"
    )


def near_videos(names: Sequence[str], videos: Sequence[str]) -> str:
    """Return "Did you mean ...?" with the videos nearest to the first few names, or ""."""
    near: list[str] = []
    for name in names[:_NAMED_AT_MOST]:
        file = PurePosixPath(name.replace("\\", "/")).name
        files = {PurePosixPath(video).name: video for video in videos}
        close = difflib.get_close_matches(file, files, n=1, cutoff=_NEAR)
        near += [files[one] for one in close]
    return f"Did you mean {listed(list(dict.fromkeys(near)))}?" if near else ""


def listed(names: Sequence[str]) -> str:
    """Return the first few names in a row, and how many more there are."""
    shown = ", ".join(names[:_NAMED_AT_MOST])
    more = len(names) - _NAMED_AT_MOST
    return f"{shown} and {more:,} more" if more > 0 else shown


def _is(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"
