"""What is done to each frame: faces drawn, or faces covered."""

from typing import Final, Literal, Protocol

from PIL import Image

from vidfer.errors import UsageError
from vidfer.rendering.blurring import blur_regions, blur_whole
from vidfer.rendering.covering import FaceCover
from vidfer.rendering.face_rows import FaceRows

# What becomes of frames without a row when faces are blurred.
NotAnalysed = Literal["refuse", "hide", "cover"]

# Times of a row and of its frame may differ by what floats and milliseconds round.
_SAME_TIME_S: Final = 1e-3


class Painter(Protocol):
    """Changes pictures one by one, in the order of the video."""

    def paint(self, picture: Image.Image, *, frame: int, time_s: float, rows: slice) -> Image.Image:
        """Return what is shown of a picture, which may be changed; `rows` are its own."""
        ...


class FaceHider:
    """Covers faces; counts what it did."""

    def __init__(self, cover: FaceCover, *, not_analysed: NotAnalysed) -> None:
        self._cover = cover
        self._not_analysed = not_analysed
        self.frames_with_face = 0
        self.frames_hidden = 0

    def paint(self, picture: Image.Image, *, frame: int, time_s: float, rows: slice) -> Image.Image:
        """Return the picture with every known face covered.

        Raises:
            UsageError: it was not analysed, and that is to be refused.
        """
        if rows.start == rows.stop:
            if self._not_analysed == "hide":
                self.frames_hidden += 1
                return blur_whole(picture)
            if self._not_analysed == "refuse":
                raise UsageError(_refusal(frame, time_s))
        regions = self._cover.regions(time_s)
        self.frames_with_face += bool(regions)
        blur_regions(picture, regions)
        return picture


def _refusal(frame: int, time_s: float) -> str:
    return (
        f"Frame {frame} ({time_s:.3f} s) was not analysed, so that faces in it could be missed: "
        "analyse every frame (without --every, --fps, --start and --end), or choose "
        "--not-analysed hide (blur such frames as a whole) or cover (only faces known from "
        "the frames around it)."
    )


def refuse_other_times(rows: FaceRows, at: slice, *, frame: int, time_s: float) -> None:
    """Hold a frame's rows against the frame itself.

    Raises:
        UsageError: they speak of another time, so that they belong to another frame.
    """
    if at.start < at.stop and abs(rows.time_s[at.start] - time_s) > _SAME_TIME_S:
        raise UsageError(
            f"Frame {frame} is shown at {time_s:.3f} s, but the timeline has it at "
            f"{rows.time_s[at.start]:.3f} s: analyse the video again with this version of vidfer."
        )
