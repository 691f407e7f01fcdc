"""Whether the same episodes were found: stretches of vidfer's against coded ones."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import mean, median
from typing import Any

import polars as pl

from vidfer.emotions import EMOTIONS


@dataclass
class EventTally:
    """Counts of one emotion: stretches of each side, and what the pairs of them have.

    overlaps: intersection over union of each pair. delays_s: how much later than coded
    each began.
    """

    found: int = 0
    coded: int = 0
    overlaps: list[float] = field(default_factory=list)
    delays_s: list[float] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return counts and figures for JSON; None where there is nothing to divide by."""
        hits = len(self.overlaps)
        return {
            "coded": self.coded,
            "found": self.found,
            "matched": hits,
            "precision": hits / self.found if self.found else None,
            "recall": hits / self.coded if self.coded else None,
            "f1": 2 * hits / (self.found + self.coded) if self.found + self.coded else None,
            "mean_overlap": mean(self.overlaps) if hits else None,
            "median_delay_s": median(self.delays_s) if hits else None,
        }


class EventAgreement:
    """Gathers episodes against codes, video by video."""

    def __init__(self, *, min_overlap: float) -> None:
        self._min_overlap = min_overlap
        self._tallies: dict[int, EventTally] = defaultdict(EventTally)

    def add(self, episodes: pl.DataFrame, codes: pl.DataFrame) -> None:
        """Count episodes (`video`, `emotion`, `onset_s`, `offset_s`) of coded videos.

        A code and an episode of the same emotion are a pair if their overlap is at least
        `min_overlap` of the time that both cover together; best overlaps first, each once.
        """
        for emotion, name in enumerate(EMOTIONS):
            ours = episodes.filter(pl.col("emotion") == name).select("video", "onset_s", "offset_s")
            theirs = codes.filter(pl.col("emotion") == emotion).select("video", "start_s", "end_s")
            tally = self._tallies[emotion]
            tally.found += ours.height
            tally.coded += theirs.height
            for overlap, delay_s in self._pairs(ours, theirs):
                tally.overlaps.append(overlap)
                tally.delays_s.append(delay_s)

    def as_dict(self) -> dict[str, dict[str, Any]]:
        """Return each coded emotion's figures."""
        tallies = ((name, self._tallies[index]) for index, name in enumerate(EMOTIONS))
        return {name: tally.as_dict() for name, tally in tallies if tally.coded}

    def _pairs(self, ours: pl.DataFrame, theirs: pl.DataFrame) -> Iterable[tuple[float, float]]:
        shared = pl.min_horizontal("offset_s", "end_s") - pl.max_horizontal("onset_s", "start_s")
        whole = pl.max_horizontal("offset_s", "end_s") - pl.min_horizontal("onset_s", "start_s")
        candidates = (
            ours.with_row_index("ours")
            .join(theirs.with_row_index("theirs"), on="video")
            .with_columns(overlap=shared / whole, delay_s=pl.col("onset_s") - pl.col("start_s"))
            .filter(pl.col("overlap") >= self._min_overlap)
            .sort("overlap", "ours", "theirs", descending=[True, False, False])
        )
        used: tuple[set[int], set[int]] = (set(), set())
        for one, other, overlap, delay_s in candidates.select(
            "ours", "theirs", "overlap", "delay_s"
        ).iter_rows():
            if one not in used[0] and other not in used[1]:
                used[0].add(one)
                used[1].add(other)
                yield overlap, delay_s
