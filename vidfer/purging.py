"""Removing all that an output folder knows of a video."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from vidfer.atomic import remove, temporary_path
from vidfer.errors import UsageError
from vidfer.resume import ASIDE_NAME, opened_for_writing
from vidfer.timeline.checkpoint_files import checkpoint_paths
from vidfer.timeline.manifest import (
    MANIFEST_NAME,
    TIMELINE_FOLDER,
    VideoResult,
    refuse_without_results,
    write_manifest,
)
from vidfer.video.inputs import printable, timeline_name


def purge(output: str | Path, videos: str | Path | Sequence[str | Path]) -> list[str]:
    """Remove all that is known of videos below OUT: timelines, leftovers, manifest rows.

    `videos` are names as in the manifest's column `video`, or paths of the source files,
    which need not exist any more. Returns what was removed: files by their path below
    `output`, and the rows. Nothing is removed if one of `videos` is unknown.

    Raises:
        UsageError: there are no results at `output`, or a video is unknown there.
        OutputError: a run is writing into `output`, or the file system refuses.
    """
    output = Path(output)
    wanted = [videos] if isinstance(videos, (str, Path)) else list(videos)
    if not any(_has_files(output, printable(os.fspath(one))) for one in wanted):
        refuse_without_results(output)
    with opened_for_writing(output) as known:
        names = _names(output, wanted, known)
        removed = [what for name in names for what in _remove_files(output, name)]
        # It may hold rows of these videos, which nothing can take out of it any more.
        removed += [ASIDE_NAME] if remove(output / ASIDE_NAME) else []
        write_manifest(output, [r for name, r in known.items() if name not in names])
        return removed + [f"{MANIFEST_NAME}: row of {name}" for name in names if name in known]


def _names(
    output: Path, wanted: Sequence[str | Path], known: Mapping[str, VideoResult]
) -> list[str]:
    """Return the names of the wanted videos, each once.

    Raises:
        UsageError: one is unknown, or may mean two videos.
    """
    by_path = {result.path: name for name, result in known.items()}
    names = []
    unknown = []
    for one in wanted:
        name = printable(os.fspath(one))
        of_path = by_path.get(printable(os.path.abspath(one)))
        if name in known and of_path not in (None, name):
            raise UsageError(
                f"{name} is the name of one video in {output} and the path of another: give "
                "the whole path. Nothing was removed."
            )
        # A damaged timeline does not say what it is of.
        if name not in known and of_path is None and not _has_files(output, name):
            unknown.append(name)
        names.append(of_path or name)
    if unknown:
        raise UsageError(
            f"{output} knows nothing of {', '.join(unknown)}: give names as in the column "
            f"'video' of {MANIFEST_NAME}, or paths of the videos. Nothing was removed."
        )
    return list(dict.fromkeys(names))


def _has_files(output: Path, name: str) -> bool:
    return any(os.path.lexists(path) for path in _files(output, name))


def _files(output: Path, name: str) -> list[Path]:
    """Return where a video's files are, if there are any."""
    timeline = output / TIMELINE_FOLDER / timeline_name(name)
    # Backwards: as long as there are any, they are found.
    return [timeline, temporary_path(timeline), *reversed(checkpoint_paths(timeline))]


def _remove_files(output: Path, name: str) -> Iterator[str]:
    for path in _files(output, name):
        if remove(path):
            yield path.relative_to(output).as_posix()
            _remove_empty_folders(path.parent, output / TIMELINE_FOLDER)


def _remove_empty_folders(folder: Path, top: Path) -> None:
    with suppress(OSError):
        while folder != top:
            folder.rmdir()
            folder = folder.parent
