"""Noticing what a damaged stream did not give."""

from typing import Final

from av.packet import Packet
from av.video.stream import VideoStream

from vidfer.video.source import DecodeRecord

# Damage shows up to this many frames later: decoders hold frames back to reorder them.
_MEMORY_FRAMES: Final = 32

# Codecs and containers in which each packet shows exactly one frame, so that a packet
# without a frame is a loss. Elsewhere some packets show nothing in healthy files, too.
_ONE_FRAME_CODECS: Final = frozenset({"h264", "hevc"})
_ONE_FRAME_CONTAINERS: Final = frozenset({"mov", "matroska"})


class DamageWatch:
    """Compares what is fed to a decoder with what comes out, and keeps the record's losses.

    Tell it of every packet, fault and frame, in the order in which they happen.
    """

    def __init__(self, record: DecodeRecord, *, container: str, codec: str, frame_s: float) -> None:
        self._record = record
        self._one_to_one = codec in _ONE_FRAME_CODECS and bool(
            _ONE_FRAME_CONTAINERS & set(container.split(","))
        )
        # AVI stamps packets in decoding order, and frames inherit the wrong ones.
        self._stamps_decode = container == "avi"
        self._frame_s = frame_s
        self._pending: set[int] = set()
        self._frames_to_remember = 0
        self._last_end_s = 0.0

    @property
    def last_end_s(self) -> float:
        """When the latest frame so far ceases to be shown."""
        return self._last_end_s

    def packet(self, packet: "Packet[VideoStream]") -> None:
        """Note a packet before it is decoded."""
        stamp = self._stamp_of(packet)
        if stamp is not None and packet.size and not packet.is_discard:
            self._pending.add(stamp)
        if packet.is_corrupt:
            # A join of two recordings is marked so, too: it counts once frames are missing.
            self._frames_to_remember = _MEMORY_FRAMES

    def refused(self, packet: "Packet[VideoStream]", reason: str) -> None:
        """Note that the decoder could make nothing of a packet."""
        stamp = self._stamp_of(packet)
        if self._stamps_decode and stamp is not None:
            self._pending.discard(stamp)
        self.bad_packet(reason)

    def bad_packet(self, reason: str) -> None:
        """Note a packet that cannot be read or decoded."""
        self._record.bad_packets += 1
        self._notice(reason)

    def stamp(self, *, pts: int | None, dts: int | None) -> int | None:
        """Return a frame's presentation stamp, and count earlier packets as passed."""
        stamp = pts if pts is not None else dts
        if self._stamps_decode and self._pending:
            # Frames come in presentation order, so the next one shows the earliest stamp.
            stamp = min(self._pending)
        if stamp is not None:
            passed = {p for p in self._pending if p <= stamp}
            self._pending -= passed
            # What precedes the first frame, as after a cut at an open group of pictures, is
            # not shown by players either.
            started = self._record.frames_decoded > 0
            if self._one_to_one and started and passed - {stamp}:
                self._notice("frames cannot be decoded")
        return stamp

    def frame(self, time_s: float, *, length_s: float) -> None:
        """Note a frame that came out; a hole before it, after damage, was lost."""
        if self._frames_to_remember:
            self._frames_to_remember -= 1
            if time_s - self._last_end_s > self._frame_s / 2:
                self._record.add_loss(self._last_end_s, time_s)
                self._tell("frames are missing")
            else:
                self._record.regain(time_s, time_s + length_s)
        self._last_end_s = max(self._last_end_s, time_s + length_s)

    def end(self) -> int | None:
        """Return the latest stamp that never came out of a damaged stream, if any."""
        if self._one_to_one and self._pending:
            self._notice("frames cannot be decoded")
        return max(self._pending, default=None) if self._frames_to_remember else None

    def _notice(self, reason: str) -> None:
        self._frames_to_remember = _MEMORY_FRAMES
        self._tell(reason)

    def _tell(self, reason: str) -> None:
        # The first fault's place is what a person looks for; later ones are counted.
        if self._record.fault is None:
            self._record.fault = (
                f"The file is damaged after frame {self._record.frames_decoded} ({reason}); "
                "what can be decoded is kept."
            )

    def _stamp_of(self, packet: "Packet[VideoStream]") -> int | None:
        return packet.dts if self._stamps_decode else packet.pts
