"""What earlier runs left in an output folder, and what of it still holds."""

import os
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from vidfer.atomic import temporary_path, writing
from vidfer.job import VideoJob
from vidfer.locking import sole_writer
from vidfer.timeline.checkpoint_files import half_written_checkpoint, remove_checkpoints
from vidfer.timeline.manifest import (
    MANIFEST_NAME,
    RESULT_KEY,
    ManifestDamagedError,
    VideoResult,
    read_manifest,
    read_timeline_metadata,
    read_timeline_result,
    result_of_json,
    timeline_files,
)
from vidfer.timeline.seal import fault_of_seal
from vidfer.video.fingerprint import FileIdentity, identify
from vidfer.video.inputs import printable

# What reading the three samples of a slow source takes at most.
_MOST_IDENTITY_S: Final = 5.0

Redo = Literal["changed", "failed", "all"]

# Failures after which another try goes on from what was done until then.
_MAY_GO_ON: Final = ("crashed", "timeout", "oom")

# Where a damaged manifest is kept, or a file of somebody else's with that name.
ASIDE_NAME: Final = MANIFEST_NAME + ".damaged"


def known_results(output: Path) -> dict[str, VideoResult]:
    """Return all that is known of videos in an output folder, by video.

    These are the manifest's rows, and those of whole timelines that it lacks because a run
    was killed before it was written, or because it is damaged or gone.
    """
    with suppress(ManifestDamagedError):
        return _with_unlisted(output, read_manifest(output))
    return _with_unlisted(output, {})


@contextmanager
def opened_for_writing(output: Path) -> Iterator[dict[str, VideoResult]]:
    """Hold an output folder alone for the block; give all that is known of videos in it.

    Raises:
        OutputError: another process writes into it, or the file system refuses.
    """
    with sole_writer(output):
        known = known_results(output)
        _set_damaged_manifest_aside(output)
        yield known


def _set_damaged_manifest_aside(output: Path) -> None:
    """Rename a manifest that is not as it was written: it may be somebody else's file."""
    path = output / MANIFEST_NAME
    if path.exists() and fault_of_seal(path):
        with writing(path):
            os.replace(path, output / ASIDE_NAME)


def _with_unlisted(output: Path, listed: dict[str, VideoResult]) -> dict[str, VideoResult]:
    known_files = {result.timeline for result in listed.values()}
    known = dict(listed)
    for path in timeline_files(output):
        if path.relative_to(output).as_posix() not in known_files:
            result = read_timeline_result(path)
            if result is not None:
                known[result.video] = result
    return known


@dataclass(frozen=True)
class Unfinished:
    """Jobs to do, and those that are finished and unchanged, with their results."""

    jobs: list[VideoJob]
    finished: list[VideoResult]
    finished_jobs: list[VideoJob]


def divide(
    jobs: list[VideoJob],
    *,
    settings_id: str,
    known: Mapping[str, VideoResult],
    redo: Redo = "changed",
) -> Unfinished:
    """Set apart the jobs whose result is final and still of this source and settings.

    A timeline file that is whole says how it was made, so the files are asked and not the
    manifest, which a killed run may not have written. A failure is final, too, as `known`
    has it, unless it says nothing about the video. `redo` names what is done again: what
    has changed, failures as well, or all.
    """
    todo, finished, finished_jobs = [], [], []
    for job in jobs:
        result = None if redo == "all" else _finished_result(job, settings_id)
        if result is None and redo == "changed":
            result = _failed_before(job, settings_id, known.get(job.video))
        if result is None:
            todo.append(job)
        else:
            finished.append(result)
            finished_jobs.append(job)
    return Unfinished(jobs=todo, finished=finished, finished_jobs=finished_jobs)


def finished_unnoticed(
    jobs: Iterable[VideoJob], *, settings_id: str, known: dict[str, VideoResult]
) -> list[VideoResult]:
    """Return the results of jobs that were finished when a stop came before that was noted.

    The manifest of earlier runs, `known`, tells them from timelines that lay there before.
    """
    found = (_finished_result(job, settings_id) for job in jobs)
    return [result for result in found if result and result != known.get(result.video)]


def _finished_result(job: VideoJob, settings_id: str) -> VideoResult | None:
    if not job.timeline_path.exists() or fault_of_seal(job.timeline_path):
        return None
    metadata = read_timeline_metadata(job.timeline_path)
    if RESULT_KEY not in metadata or metadata.get("vidfer.settings_id") != settings_id:
        return None
    identity = _identity(job)
    if identity and identity.as_metadata().items() <= metadata.items():
        result = result_of_json(metadata[RESULT_KEY])
        # The same file may have been reached by another path before.
        return replace(result, path=printable(str(job.path)))
    return None


def _failed_before(
    job: VideoJob, settings_id: str, before: VideoResult | None
) -> VideoResult | None:
    if before is None or before.status != "failed" or before.settings_id != settings_id:
        return None
    if before.source_fingerprint is None:
        return None
    identity = _identity(job)
    if identity is None or not _is_of(before, identity):
        return None
    return replace(before, path=printable(str(job.path)))


def _is_of(result: VideoResult, identity: FileIdentity) -> bool:
    return (result.source_fingerprint, result.source_mtime_ns) == (
        identity.fingerprint,
        identity.mtime_ns,
    )


def _identity(job: VideoJob) -> FileIdentity | None:
    """Return what tells a job's source from a changed one; None where it cannot be read."""
    try:
        # Opening a pipe would wait for somebody to write into it.
        return identify(job.path) if job.path.is_file() else None
    except OSError:
        return None


def _identity_in_time(job: VideoJob) -> FileIdentity | None:
    """Return a source's identity; None also where that takes long.

    A dead network disk, which may have cost the worker that was lost, blocks whoever asks it
    and cannot be interrupted: the run must go on without an answer.
    """
    found: list[FileIdentity | None] = []
    asking = threading.Thread(target=lambda: found.append(_identity(job)), daemon=True)
    asking.start()
    asking.join(_MOST_IDENTITY_S)
    return found[0] if found else None


def with_source(job: VideoJob, result: VideoResult) -> VideoResult:
    """Return a failure with the identity of its source, so that it is not tried in vain again.

    One that says nothing about the video, one of a file that was written to while it was
    tried, or that cannot be read in time, stay without: they are always tried again.
    """
    if result.status != "failed" or result.is_unreachable:
        return result
    identity = _identity_in_time(job)
    begun_ns = (time.time() - (result.wall_s or 0)) * 1e9
    if identity is None or identity.mtime_ns > begun_ns:
        return result
    return replace(
        result, source_fingerprint=identity.fingerprint, source_mtime_ns=identity.mtime_ns
    )


def drop_leftovers(jobs: Iterable[VideoJob]) -> None:
    """Remove what jobs were writing when they, or their workers, were stopped anywhere."""
    for job in jobs:
        # Where even this is refused, there is an error already that says more.
        with suppress(OSError):
            temporary_path(job.timeline_path).unlink(missing_ok=True)
            half_written_checkpoint(job.timeline_path).unlink(missing_ok=True)


def drop_needless_checkpoints(divided: Unfinished, *, redo: Redo) -> None:
    """Remove what lies beside finished timelines, and checkpoints of what is to start again.

    A run may have been killed between a video's end and the removal of its checkpoints, or
    while it redid what is finished.

    Raises:
        OutputError: the file system refuses.
    """
    for job in divided.finished_jobs + (divided.jobs if redo == "all" else []):
        remove_checkpoints(job.timeline_path)
    drop_leftovers(divided.finished_jobs)


def drop_stale(job: VideoJob, result: VideoResult) -> None:
    """Remove the timeline of an earlier state of a video that has failed now.

    A source that only cannot be reached leaves it alone. So does the loss of a worker with
    the checkpoints, from which another try goes on.

    Raises:
        OutputError: the file system refuses.
    """
    if result.status == "failed" and not result.is_unreachable:
        with writing(job.timeline_path):
            job.timeline_path.unlink(missing_ok=True)
        if result.reason not in _MAY_GO_ON:
            remove_checkpoints(job.timeline_path)
