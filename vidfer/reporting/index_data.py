"""What the index of many videos shows."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from vidfer.emotions import EMOTIONS
from vidfer.reporting.cautions import Caution
from vidfer.reporting.packing import pack
from vidfer.timeline.manifest import VideoResult

# As many as a line of a table has room for.
BINS: Final = 32
# Probabilities in a line that high need no finer steps than half a per cent.
_STEPS: Final = 200
_NONE: Final = 255


@dataclass(frozen=True, kw_only=True)
class IndexRow:
    """One video in the index.

    Attributes:
        result: its row of the manifest.
        page: URL of its page as seen from the index; None without one.
        summary: its row of `summarize` by video; empty without a timeline.
        line: its course in `BINS` parts, uint8 (BINS, 7).
        cautions: what to know before trusting the figures.
    """

    result: VideoResult
    page: str | None
    summary: Mapping[str, Any]
    line: npt.NDArray[np.uint8]
    cautions: Sequence[Caution]


def empty_line() -> npt.NDArray[np.uint8]:
    """Return the course of a video in which nothing is known."""
    return np.full((BINS, len(EMOTIONS)), _NONE, dtype=np.uint8)


def line_of(points: pl.DataFrame, *, duration_s: float) -> npt.NDArray[np.uint8]:
    """Return the mean probabilities of all faces in each of `BINS` parts of a video.

    Steps of half a per cent, uint8 (BINS, 7); 255 where there is no face.

    Args:
        points: `start_s` and the probabilities, as `thin` returns them.
        duration_s: how long the video is.
    """
    line = empty_line()
    if points.is_empty() or duration_s <= 0:
        return line
    part = (pl.col("start_s") / duration_s * BINS).floor().clip(0, BINS - 1).cast(pl.Int32)
    means = points.group_by(part.alias("part")).agg(pl.col(EMOTIONS).mean())
    values = means.select(EMOTIONS).to_numpy() * _STEPS
    line[means["part"].to_numpy()] = np.clip(np.rint(values), 0, _STEPS).astype(np.uint8)
    return line


def index_data(
    rows: Sequence[IndexRow], *, title: str, total: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return the index as JSON's types: columns, as they are shorter than rows.

    Args:
        rows: its videos.
        title: its heading.
        total: means and intervals over all videos, as `summarize` names them; or None.
    """
    sentences = sorted({(c.level, c.text) for row in rows for c in row.cautions})
    numbers = {sentence: number for number, sentence in enumerate(sentences)}
    return {
        "title": title,
        "emotions": EMOTIONS,
        "bins": BINS,
        "steps": _STEPS,
        "videos": {
            "video": [row.result.video for row in rows],
            "page": [row.page for row in rows],
            "status": [row.result.status for row in rows],
            "reason": [row.result.reason for row in rows],
            "duration_s": [_rounded(row.result.duration_s, 3) for row in rows],
            "frames": [row.result.frames_analysed for row in rows],
            "face_share": [_rounded(_face_share(row.result)) for row in rows],
            "tracks": [row.result.tracks for row in rows],
            "usable_share": [_rounded(row.summary.get("usable_share")) for row in rows],
            "means": [[_rounded(row.summary.get(f"mean_{e}")) for row in rows] for e in EMOTIONS],
            "shares": [[_rounded(row.summary.get(f"share_{e}")) for row in rows] for e in EMOTIONS],
            "cautions": [[numbers[c.level, c.text] for c in row.cautions] for row in rows],
        },
        "sentences": sentences,
        "lines": pack({"line": _all_lines(rows)}),
        "total": None if total is None else {k: _rounded(v) for k, v in total.items()},
        "settings_differ": len({row.result.settings_id for row in rows if row.page}) > 1,
    }


def _all_lines(rows: Sequence[IndexRow]) -> npt.NDArray[np.uint8]:
    if not rows:
        return np.zeros(0, np.uint8)
    return np.concatenate([row.line.ravel() for row in rows])


def _face_share(result: VideoResult) -> float | None:
    return result.frames_with_face / result.frames_analysed if result.frames_analysed else None


def _rounded(value: Any, places: int = 4) -> Any:
    if isinstance(value, float):
        return round(value, places) if math.isfinite(value) else None
    return value
