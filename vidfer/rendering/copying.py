"""From one video file to another, frame by frame, through a painter."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av

from vidfer.batches import FrameBatch
from vidfer.errors import CorruptVideoError
from vidfer.rendering.face_rows import FaceRows
from vidfer.rendering.painting import Painter, refuse_other_times
from vidfer.rendering.pictures import picture_of
from vidfer.rendering.result import Sound
from vidfer.rendering.writing import PictureFormat, VideoWriter
from vidfer.video.container import open_container
from vidfer.video.pyav_source import PyavSource
from vidfer.video.read_ahead import read_ahead
from vidfer.video.selection import FrameSelection

# Frames are painted one by one: small portions keep memory low.
_CHUNK_FRAMES: Final = 4
_CHUNKS_AHEAD: Final = 2

_FALLBACK_RATE: Final = 25.0
_FALLBACK_TICK: Final = Fraction(1, 90_000)


@dataclass(frozen=True, kw_only=True)
class Copying:
    """What is copied and how: FFmpeg's names of the container and the encoder."""

    source: Path
    container: str
    codec: str
    audio: bool
    max_pixels: int


@dataclass(frozen=True, kw_only=True)
class Copied:
    """What was copied."""

    frames: int
    frames_not_analysed: int
    sound: Sound
    lost_ranges_s: tuple[tuple[float, float], ...]
    fault: str | None


def copy_painted(
    copying: Copying,
    path: Path,
    *,
    rows: FaceRows,
    painter: Painter,
    tell: Callable[[int, int | None], None] | None,
) -> Copied:
    """Write a painted copy of a video to `path`.

    Raises:
        VideoError: the video cannot be opened, or not one frame of it can be decoded.
        UsageError: the timeline does not fit, or the sound not into the container.
        OutputError: the file cannot be written.
    """
    with ExitStack() as stack:
        source = PyavSource(copying.source, max_pixels=copying.max_pixels)
        stack.enter_context(closing(source))
        sound, stream = open_container(copying.source, max_pixels=copying.max_pixels)
        stack.enter_context(closing(sound))
        batches = stack.enter_context(read_ahead(_batches(source), depth=_CHUNKS_AHEAD))
        first = next(batches, None)
        if first is None:
            raise CorruptVideoError(
                f"Not one frame of {copying.source} can be decoded: copy or record it again."
            )
        pictures = _format(source, stream, first)
        writer = stack.enter_context(
            VideoWriter(
                path,
                container=copying.container,
                codec=copying.codec,
                pictures=pictures,
                sound=sound if copying.audio else None,
                start=source.info.start,
            )
        )
        copier = _Copier(writer, rows, painter, source, tell)
        copier.add(first)
        for batch in batches:
            copier.add(batch)
        return copier.finish()


def _batches(source: PyavSource) -> Iterator[FrameBatch]:
    return source.batches(selection=FrameSelection(), chunk_frames=_CHUNK_FRAMES, detect_every=1)


def _format(source: PyavSource, stream: av.VideoStream, first: FrameBatch) -> PictureFormat:
    height, width = first.size_px
    aspect = stream.sample_aspect_ratio or None
    turned = source.record.rotation % 180 != 0
    context = stream.codec_context
    return PictureFormat(
        size_px=(width, height),
        tick_s=stream.time_base or _FALLBACK_TICK,
        rate=source.info.frame_rate,
        aspect=1 / aspect if aspect and turned else aspect,
        primaries=context.color_primaries,
        transfer=context.color_trc,
    )


class _Copier:
    """Paints and writes batch after batch, and counts."""

    def __init__(
        self,
        writer: VideoWriter,
        rows: FaceRows,
        painter: Painter,
        source: PyavSource,
        tell: Callable[[int, int | None], None] | None,
    ) -> None:
        self._writer = writer
        self._rows = rows
        self._painter = painter
        self._source = source
        self._tell = tell
        self._frames = 0
        self._not_analysed = 0

    def add(self, batch: FrameBatch) -> None:
        """Paint and write the frames of a batch."""
        for row in range(len(batch)):
            self._write(batch, row)
        if self._tell is not None:
            self._tell(self._frames, self._source.info.frames_expected)

    def finish(self) -> Copied:
        """Write what is held back."""
        self._writer.finish(last_s=1 / (self._source.info.frame_rate or _FALLBACK_RATE))
        record = self._source.record
        return Copied(
            frames=self._frames,
            frames_not_analysed=self._not_analysed,
            sound=self._writer.sound,
            lost_ranges_s=tuple(record.lost_ranges_s),
            fault=record.fault,
        )

    def _write(self, batch: FrameBatch, row: int) -> None:
        frame, time_s = int(batch.index[row]), float(batch.time_s[row])
        at = self._rows.rows_of(frame)
        refuse_other_times(self._rows, at, frame=frame, time_s=time_s)
        picture = picture_of(batch, row)
        painted = self._painter.paint(picture, frame=frame, time_s=time_s, rows=at)
        self._writer.write(painted, time_s)
        self._frames += 1
        self._not_analysed += at.start == at.stop
