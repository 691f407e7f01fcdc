"""Keeping what is done of a long video, so that it does not start again."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import pyarrow as pa

from vidfer.batches import FrameBatch
from vidfer.pipeline import Tally
from vidfer.resume_point import ResumePoint, frame_checksum
from vidfer.timeline.checkpoint_files import CheckpointFiles
from vidfer.timeline.row_buffer import RowBuffer
from vidfer.video.source import DecodeRecord

# Rows that wait in memory for the next checkpoint, whatever the video's time.
_MOST_ROWS: Final = 200_000


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A video's analysis after some chunk.

    point: where its decoder goes on.
    tally: what has been counted.
    faces: the face stage's state.
    wall_s: seconds that it took so far.
    """

    point: ResumePoint
    tally: Tally
    faces: Mapping[str, Any]
    wall_s: float

    def to_json(self) -> str:
        """Return the checkpoint as JSON text."""
        return json.dumps(asdict(self))


def checkpoint_of_json(text: str) -> Checkpoint:
    """Read what `Checkpoint.to_json` wrote."""
    written = json.loads(text)
    return Checkpoint(
        point=ResumePoint(**written["point"]),
        tally=Tally(**written["tally"]),
        faces=written["faces"],
        wall_s=written["wall_s"],
    )


class CheckpointKeeper:
    """Collects a video's rows and writes a checkpoint every `every_s` seconds of video.

    record: gives what happened while the video was decoded so far.
    begun: the checkpoint from which this attempt goes on, if any; `every_s` 0 writes none.
    """

    def __init__(
        self, files: CheckpointFiles, *, record: Callable[[], DecodeRecord], every_s: float
    ) -> None:
        text = files.state()
        self.begun = None if text is None else checkpoint_of_json(text)
        self._files = files
        self._record = record
        self._every_s = every_s
        self._started = time.perf_counter()
        self._kept_s = self.begun.point.time_s if self.begun else None
        self._rows = RowBuffer()

    @property
    def wall_s(self) -> float:
        """Seconds that the video took so far, in all attempts."""
        before_s = self.begun.wall_s if self.begun else 0.0
        return before_s + time.perf_counter() - self._started

    def collect(self, rows: pa.Table) -> None:
        """Take a chunk's rows in."""
        if self._every_s:
            self._rows.add(rows)

    def keep(
        self, frames: FrameBatch, tally: Tally, faces_state: Callable[[], dict[str, Any]]
    ) -> None:
        """Write a checkpoint after this chunk, if it is time.

        Raises:
            OutputError: it cannot be written.
        """
        if self._every_s and self._is_due(frames):
            self._kept_s = float(frames.time_s[-1])
            checkpoint = Checkpoint(
                point=_point_after(frames, self._record(), tally),
                tally=tally,
                faces=faces_state(),
                wall_s=self.wall_s,
            )
            self._files.add(self._rows.take(), state=checkpoint.to_json())

    def _is_due(self, frames: FrameBatch) -> bool:
        if self._kept_s is None:
            self._kept_s = float(frames.time_s[0])
        late = frames.time_s[-1] - self._kept_s >= self._every_s
        return bool(late or self._rows.rows >= _MOST_ROWS)


def _point_after(frames: FrameBatch, record: DecodeRecord, tally: Tally) -> ResumePoint:
    # The record is ahead by the chunks that are being worked on: what is whole there is here.
    return ResumePoint(
        frame=int(frames.index[-1]),
        time_s=float(frames.time_s[-1]),
        checksum=frame_checksum(frames, len(frames) - 1),
        frames_selected=tally.frames,
        is_healthy=record.is_healthy,
        width=record.width,
        height=record.height,
        rotation=record.rotation,
    )
