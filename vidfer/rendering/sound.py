"""Taking the sound of a video over into another file."""

import io
from collections.abc import Iterator
from fractions import Fraction
from typing import Final

import av
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet

from vidfer.errors import UsageError
from vidfer.rendering.result import Sound

# A container whose reader fails this often in a row has nothing more to give.
_MOST_READ_ERRORS: Final = 100

# AAC's highest rate that every player knows.
_MOST_AAC_HZ: Final = 48000
_LEAST_AAC_HZ: Final = 8000

_LAYOUTS: Final = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}

_MATROSKA: Final = "matroska"

# From this version of PyAV on, copied streams say how much of their beginning is to be skipped.
_DELAY_SINCE: Final = 18
_KEEPS_DELAY: Final = int(av.__version__.split(".")[0]) >= _DELAY_SINCE


class _Copy:
    """One audio stream whose packets are taken over as they are."""

    encodes: Final = False

    def __init__(
        self, stream: AudioStream, output: OutputContainer, *, start: Fraction, least_s: float
    ) -> None:
        self._output = output
        self._stream = output.add_stream_from_template(stream)
        assert stream.time_base is not None
        self._shift = round(start / stream.time_base)
        self._least = least_s / float(stream.time_base)
        self._last_dts: int | None = None

    def take(self, packet: "Packet[AudioStream]") -> None:
        if packet.dts is None or not packet.size:
            return  # flushes the decoder, or is damaged
        dts = packet.dts - self._shift
        if dts < self._least or (self._last_dts is not None and dts <= self._last_dts):
            return  # containers refuse times that do not rise, as after damage
        self._last_dts = dts
        packet.pts = dts if packet.pts is None else packet.pts - self._shift
        packet.dts = dts
        packet.stream = self._stream
        self._output.mux(packet)

    def finish(self) -> None:
        """Nothing is held back."""


class _Encoding:
    """One audio stream that is decoded and encoded as AAC."""

    encodes: Final = True

    def __init__(self, stream: AudioStream, output: OutputContainer, *, start: Fraction) -> None:
        self._output = output
        rate = min(max(stream.rate, _LEAST_AAC_HZ), _MOST_AAC_HZ)
        channels = stream.layout.nb_channels
        # Some containers tell how many channels there are, but not which.
        layout = _LAYOUTS.get(channels, stream.layout.name)
        self._stream = output.add_stream("aac", rate=rate, layout=layout)
        self._start = start

    def take(self, packet: "Packet[AudioStream]") -> None:
        try:
            frames = packet.decode()
        except av.FFmpegError:
            return  # damaged
        for frame in frames:
            if frame.pts is not None and frame.time_base is not None:
                frame.pts -= round(self._start / frame.time_base)
            self._output.mux(self._stream.encode(frame))

    def finish(self) -> None:
        self._output.mux(self._stream.encode(None))


class SoundCarrier:
    """Takes all audio streams of a container over, up to a time, so that both stay in step."""

    def __init__(self, source: InputContainer, output: OutputContainer, *, start: Fraction) -> None:
        """Add the streams to the output; `start` is the time in seconds that becomes 0.

        Raises:
            UsageError: the sound does not go into this kind of container.
        """
        self._start = start
        streams = [s for s in source.streams.audio if s.codec_context is not None and s.time_base]
        # What an encoder puts before the beginning, to be skipped, Matroska knows of only if
        # its own reader says so: otherwise it would move everything to begin with it.
        knows = _KEEPS_DELAY and _MATROSKA in source.format.name
        forgets = _MATROSKA in output.format.name and not knows
        least_s = 0.0 if forgets else float("-inf")
        self._carriers = {
            s.index: _carrier(s, output, start=start, least_s=least_s) for s in streams
        }
        self._packets = _packets(source, streams)
        self._next: Packet[AudioStream] | None = None

    @property
    def kind(self) -> Sound:
        """What becomes of the sound."""
        if not self._carriers:
            return "none"
        encodes = any(carrier.encodes for carrier in self._carriers.values())
        return "encoded" if encodes else "copied"

    def up_to(self, time_s: float) -> None:
        """Write all packets that begin by this time."""
        while True:
            packet = self._next or next(self._packets, None)
            self._next = packet
            if packet is None or self._time_s(packet) > time_s:
                return
            self._next = None
            self._carriers[packet.stream.index].take(packet)

    def finish(self) -> None:
        """Write what is left."""
        self.up_to(float("inf"))
        for carrier in self._carriers.values():
            carrier.finish()

    def _time_s(self, packet: "Packet[AudioStream]") -> float:
        if packet.dts is None or packet.time_base is None:
            return float("-inf")
        return float(packet.dts * packet.time_base - self._start)


def _carrier(
    stream: AudioStream, output: OutputContainer, *, start: Fraction, least_s: float
) -> _Copy | _Encoding:
    try:
        if _takes(output.format.name, stream):
            return _Copy(stream, output, start=start, least_s=least_s)
        return _Encoding(stream, output, start=start)
    except (av.FFmpegError, ValueError) as error:
        codec = stream.codec_context.codec.canonical_name
        raise UsageError(
            f"The sound ({codec}) does not go into this file: write an .mkv file, or leave "
            "the sound out with --no-audio."
        ) from error


def _takes(container: str, stream: AudioStream) -> bool:
    """Tell whether a container takes a stream as it is; its list of codecs is not reliable."""
    try:
        with av.open(io.BytesIO(), "w", format=container) as trial:
            trial.add_stream_from_template(stream)
            trial.start_encoding()
    except (av.FFmpegError, ValueError):
        return False
    return True


def _packets(source: InputContainer, streams: list[AudioStream]) -> "Iterator[Packet[AudioStream]]":
    """Yield the packets that can be read."""
    errors_in_row = 0
    while streams and errors_in_row < _MOST_READ_ERRORS:
        try:
            for packet in source.demux(streams):
                errors_in_row = 0
                yield packet  # type: ignore[misc]  # of the audio streams asked for
            return
        except av.FFmpegError:
            errors_in_row += 1
