"""Whether decord is known to be right on a file, by its headers and packets."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream

from vidfer.video.container import VideoInfo, describe, open_container
from vidfer.video.decord_source import DecordUnfitError
from vidfer.video.source import TAIL_TOLERANCE_S

# decord 0.6.0 bundles FFmpeg 4.1: these it decodes as FFmpeg 8 does.
_CONTAINERS: Final = frozenset({"mov", "mp4", "matroska", "webm"})
_CODECS: Final = frozenset({"h264", "hevc", "vp8", "vp9", "mpeg4"})

# Below this decord's scaler fails ("from_size == to_size").
_LEAST_SIDE_PX: Final = 32

# decord decodes ahead of a slow consumer without bound: a file's whole decoded content
# has to fit in here.
READ_AHEAD_BYTES: Final = 512 * 2**20


@dataclass(frozen=True)
class Preflight:
    """That decord may decode a file, and what it cannot tell itself.

    `times_s` are the presentation times of all frames, float64 (N,), rising; `rotation`
    is how far the coded picture is turned to the left to stand upright, in degrees.
    """

    info: VideoInfo
    times_s: np.ndarray
    rotation: int


def preflight(path: Path, *, max_pixels: int) -> Preflight:
    """Judge a file by its headers and packets.

    Raises:
        DecordUnfitError: decord may not decode the file; the message says why.
        VideoError: the file cannot be used by any decoder.
    """
    container, stream = open_container(path, max_pixels=max_pixels)
    with container:
        info = describe(container, stream)
        _refuse(_header_objection(info, streams=len(container.streams.video)))
        rotation = _rotation(container, stream)
        container.seek(0)
        stamps, end = _stamps(container, stream)
        time_base = stream.time_base or Fraction(1)
    times_s = np.array([float(t * time_base - info.start) for t in sorted(stamps)])
    _refuse(_times_objection(info, times_s, end_s=float(end * time_base - info.start)))
    return Preflight(info=info, times_s=times_s, rotation=rotation)


def _refuse(objection: str | None) -> None:
    if objection:
        raise DecordUnfitError(objection)


def _rotation(container: InputContainer, stream: VideoStream) -> int:
    """Decode one frame: PyAV shows the container's rotation nowhere else."""
    try:
        return next(container.decode(stream)).rotation % 360
    except (av.FFmpegError, StopIteration) as error:
        raise DecordUnfitError("the first frame is damaged") from error


def _header_objection(info: VideoInfo, *, streams: int) -> str | None:
    if not _CONTAINERS & set(info.container.split(",")):
        return f"decord is not trusted with the container {info.container}"
    if info.codec not in _CODECS:
        return f"decord is not trusted with the codec {info.codec}"
    if min(info.width, info.height) < _LEAST_SIDE_PX:
        return "decord cannot read frames this small"
    if streams != 1:
        return "decord may take another one of several video streams"
    if info.pictures_s is None:
        return "the header does not say when the pictures end"
    return _claimed_memory_objection(info)


def _claimed_memory_objection(info: VideoInfo) -> str | None:
    frames = info.frames_expected or round((info.duration_s or 0) * (info.frame_rate or 0))
    if not frames:
        return "the file does not say how many frames decord might hold in memory"
    return _memory_objection(info, frames)


def _memory_objection(info: VideoInfo, frames: int) -> str | None:
    read_ahead = frames * info.width * info.height * 3
    if read_ahead > READ_AHEAD_BYTES:
        return (
            f"decord's read-ahead could take {read_ahead / 2**20:.0f} MiB, "
            f"more than {READ_AHEAD_BYTES / 2**20:.0f}"
        )
    return None


def _stamps(container: InputContainer, stream: VideoStream) -> tuple[list[int], int]:
    """Return the packets' presentation stamps, and when the last one ends.

    Damaged, hidden and timeless packets are refused.
    """
    stamps = []
    end = 0
    try:
        for packet in container.demux(stream):
            if packet.size == 0:
                continue
            if packet.is_discard:
                _refuse("an edit list hides frames that decord would show")
            if packet.is_corrupt or packet.pts is None:
                raise DecordUnfitError("packets are damaged or without a time")
            stamps.append(packet.pts)
            end = max(end, packet.pts + (packet.duration or 0))
    except av.FFmpegError as error:
        raise DecordUnfitError("the file is damaged or cut off") from error
    return stamps, end


def _times_objection(info: VideoInfo, times_s: np.ndarray, *, end_s: float) -> str | None:
    if len(times_s) == 0:
        return "the file holds no packets"
    if info.frames_expected not in (None, len(times_s)):
        return f"the header says {info.frames_expected} frames, the file holds {len(times_s)}"
    if times_s[0] < 0 or (np.diff(times_s) <= 0).any():
        return "times begin before the file or do not rise"
    if info.pictures_s is not None and info.pictures_s - end_s > TAIL_TOLERANCE_S:
        return "the file is cut short"
    return _memory_objection(info, len(times_s))
