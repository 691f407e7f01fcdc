"""How two readings are compared."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from vidfer.analysis.coded_frames import emotion_index
from vidfer.analysis.options import require_choice, require_count, require_number
from vidfer.errors import SettingsError

Faces = Literal["all", "largest"]

# Half of the time from frame to frame at 25 a second.
DEFAULT_TOLERANCE_S: Final = 0.02

# Detectors frame the same face differently: tightly, with the hair, by its landmarks.
DEFAULT_MIN_IOU: Final = 0.3


@dataclass(frozen=True, kw_only=True)
class CompareOptions:
    """The options of `compare`, under the same names.

    Raises:
        SettingsError: one is outside its range.
    """

    tolerance_s: float
    min_iou: float
    faces: Faces | None
    usable_only: bool
    tier: str | None
    labels: Mapping[str, str] | None
    uncoded: str | None
    min_overlap: float
    confidence: float
    resamples: int
    seed: int

    def __post_init__(self) -> None:
        require_number("tolerance_s", self.tolerance_s, least=0)
        require_number("min_iou", self.min_iou, above=0, most=1)
        require_number("min_overlap", self.min_overlap, above=0, most=1)
        require_number("confidence", self.confidence, above=0, most=1)
        if self.confidence == 1:
            raise SettingsError("confidence must be below 1: no interval is certain.")
        require_count("resamples", self.resamples, least=1)
        require_count("seed", self.seed, least=0)
        if self.faces is not None:
            require_choice("faces", self.faces, ("all", "largest"))

    @property
    def uncoded_emotion(self) -> int | None:
        """The emotion of frames that nobody coded, an index."""
        return None if self.uncoded is None else emotion_index(self.uncoded)
