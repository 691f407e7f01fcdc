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
from vidfer.resume_point import ResumePoint, frame_checksum
from vidfer.video.chunks import FrameCollector
from vidfer.video.clock import Clock
from vidfer.video.container import check_size, describe, open_container, read_error
from vidfer.video.damage import DamageWatch
from vidfer.video.pixels import PLANAR_FORMATS, copy_pixels, layout_of, quarter_turns
from vidfer.video.selection import FrameSelection
from vidfer.video.source import DecodeRecord, DecoderName, note_missing_end

# A container whose reader fails this often in a row has nothing more to give.
_MOST_READ_ERRORS: Final = 100

_FALLBACK_RATE: Final = 25.0

# Containers with an index of key frames by which a jump lands where it should.
_INDEXED_CONTAINERS: Final = frozenset({"mov", "matroska"})


class PyavSource:
    """A VideoSource on PyAV."""

    decoder: DecoderName = "pyav"

    def __init__(self, path: Path, *, max_pixels: int) -> None:
        """Open `path`.

        Raises:
            VideoError: the file cannot be used, and why.
        """
        self._path = path
        self._max_pixels = max_pixels
        self._open()

    def _open(self) -> None:
        """Stand before the first packet, with nothing noted."""
        self._container, self._stream = open_container(self._path, max_pixels=self._max_pixels)
        # One thread: with more, errors surface late and hit other packets, so that what is
        # kept of a damaged file would depend on the machine.
        self._stream.codec_context.thread_count = 1
        self.info = describe(self._container, self._stream)
        self.record = DecodeRecord()
        self._frame_s = 1 / (self.info.frame_rate or _FALLBACK_RATE)
        self._watch = DamageWatch(
            self.record,
            container=self.info.container,
            codec=self.info.codec,
            frame_s=self._frame_s,
        )
        time_base = self._stream.time_base
        self._clock = Clock(time_base=time_base, start=self.info.start) if time_base else None
        self._sound_end_s = 0.0

    @property
    def has_planes(self) -> bool:
        """Whether the stream says that its frames can be handed on as planes."""
        return self._stream.codec_context.pix_fmt in PLANAR_FORMATS

    def batches(
        self,
        *,
        selection: FrameSelection,
        chunk_frames: int,
        detect_every: int,
        after: ResumePoint | None = None,
    ) -> Iterator[FrameBatch]:
        """Yield the selected frames, as planes where they are coded so; see VideoSource.

        The frames before `after` are jumped over where the container has an index and
        nothing was wrong with them; elsewhere they are decoded again and left out.
        """
        collector = FrameCollector(chunk_frames=chunk_frames, detect_every=detect_every)
        timed = self._jump(selection, after) if after else None
        first, previous_time_s = (after.frame + 1, after.time_s) if after and timed else (0, None)
        timed = timed or self._timed_frames(selection)
        for index, (time_s, frame) in enumerate(timed, start=first):
            if selection.takes(index, time_s, previous_time_s=previous_time_s):
                self.record.frames_selected += 1
                if after is None or index > after.frame:
                    yield from collector.add(frame, index, time_s)
            previous_time_s = time_s
        yield from collector.rest()

    def close(self) -> None:
        """Let go of the file."""
        self._container.close()

    def _jump(
        self, selection: FrameSelection, after: ResumePoint
    ) -> Iterator[tuple[float, VideoFrame]] | None:
        """Return the frames that come after `after`; None where they cannot be jumped to.

        The frame that is met at its time must have its very pixels, and nothing be wrong
        between the key frame and there. Otherwise all is as if nothing had been tried.
        """
        indexed = _INDEXED_CONTAINERS & set(self.info.container.split(","))
        if not (after.is_healthy and indexed and self._clock):
            return None
        timed = self._timed_frames(selection)
        if self._meets(after, timed):
            self.record.frames_decoded = after.frame + 1
            self.record.frames_selected = after.frames_selected
            self.record.width, self.record.height = after.width, after.height
            self.record.rotation = after.rotation
            return timed
        self.close()
        self._open()
        return None

    def _meets(self, after: ResumePoint, timed: Iterator[tuple[float, VideoFrame]]) -> bool:
        """Tell whether, from the key frame before it on, the frame `after` itself comes."""
        assert self._clock is not None
        try:
            self._container.seek(self._clock.stamp(after.time_s), stream=self._stream)
        except av.FFmpegError:
            return False
        for time_s, frame in timed:
            if time_s >= after.time_s or self.record.fault:
                same = time_s == after.time_s and _checksum(frame) == after.checksum
                return same and self.record.is_healthy
        return False

    def _timed_frames(self, selection: FrameSelection) -> Iterator[tuple[float, VideoFrame]]:
        """Yield every frame with its time, up to the selection's end, and keep the record."""
        time_s: float | None = None
        for frame in self._frames():
            check_size(frame.width, frame.height, max_pixels=self._max_pixels)
            time_s = self._time_s(frame, time_s)
            if selection.is_over(time_s):
                return
            if self.record.frames_decoded == 0:
                self._note_shape(frame)
            self._watch.frame(time_s, length_s=self._length_s(frame))
            self.record.frames_decoded += 1
            yield time_s, frame
        self._note_end()

    def _frames(self) -> Iterator[VideoFrame]:
        for packet in self._packets():
            if packet.size == 0 and packet.dts is not None:
                continue  # in Theora: the frame before is shown on
            self._watch.packet(packet)
            try:
                frames = packet.decode()
            except av.FFmpegError as error:
                self._watch.refused(packet, str(error.strerror))
                continue
            yield from frames

    def _packets(self) -> "Iterator[Packet[VideoStream]]":
        """Yield the video's packets to the last readable one, then the empty one that flushes."""
        errors_in_row = 0
        while errors_in_row < _MOST_READ_ERRORS:
            try:
                for packet in self._demuxed():
                    errors_in_row = 0
                    yield packet
                return
            except av.FFmpegError as error:
                unreadable = read_error(self._path, error)
                if unreadable:
                    raise unreadable from error
                errors_in_row += 1
                self._watch.bad_packet(str(error.strerror))
        yield from self._flush()

    def _demuxed(self) -> "Iterator[Packet[VideoStream]]":
        if self.info.pictures_s is not None:
            yield from self._container.demux(self._stream)
            return
        # The header tells only when pictures and sound end together: watch both.
        for packet in self._container.demux():
            if packet.stream is self._stream:
                yield packet  # type: ignore[misc]
            elif packet.pts is not None and packet.time_base is not None:
                end = (packet.pts + (packet.duration or 0)) * packet.time_base
                self._sound_end_s = max(self._sound_end_s, float(end - self.info.start))

    def _flush(self) -> "Iterator[Packet[VideoStream]]":
        packet: Packet[VideoStream] = Packet()  # type: ignore[assignment]
        packet.stream = self._stream
        yield packet

    def _note_end(self) -> None:
        never_came = self._watch.end()
        last_end_s = self._watch.last_end_s
        if never_came is not None and self._clock is not None:
            end_s = self._clock.time_s(never_came) + self._frame_s
            if end_s > last_end_s:
                self.record.add_loss(last_end_s, end_s)
        announced_s = self.info.pictures_s
        if announced_s is None:
            announced_s, last_end_s = self.info.duration_s, max(last_end_s, self._sound_end_s)
        note_missing_end(self.record, announced_s=announced_s, last_end_s=last_end_s)

    def _length_s(self, frame: VideoFrame) -> float:
        """Return how long the frame is shown, as far as the stream says."""
        if self._clock is None or not frame.duration:
            return self._frame_s
        return self._clock.length_s(frame.duration)

    def _time_s(self, frame: VideoFrame, previous_time_s: float | None) -> float:
        stamp = self._watch.stamp(pts=frame.pts, dts=frame.dts)
        if stamp is not None and self._clock is not None:
            return self._clock.time_s(stamp)
        # Raw streams carry no times: count them up at the stream's rate.
        self.record.guessed_times += 1
        return 0.0 if previous_time_s is None else previous_time_s + self._frame_s

    def _note_shape(self, frame: VideoFrame) -> None:
        turned = quarter_turns(frame) % 2 == 1
        self.record.width = frame.height if turned else frame.width
        self.record.height = frame.width if turned else frame.height
        self.record.rotation = frame.rotation % 360


def _checksum(frame: VideoFrame) -> int:
    pixels = layout_of(frame).allocate(1)
    copy_pixels(frame, pixels, 0)
    alone = FrameBatch(frames=pixels, index=np.zeros(1, np.int64), time_s=np.zeros(1))
    return frame_checksum(alone, 0)
