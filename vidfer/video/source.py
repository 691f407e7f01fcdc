"""The contract that every decoder keeps."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

from vidfer.batches import FrameBatch
from vidfer.resume_point import ResumePoint
from vidfer.video.container import VideoInfo
from vidfer.video.selection import FrameSelection

DecoderName = Literal["decord", "pyav"]

# Stretches shorter than this are rounding.
_INSTANT_S: Final = 1e-3

# Time lost at the end is noticed from here on: headers round, sound outlasts pictures. Of short
# clips it is noticed from this share of them on.
TAIL_TOLERANCE_S: Final = 1.0
_TAIL_TOLERANCE_SHARE: Final = 0.25


@dataclass
class DecodeRecord:
    """What happened while a video was decoded; filled in by its source.

    width, height and rotation describe the first upright frame. `fault` is one sentence
    about what could not be decoded, None when all was well.
    """

    frames_decoded: int = 0
    frames_selected: int = 0
    bad_packets: int = 0
    lost_ranges_s: list[tuple[float, float]] = field(default_factory=list)
    width: int = 0
    height: int = 0
    rotation: int = 0
    guessed_times: int = 0
    fault: str | None = None

    @property
    def is_healthy(self) -> bool:
        """Whether nothing was damaged, lost or guessed so far."""
        return not (self.fault or self.bad_packets or self.lost_ranges_s or self.guessed_times)

    def add_loss(self, start_s: float, end_s: float) -> None:
        """Note a stretch without frames, joining it to the one before where they touch."""
        if self.lost_ranges_s and start_s <= self.lost_ranges_s[-1][1] + _INSTANT_S:
            start_s = min(start_s, self.lost_ranges_s[-1][0])
            end_s = max(end_s, self.lost_ranges_s.pop()[1])
        self.lost_ranges_s.append((start_s, end_s))

    def regain(self, start_s: float, end_s: float) -> None:
        """Take a stretch back out of what was lost: its frame came late."""
        kept = []
        for low, high in self.lost_ranges_s:
            kept += [(low, min(high, start_s)), (max(low, end_s), high)]
        self.lost_ranges_s = [(low, high) for low, high in kept if high - low > _INSTANT_S]


class VideoSource(Protocol):
    """One video, decoded once, from its start or from where it was left.

    `batches` yields the selected frames in presentation order, upright, in batches of
    one size, with the numbers and times that `ffprobe -show_frames` gives. Frames that
    cannot be decoded are missing, and `record` says so. A source is closed after use.

    Batches are cut between slots (vidfer/slots.py): each but the first begins with a frame
    that begins a slot, unless size or kind of the frames (planes or RGB, and their colour
    coding) change there. It holds at most `slots.frames_per_chunk` frames.
    """

    decoder: DecoderName
    info: VideoInfo
    record: DecodeRecord

    def batches(
        self,
        *,
        selection: FrameSelection,
        chunk_frames: int,
        detect_every: int,
        after: ResumePoint | None = None,
    ) -> Iterator[FrameBatch]:
        """Yield the selected frames; how they are cut into batches changes no frame.

        With `after`, only those that come after it, which was the last frame of a batch. The
        record is then the same as if all had been decoded.

        Raises:
            VideoError: the file cannot be read any more, or its decoder gave up.
        """
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


def note_missing_end(record: DecodeRecord, *, announced_s: float | None, last_end_s: float) -> None:
    """Record the time between what was read last and the end that the header announces."""
    if announced_s is None:
        return
    if announced_s - last_end_s <= min(TAIL_TOLERANCE_S, _TAIL_TOLERANCE_SHARE * announced_s):
        return
    record.add_loss(last_end_s, announced_s)
    record.fault = (
        f"The video breaks off at {last_end_s:.2f} s of {announced_s:.2f} s: "
        "the file was cut short or its end is damaged."
    )
