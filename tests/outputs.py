"""An engine that writes whole timelines without decoding anything, and damage to files."""

import os
from pathlib import Path

from tests.timeline.test_rows import rows_of
from vidfer.emotion.cards import model_path, read_card
from vidfer.job import failed_result
from vidfer.timeline.manifest import RESULT_KEY, VideoResult
from vidfer.timeline.writer import TimelineWriter
from vidfer.video.fingerprint import identify

# Faces in each of the frames that every video is said to have.
FACES = [1, 0, 2]


class ScriptedEngine:
    """Finishes every video but those of which `ends` says otherwise, by name.

    An end is a reason with which the video fails, a Failure, an error that is raised
    instead of a result, or None: not a word about the video.
    """

    def __init__(self, ends=None):
        self.taken = []
        self._ends = ends or {}

    def run(self, make_work, jobs, *, on_progress, make_careful_work=None):
        (settings,) = make_work.args
        card = read_card(model_path(settings.model))
        settings_id = settings.fingerprint(weights_sha256=card.weights_sha256)
        for job in jobs:
            self.taken.append(job.video)
            end = self._ends.get(job.video, "done")
            if isinstance(end, BaseException):
                raise end
            if end == "done":
                yield job, write_timeline(job, settings_id)
            elif isinstance(end, str):
                sentence = "It is not what it seems."
                yield (
                    job,
                    failed_result(
                        job, end, sentence, model=card.name, settings_id=settings_id, wall_s=0.0
                    ),
                )
            elif end is not None:
                yield job, end


def write_timeline(job, settings_id: str) -> VideoResult:
    """Write what a worker would for a video of three frames."""
    identity = identify(job.path)
    result = VideoResult(
        video=job.video,
        path=str(job.path),
        status="done",
        frames_decoded=len(FACES),
        frames_analysed=len(FACES),
        frames_with_face=sum(count > 0 for count in FACES),
        faces=sum(FACES),
        settings_id=settings_id,
        source_fingerprint=identity.fingerprint,
        source_mtime_ns=identity.mtime_ns,
        timeline=job.timeline,
    )
    with TimelineWriter(job.timeline_path) as writer:
        rows = rows_of(FACES)
        names = [job.video] * len(rows)
        writer.write(rows.set_column(0, rows.schema.field(0), [names]))
        writer.finish(
            {
                "vidfer.settings_id": settings_id,
                **identity.as_metadata(),
                RESULT_KEY: result.to_json(),
            }
        )
    return result


def make_videos(folder: Path, *names: str) -> Path:
    """Make files that no decoder ever sees, last changed a while ago."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"never decoded: " + name.encode())
        os.utime(path, (1_700_000_000, 1_700_000_000))
    return folder


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def flip_a_bit(path: Path, *, place: int | None = None) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 3 if place is None else place] ^= 0x10
    path.write_bytes(content)


DAMAGES = {"cut": cut, "empty": empty, "one flipped bit": flip_a_bit}
