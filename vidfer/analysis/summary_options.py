"""The options of summaries, and what they mean together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from vidfer.analysis.options import require_choice, require_count, require_number
from vidfer.analysis.sums import Unit
from vidfer.errors import SettingsError

By = Literal["video", "track", "window", "event", "group"]
BYS: Final[tuple[By, ...]] = ("video", "track", "window", "event", "group")

_SHORTEST_WINDOW_S: Final = 0.01


@dataclass(frozen=True, kw_only=True)
class SummaryOptions:
    """The options of `summarize` that can be checked before anything is read.

    Raises:
        SettingsError: one is outside its range, or contradicts another.
    """

    by: By
    window_s: float | None
    has_events: bool
    has_attributes: bool
    group_by: Sequence[str]
    person: str | None
    confidence: float
    resamples: int
    seed: int

    def __post_init__(self) -> None:
        require_choice("by", self.by, BYS)
        if self.window_s is not None:
            require_number("window_s", self.window_s, least=_SHORTEST_WINDOW_S)
        require_number("confidence", self.confidence, above=0, below=1)
        require_count("resamples", self.resamples, least=0)
        require_count("seed", self.seed, least=0)
        self._require_what_it_takes()
        self._refuse_contradictions()

    @property
    def is_pooled(self) -> bool:
        """Whether rows stand for several videos."""
        return self.by == "group" or bool(self.group_by)

    @property
    def unit(self) -> Unit:
        """What is summed up before it is pooled."""
        if self.by != "group":
            return self.by
        if self.has_events:
            return "event"
        return "video" if self.window_s is None else "window"

    def _require_what_it_takes(self) -> None:
        if self.by == "window" and self.window_s is None:
            raise SettingsError("by window needs a length in seconds: give window_s as well.")
        if self.by == "event" and not self.has_events:
            raise SettingsError("by event needs events: give a file of them as well.")
        if (self.group_by or self.person) and not self.has_attributes:
            raise SettingsError(
                "group_by and person name columns of attributes: give a file of these as well."
            )

    def _refuse_contradictions(self) -> None:
        if self.window_s is not None and self.has_events:
            raise SettingsError("window_s and events exclude each other: give one of them.")
        if self.window_s is not None and self.by not in ("window", "group"):
            raise SettingsError(f"window_s goes with by window or by group, not by {self.by}.")
        if self.has_events and self.by not in ("event", "group"):
            raise SettingsError(f"events go with by event or by group, not by {self.by}.")
        if self.group_by and self.by in ("video", "track"):
            raise SettingsError(
                f"by {self.by} gives each {self.by} a row: use by group to pool the videos of one."
            )
