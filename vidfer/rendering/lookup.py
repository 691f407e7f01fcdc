"""Finding the timeline of a video among results, and holding it against the file."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vidfer.errors import NotAFileError, UsageError, VideoReadError
from vidfer.timeline.manifest import (
    RESULT_KEY,
    ManifestDamagedError,
    VideoResult,
    read_manifest,
    read_timeline_metadata,
    refuse_without_results,
    result_of_json,
    timeline_files,
)
from vidfer.timeline.seal import fault_of_seal
from vidfer.video.fingerprint import identify
from vidfer.video.inputs import printable

# Names listed in a sentence about several.
_MOST_LISTED: Final = 5


@dataclass(frozen=True)
class AnalysedVideo:
    """A video file, and the timeline file that was made of this very content."""

    path: Path
    timeline: Path


def find_analysed(video: Path, timeline: Path) -> AnalysedVideo:
    """Return the video and its timeline.

    `video` is a path, or a name as in the manifest; `timeline` is an output folder or one
    timeline file. A file is known by its path, or, moved or renamed, by its content.

    Raises:
        UsageError: no timeline of this very content, or more than one; it says what to do.
        VideoError: the video is missing or cannot be read.
    """
    if timeline.is_file():
        result = _result_of_file(timeline)
        path = video if os.path.lexists(video) else _path_of(result, video)
        _refuse_changed(path, result, timeline)
        return AnalysedVideo(path=path, timeline=timeline)
    refuse_without_results(timeline)
    results = _results(timeline)
    if os.path.lexists(video):
        path, result = video, _result_of_video(video, results, timeline)
    else:
        result = _result_of_name(str(video), results, timeline)
        path = _path_of(result, video)
        _refuse_changed(path, result, timeline)
    if result.timeline is None:
        raise UsageError(f"{path} could not be analysed, so nothing can be drawn: {result.error}")
    found = timeline / result.timeline
    _refuse_damaged(found)
    return AnalysedVideo(path=path, timeline=found)


def _results(output: Path) -> list[VideoResult]:
    """Return what is known of videos; without a sound manifest the timelines are asked."""
    try:
        listed = list(read_manifest(output).values())
    except ManifestDamagedError:
        listed = []
    if listed:
        return listed
    texts = (read_timeline_metadata(path).get(RESULT_KEY) for path in timeline_files(output))
    return [result_of_json(text) for text in texts if text is not None]


def _result_of_file(timeline: Path) -> VideoResult:
    text = read_timeline_metadata(timeline).get(RESULT_KEY)
    if text is None:
        raise UsageError(
            f"{timeline} is no timeline: give a folder that 'vidfer analyze -o' wrote, or one "
            "of the .parquet files below its folder 'timeline'."
        )
    _refuse_damaged(timeline)
    return result_of_json(text)


def _result_of_video(video: Path, results: Iterable[VideoResult], output: Path) -> VideoResult:
    """Return the result of a file by its path, else by its content."""
    results = list(results)
    here = printable(os.path.abspath(video))
    for result in results:
        if result.path == here:
            _refuse_changed(video, result, output)
            return result
    fingerprint = _fingerprint(video)
    same = [r for r in results if r.timeline and r.source_fingerprint == fingerprint]
    named = [r for r in same if _base(r.path) == _base(here)]
    found = named if len(named) == 1 else same
    if len(found) > 1:
        raise UsageError(
            f"{output} has analysed copies of {video} as {_listed(found)}: give --timeline "
            "the timeline file of one."
        )
    if found:
        return found[0]
    if any(_base(r.path) == _base(here) for r in results):
        raise _changed(video, output)
    raise UsageError(
        f"{output} knows nothing of {video}: run 'vidfer analyze {video} -o {output}' first."
    )


def _result_of_name(name: str, results: Iterable[VideoResult], output: Path) -> VideoResult:
    results = list(results)
    for result in results:
        if result.video == name:
            return result
    found = [r for r in results if _base(r.video) == name]
    if len(found) > 1:
        raise UsageError(f"{name} may be {_listed(found)} in {output}: give the whole name.")
    if not found:
        raise NotAFileError(
            f"There is no file {name}, and no video of that name in {output}: check the path."
        )
    return found[0]


def _path_of(result: VideoResult, video: Path) -> Path:
    path = Path(result.path)
    if not os.path.lexists(path):
        raise NotAFileError(
            f"{video} was analysed from {result.path}, which is not there any more: give the "
            "path where the file is now."
        )
    return path


def _refuse_changed(video: Path, result: VideoResult, output: Path) -> None:
    known = result.source_fingerprint
    if known is not None and known != _fingerprint(video):
        raise _changed(video, output)


def _changed(video: Path, timeline: Path) -> UsageError:
    return UsageError(
        f"{video} is not the file that was analysed into {timeline}: its content differs. "
        "Analyse it again, or give the file as it was."
    )


def _refuse_damaged(timeline: Path) -> None:
    fault = fault_of_seal(timeline)
    if fault:
        raise UsageError(f"{timeline} {fault}: run 'vidfer analyze' on its video again.")


def _fingerprint(video: Path) -> str:
    if not video.is_file():
        raise NotAFileError(f"{video} is not a regular file: name a video file.")
    try:
        return identify(video).fingerprint
    except OSError as error:
        raise VideoReadError(f"{video} cannot be read: {error.strerror}.") from error


def _base(path: str) -> str:
    return path.rpartition("/")[2]


def _listed(results: list[VideoResult]) -> str:
    names = [result.video for result in results[:_MOST_LISTED]]
    more = len(results) - len(names)
    return ", ".join(names) + (f" and {more:,} more" if more else "")
