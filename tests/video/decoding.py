"""Decoding a whole file in one call, and cases of decoder and clip to run it on."""

from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import pytest

from tests.clips import HEALTHY, read_number
from vidfer.batches import FrameBatch
from vidfer.config import DecoderChoice
from vidfer.planes import PlanarFrames
from vidfer.resume_point import ResumePoint
from vidfer.video.container import VideoInfo
from vidfer.video.decord_source import is_available
from vidfer.video.opening import open_video
from vidfer.video.selection import FrameSelection
from vidfer.video.source import DecodeRecord

MAX_PIXELS = 10_000_000
WHOLE = FrameSelection()

# PlanarFrames.rgb() against PyAV's own conversion: swscale rounds in whole numbers.
MEAN_LEVELS = 1.3
MOST_LEVELS = 4

needs_decord = pytest.mark.skipif(not is_available(), reason="decord is not installed")

# Files on which decord gives other frames or times than a player, or none.
REFUSED_BY_DECORD = (
    "edit_list",
    "transport_stream",
    "program_stream",
    "avi",
    "avi_b_frames",
    "gif",
    "raw_h264",
    "tiny",
    "long_sound",
)


@dataclass(frozen=True)
class Decoded:
    """All that one reading of a file gave."""

    batches: list[FrameBatch]
    decoder: str
    why: str
    info: VideoInfo
    record: DecodeRecord

    @cached_property
    def frames(self) -> list[np.ndarray]:
        """All frames in RGB."""
        return [frame for batch in self.batches for frame in batch.rgb()]

    @cached_property
    def numbers(self) -> list[int]:
        return [read_number(frame) for frame in self.frames]

    @property
    def index(self) -> list[int]:
        return [int(index) for batch in self.batches for index in batch.index]

    @property
    def times_s(self) -> list[float]:
        return [float(time_s) for batch in self.batches for time_s in batch.time_s]


def decode(
    path: Path,
    *,
    decoder: DecoderChoice = "pyav",
    selection: FrameSelection = WHOLE,
    chunk_frames: int = 16,
    detect_every: int = 1,
    after: ResumePoint | None = None,
) -> Decoded:
    opened = open_video(path, decoder=decoder, max_pixels=MAX_PIXELS)
    source = opened.source
    try:
        batches = list(
            source.batches(
                selection=selection,
                chunk_frames=chunk_frames,
                detect_every=detect_every,
                after=after,
            )
        )
    finally:
        source.close()
    return Decoded(batches, source.decoder, opened.why, source.info, source.record)


@cache
def decode_once(path: Path, *, decoder: DecoderChoice = "pyav", chunk_frames: int = 16) -> Decoded:
    """Decode a whole file, or return what it gave to an earlier test: nobody may change that."""
    decoded = decode(path, decoder=decoder, chunk_frames=chunk_frames)
    for batch in decoded.batches:
        for array in (*pixels_of(batch), batch.index, batch.time_s):
            array.flags.writeable = False
    return decoded


def pixels_of(batch: FrameBatch) -> tuple[np.ndarray, ...]:
    """Return the arrays in which a batch keeps its frames."""
    if isinstance(batch.frames, PlanarFrames):
        return batch.frames.luma, batch.frames.chroma
    return (batch.frames,)


def cases(*, kinds: tuple[str, ...] = tuple(HEALTHY)):
    """Return every decoder with every kind of healthy clip that it reads, as parameters."""
    return [
        pytest.param(
            decoder,
            kind,
            id=f"{decoder}-{kind}",
            marks=[needs_decord] if decoder == "decord" else [],
        )
        for decoder in ("pyav", "decord")
        for kind in kinds
        if decoder == "pyav" or kind not in REFUSED_BY_DECORD
    ]
