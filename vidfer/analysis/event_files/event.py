"""What every reader of events returns."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Event:
    """A labelled stretch of time.

    video: the name that the file gives, None for all videos. start_s, end_s: seconds of
    presentation time. tier: the layer of annotations that it lies on, where there are any.
    where: its place in the file, for messages ("line 4").
    """

    video: str | None
    start_s: float
    end_s: float
    label: str
    tier: str | None
    where: str
