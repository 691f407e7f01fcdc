"""Decoding with PyAV: the reference, tolerant of damage, packet by packet."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import av
import numpy as np
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from vidfer.batches import FrameBatch
from vidfer.video.container import describe, open_container
from vidfer.video.selection import FrameSelection
from vidfer.video.source import (
    DecodeRecord,
    DecoderName,
    frames_per_chunk,
    note_missing_end,
)

# A container whose reader fails this often in a row has nothing more to give.
_MOST_READ_ERRORS: Final = 100

_FALLBACK_RATE: Final = 25.0


class PyavSource:
    """A VideoSource on PyAV."""

    decoder: DecoderName = "pyav"

    def __init__(self, path: Path, *, max_pixels: int) -> None:
        """Open `path`.

        Raises:
            VideoError: the file cannot be used, and why.
        """
        self._container, self._stream = open_container(path, max_pixels=max_pixels)
        # One thread: with more, errors surface late and hit other packets, so that what is
        # kept of a damaged file would depend on the machine.
        self._stream.codec_context.thread_count = 1
        self.info = describe(self._container, self._stream)
        self.record = DecodeRecord()
        self._frame_s = 1 / (self.info.frame_rate or _FALLBACK_RATE)
        self._pending: dict[int, int] = {}

    def batches(self, *, selection: FrameSelection, chunk_frames: int) -> Iterator[FrameBatch]:
        """Yield the selected frames; see VideoSource."""
        chunk = _Chunk(chunk_frames)
        previous_time_s: float | None = None
        for index, (time_s, frame) in enumerate(self._timed_frames(selection)):
            if selection.takes(index, time_s, previous_time_s=previous_time_s):
                self.record.frames_selected += 1
                yield from chunk.add(_upright(frame), index, time_s)
            previous_time_s = time_s
        yield from chunk.rest()

    def close(self) -> None:
        """Let go of the file."""
        self._container.close()

    def _timed_frames(self, selection: FrameSelection) -> Iterator[tuple[float, VideoFrame]]:
        """Yield every frame with its time, up to the selection's end, and keep the record."""
        time_s: float | None = None
        last_end_s = 0.0
        for frame in self._frames():
            time_s = self._time_s(frame, time_s)
            if selection.is_over(time_s):
                return
            if self.record.frames_decoded == 0:
                self._note_shape(frame)
            self.record.frames_decoded += 1
            last_end_s = time_s + max(self._frame_s, self._seconds(frame.duration))
            yield time_s, frame
        note_missing_end(self.record, self.info, last_end_s=last_end_s)

    def _frames(self) -> Iterator[VideoFrame]:
        for packet in self._packets():
            if packet.pts is not None and not packet.is_discard:
                self._pending[packet.pts] = packet.duration or 0
            try:
                frames = packet.decode()
            except av.FFmpegError as error:
                self.record.bad_packets += 1
                self._note_fault(error)
                continue
            for frame in frames:
                self._settle(frame.pts)
                yield frame
        self._settle(None)

    def _settle(self, pts: int | None) -> None:
        """Count as lost what was fed for a time before `pts` (None: the end) and never came.

        Only once a packet was bad: some codecs have packets that show nothing.
        """
        passed = [p for p in self._pending if pts is None or p <= pts]
        for missing in sorted(passed):
            length = self._pending.pop(missing)
            if missing != pts and self.record.bad_packets:
                start_s = self._seconds(missing) - self.info.start_s
                self.record.add_loss(start_s, start_s + (self._seconds(length) or self._frame_s))

    def _packets(self) -> "Iterator[Packet[VideoStream]]":
        """Yield packets to the last readable one, then the empty one that flushes."""
        errors_in_row = 0
        while errors_in_row < _MOST_READ_ERRORS:
            try:
                for packet in self._container.demux(self._stream):
                    errors_in_row = 0
                    yield packet
                return
            except av.FFmpegError as error:
                errors_in_row += 1
                self.record.bad_packets += 1
                self._note_fault(error)
        yield from self._flush()

    def _flush(self) -> "Iterator[Packet[VideoStream]]":
        packet: Packet[VideoStream] = Packet()  # type: ignore[assignment]
        packet.stream = self._stream
        yield packet

    def _seconds(self, ticks: int | None) -> float:
        time_base = self._stream.time_base
        return float(ticks * time_base) if ticks is not None and time_base is not None else 0.0

    def _note_fault(self, error: av.FFmpegError) -> None:
        # The first fault's place is what a person looks for; later ones are counted.
        if self.record.fault is None:
            self.record.fault = (
                f"The file is damaged after frame {self.record.frames_decoded} "
                f"({error.strerror}); what can be decoded is kept."
            )

    def _time_s(self, frame: VideoFrame, previous_time_s: float | None) -> float:
        stamp = frame.pts if frame.pts is not None else frame.dts
        if stamp is not None and frame.time_base is not None:
            return float(stamp * frame.time_base) - self.info.start_s
        # Raw streams carry no times: count them up at the stream's rate.
        self.record.guessed_times += 1
        return 0.0 if previous_time_s is None else previous_time_s + self._frame_s

    def _note_shape(self, frame: VideoFrame) -> None:
        turned = _quarter_turns(frame) % 2 == 1
        self.record.width = frame.height if turned else frame.width
        self.record.height = frame.width if turned else frame.height
        self.record.rotation = frame.rotation % 360


class _Chunk:
    """Collects frames of one size into batches."""

    def __init__(self, chunk_frames: int) -> None:
        self._chunk_frames = chunk_frames
        self._frames: list[np.ndarray] = []
        self._index: list[int] = []
        self._time_s: list[float] = []

    def add(self, frame: np.ndarray, index: int, time_s: float) -> Iterator[FrameBatch]:
        """Take in a frame; yield the batch that it completes or that its size ends."""
        if self._frames and self._frames[0].shape != frame.shape:
            yield from self.rest()
        self._frames.append(frame)
        self._index.append(index)
        self._time_s.append(time_s)
        height, width = frame.shape[:2]
        full = frames_per_chunk(width=width, height=height, chunk_frames=self._chunk_frames)
        if len(self._frames) >= full:
            yield from self.rest()

    def rest(self) -> Iterator[FrameBatch]:
        """Yield what is collected, if anything."""
        if self._frames:
            yield FrameBatch(
                frames=np.stack(self._frames),
                index=np.array(self._index, dtype=np.int64),
                time_s=np.array(self._time_s, dtype=np.float64),
            )
            self._frames, self._index, self._time_s = [], [], []


def _quarter_turns(frame: VideoFrame) -> int:
    """Return how often the picture is to be turned left by 90 degrees."""
    return round(frame.rotation / 90) % 4


def _upright(frame: VideoFrame) -> np.ndarray:
    """Return the frame as a player shows it, uint8 (height, width, 3)."""
    pixels: np.ndarray = frame.to_ndarray(format="rgb24")
    turns = _quarter_turns(frame)
    return np.ascontiguousarray(np.rot90(pixels, turns)) if turns else pixels
