"""The finished part of an unfinished timeline, in hidden files beside its place.

Each file holds the rows since the one before it, is complete and sealed when it is there,
and says in its metadata which state of what video, settings and program it is of. The last
one carries what is needed to go on.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from vidfer.atomic import hidden_path, remove, temporary_path
from vidfer.timeline.manifest import read_timeline_metadata
from vidfer.timeline.seal import fault_of_seal
from vidfer.timeline.writer import TimelineWriter

_SUFFIX: Final = ".checkpoint-"
_STATE_KEY: Final = "vidfer.checkpoint"
_NUMBER_KEY: Final = "vidfer.checkpoint_number"


class CheckpointFiles:
    """Writes and finds one timeline's checkpoints.

    made_by: what rows depend on. Checkpoints that were made by anything else are removed.
    """

    def __init__(self, timeline: Path, *, made_by: Mapping[str, str]) -> None:
        """Look for sound checkpoints, and remove what cannot be used.

        Raises:
            OutputError: the file system refuses.
        """
        self._timeline = timeline
        self._made_by = dict(made_by)
        self._sound = 0
        while self._is_sound(self._sound + 1):
            self._sound += 1
        self._remove_unsound()

    def state(self) -> str | None:
        """Return what the last checkpoint keeps of the work, None where there is none."""
        if not self._sound:
            return None
        return read_timeline_metadata(_path(self._timeline, self._sound))[_STATE_KEY]

    def rows(self) -> Iterator[pa.Table]:
        """Yield the rows of all checkpoints in order, a file at a time."""
        for number in range(1, self._sound + 1):
            yield pq.read_table(_path(self._timeline, number), partitioning=None)

    def add(self, rows: pa.Table | None, *, state: str) -> None:
        """Write the rows since the last checkpoint, and the state of the work after them.

        Raises:
            OutputError: the disk is full or fails.
        """
        # What follows another one that was here before must not be taken to follow this one.
        self._remove_unsound()
        number = self._sound + 1
        with TimelineWriter(_path(self._timeline, number)) as writer:
            if rows is not None:
                writer.write(rows)
            own = {_NUMBER_KEY: str(number), _STATE_KEY: state}
            writer.finish({**self._made_by, **own})
        self._sound = number

    def remove(self) -> None:
        """Remove all checkpoints: the timeline is complete.

        Raises:
            OutputError: the file system refuses.
        """
        remove_checkpoints(self._timeline)
        self._sound = 0

    def _remove_unsound(self) -> None:
        sound = [_path(self._timeline, number + 1) for number in range(self._sound)]
        _remove_all_but(self._timeline, sound)

    def _is_sound(self, number: int) -> bool:
        path = _path(self._timeline, number)
        if not path.exists() or fault_of_seal(path):
            return False
        metadata = read_timeline_metadata(path)
        wanted = {**self._made_by, _NUMBER_KEY: str(number)}
        return wanted.items() <= metadata.items() and _STATE_KEY in metadata


def checkpoint_paths(timeline: Path) -> list[Path]:
    """Return a timeline's checkpoints in order, whole ones and half-written ones."""
    if not timeline.parent.is_dir():
        return []
    start = hidden_path(timeline, suffix=_SUFFIX).name
    with os.scandir(timeline.parent) as entries:
        ends = [entry.name[len(start) :] for entry in entries if entry.name.startswith(start)]
    whole = [
        _path(timeline, number) for number in sorted(int(end) for end in ends if end.isdigit())
    ]
    half = [temporary_path(path) for path in whole] + [half_written_checkpoint(timeline)]
    return whole + [path for path in half if path.exists()]


def half_written_checkpoint(timeline: Path) -> Path:
    """Return where a stopped worker may have left a part of the next checkpoint."""
    whole = (number for number in count(1) if not _path(timeline, number).exists())
    return temporary_path(_path(timeline, next(whole)))


def remove_checkpoints(timeline: Path) -> None:
    """Remove a timeline's checkpoints, if there are any.

    Raises:
        OutputError: the file system refuses.
    """
    _remove_all_but(timeline, [])


def _remove_all_but(timeline: Path, kept: Sequence[Path]) -> None:
    first, second = _path(timeline, 1), _path(timeline, 2)
    if not any(path.exists() for path in (first, temporary_path(first), second)):
        # Looking through a folder of ten thousand timelines for each of them would take long.
        return
    # Backwards: while any is left, so is the first of them, by which they are found.
    for path in reversed(checkpoint_paths(timeline)):
        if path not in kept:
            remove(path)


def _path(timeline: Path, number: int) -> Path:
    return hidden_path(timeline, suffix=f"{_SUFFIX}{number:04}")
