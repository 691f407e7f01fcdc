"""What earlier runs left in an output folder, and what of it still holds."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from vidfer.atomic import temporary_path
from vidfer.job import VideoJob
from vidfer.timeline.manifest import (
    RESULT_KEY,
    VideoResult,
    read_timeline_metadata,
    result_of_json,
)
from vidfer.video.fingerprint import identify
from vidfer.video.inputs import printable


@dataclass(frozen=True)
class Unfinished:
    """Jobs to do, and the results of those that are finished and unchanged."""

    jobs: list[VideoJob]
    finished: list[VideoResult]


def divide(jobs: list[VideoJob], *, settings_id: str, overwrite: bool) -> Unfinished:
    """Set apart the jobs whose timeline is complete and still of this source and settings.

    A timeline file that exists is complete and says how it was made, so the files are
    asked and not the manifest, which a killed run may not have written.
    """
    todo, finished = [], []
    for job in jobs:
        result = None if overwrite else _finished_result(job, settings_id)
        if result is None:
            todo.append(job)
        else:
            finished.append(result)
    return Unfinished(jobs=todo, finished=finished)


def finished_unnoticed(
    jobs: Iterable[VideoJob], *, settings_id: str, known: dict[str, VideoResult]
) -> list[VideoResult]:
    """Return the results of jobs that were finished when a stop came before that was noted.

    The manifest of earlier runs, `known`, tells them from timelines that lay there before.
    """
    found = (_finished_result(job, settings_id) for job in jobs)
    return [result for result in found if result and result != known.get(result.video)]


def _finished_result(job: VideoJob, settings_id: str) -> VideoResult | None:
    metadata = read_timeline_metadata(job.timeline_path)
    if RESULT_KEY not in metadata or metadata.get("vidfer.settings_id") != settings_id:
        return None
    try:
        identity = identify(job.path)
    except OSError:
        return None
    if identity.as_metadata().items() <= metadata.items():
        result = result_of_json(metadata[RESULT_KEY])
        # The same file may have been reached by another path before.
        return replace(result, path=printable(str(job.path)))
    return None


def drop_leftovers(jobs: Iterable[VideoJob]) -> None:
    """Remove what jobs were writing when they were stopped; an interrupt can come anywhere."""
    for job in jobs:
        temporary_path(job.timeline_path).unlink(missing_ok=True)


def drop_stale(job: VideoJob, result: VideoResult) -> None:
    """Remove the timeline of an earlier state of a video that has failed now.

    A source that only cannot be reached leaves it alone.
    """
    if result.status == "failed" and not result.is_unreachable:
        job.timeline_path.unlink(missing_ok=True)
