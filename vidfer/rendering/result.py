"""What became of a rendering, for a person and for a program."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

# What happened to the sound: its packets were copied, some had to be encoded anew for this
# container, there was none, or it was left out.
Sound = Literal["copied", "encoded", "none", "left out"]


@dataclass(frozen=True, kw_only=True)
class Rendering:
    """A rendered video.

    path: where it is.
    frames: frames written.
    frames_with_face: those of them on which a face was drawn or covered.
    frames_not_analysed: those of which the timeline has no row.
    frames_hidden: those that were blurred as a whole.
    sound: what became of it.
    lost_ranges_s: stretches of the source that could not be decoded, and are missing.
    fault: one sentence about what could not be decoded; None when all was well.
    """

    path: Path
    frames: int
    frames_with_face: int
    frames_not_analysed: int
    frames_hidden: int
    sound: Sound
    lost_ranges_s: tuple[tuple[float, float], ...] = ()
    fault: str | None = None

    @property
    def exit_code(self) -> int:
        """0: the whole video; 1: a part of it could not be decoded."""
        return 1 if self.fault or self.lost_ranges_s else 0

    def as_dict(self) -> dict[str, object]:
        """Return the outcome for JSON."""
        return {**asdict(self), "path": str(self.path), "exit_code": self.exit_code}

    def as_text(self) -> str:
        """Return what a person reads after rendering."""
        lines = [
            f"{self.path}: {self.frames:,} frames, {self.frames_with_face:,} with faces, "
            f"sound {self.sound}"
        ]
        if self.frames_not_analysed:
            lines.append(f"{self.frames_not_analysed:,} frames were not analysed.")
        if self.frames_hidden:
            lines.append(f"{self.frames_hidden:,} frames are blurred as a whole.")
        if self.exit_code:
            lost_s = sum(end - start for start, end in self.lost_ranges_s)
            fault = self.fault or "Frames of the video cannot be decoded."
            lines.append(f"{fault} {lost_s:.2f} s are missing.")
        return "\n".join(lines)
