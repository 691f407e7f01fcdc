"""What is asked of a worker and what it tells: light, for the parent that holds no torch."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from vidfer.config import AnalyzeSettings
from vidfer.engine.contract import Failure, Work
from vidfer.errors import Reason
from vidfer.profiling import Profile
from vidfer.timeline.manifest import VideoResult
from vidfer.video.inputs import printable

# What a worker loads first: it takes seconds and depends on nothing that is said to it.
WORK_MODULE: Final = "vidfer.video_worker"

# What to do about a failure that came back when the video was tried alone.
_ADVICE: Final = {
    "crashed": "The file is probably damaged: convert it, or leave it out.",
    "timeout": "If the machine is slow or busy, raise --stall-timeout and give --retry-failed.",
    "oom": "Raise --max-memory where there is more and give --retry-failed, or lower the "
    "video's resolution.",
}


OUT_OF_MEMORY_SENTENCE: Final = (
    "Memory ran out: lower --chunk-frames and --batch-size, or free memory, and give "
    "--retry-failed."
)


@dataclass(frozen=True)
class VideoJob:
    """A video to analyse: its file, its name, and its timeline's file and path below OUT."""

    path: Path
    video: str
    timeline_path: Path
    timeline: str


@dataclass(frozen=True)
class Progress:
    """How far a job is; `frames_total` is what the header claims, if anything.

    `profile` comes with a job's last progress, where one was asked for.
    """

    video: str
    frames: int
    frames_total: int | None
    faces: int
    profile: Profile | None = None


def failed_result(
    job: VideoJob, reason: Reason, sentence: str, *, model: str, settings_id: str, wall_s: float
) -> VideoResult:
    """Return the manifest row of a video that gave no timeline."""
    return VideoResult(
        video=job.video,
        path=printable(os.fspath(job.path)),
        status="failed",
        reason=reason,
        error=sentence,
        wall_s=wall_s,
        model=model,
        settings_id=settings_id,
    )


def of_changed_file(result: VideoResult) -> VideoResult:
    """Return the result of a file that was written to while it was read.

    It keeps the identity that the file had at first, so that the next run does it again.
    """
    sentence = (
        "The file changed while it was read, so its rows may be of both states: run the same "
        "command again when nothing writes to it any more."
    )
    return replace(result, status="partial", reason=result.reason or "io_error", error=sentence)


def failure_sentence(failure: Failure) -> str:
    """Say what became of a video whose worker was lost twice."""
    advice = _ADVICE[failure.reason]
    return f"The worker process {failure.what}, also when it tried this video alone. {advice}"


def make_video_work(
    settings: AnalyzeSettings, failure: Failure | None = None, *, profile: bool = False
) -> Work[VideoJob, Progress, VideoResult]:
    """Load the networks and return what analyses videos; see VideoWorker for what is raised.

    `failure` is what happened when the video was tried before; `profile` measures stages.
    """
    from vidfer.video_worker import VideoWorker  # torch and decoders, which only workers hold

    return VideoWorker(settings, after=failure, profile=profile).run
