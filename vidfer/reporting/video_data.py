"""What the page of one video shows."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from vidfer.emotions import EMOTIONS
from vidfer.reporting.findings import VideoFindings
from vidfer.reporting.packing import pack, per_mille, pixels
from vidfer.reporting.thinning import BOX, HIGH, LOW, MOST_TRACKS, SMOOTH

# A page with more of them would be slow to read and to scroll; the longest stay.
MOST_EPISODES: Final = 3000
MOST_EVENTS: Final = 3000

_EPISODE: Final = ("onset_s", "offset_s", "duration_s", "peak_s", "peak", "mean")
_MADE: Final = ("version", "created", "model", "weights_sha256", "device", "precision", "decoder")


def video_data(
    found: VideoFindings,
    *,
    urls: Sequence[str],
    events: pl.DataFrame | None,
    links: Mapping[str, str | None],
    smooth_s: float,
) -> dict[str, Any]:
    """Return a video's page as JSON's types.

    Args:
        found: its figures.
        urls: where the page looks for the video, in this order.
        events: `start_s`, `end_s`, `label` of this video; None if none were asked for.
        links: URLs of the `index`, the `previous` and the `next` page.
        smooth_s: width of the mean over time, in seconds.
    """
    result = found.result
    return {
        "emotions": EMOTIONS,
        "video": result.video,
        "urls": list(urls),
        "links": dict(links),
        "manifest": {**asdict(result), "lost_ranges_s": [list(r) for r in result.lost_ranges_s]},
        "cautions": [asdict(caution) for caution in found.cautions],
        "smooth_s": smooth_s,
        "stretch_s": found.points.stretch_s,
        "tracks_left_out": found.points.tracks_left_out,
        "points": _packed(found.points.table),
        "summary": _plain(found.summary),
        "tracks": _tracks(found.tracks),
        "episodes": _episodes(found.episodes),
        "episodes_left_out": max(found.episodes.height - MOST_EPISODES, 0),
        "events": _events(events),
        "made": {name: found.metadata.get(f"vidfer.{name}") for name in _MADE},
        "settings": json.loads(found.metadata.get("vidfer.settings", "{}")),
    }


def _packed(table: pl.DataFrame) -> dict[str, Any]:
    columns: dict[str, npt.NDArray[Any]] = {
        "track": _array(table, "track").astype("<f4"),
        "start_s": _array(table, "start_s").astype("<f8"),
        "hold_s": _array(table, "hold_s").astype("<f4"),
        "usable": _array(table, "usable").astype("|u1"),
        "face_score": per_mille(_array(table, "face_score")),
    }
    for name in BOX:
        columns[name] = pixels(_array(table, name))
    for names in (EMOTIONS, SMOOTH, LOW, HIGH):
        present = [name for name in names if name in table.columns]
        columns.update({name: per_mille(_array(table, name)) for name in present})
    return pack(columns)


def _array(table: pl.DataFrame, name: str) -> npt.NDArray[np.float64]:
    values: npt.NDArray[np.float64] = table[name].cast(pl.Float64).fill_null(math.nan).to_numpy()
    return values


def _episodes(found: pl.DataFrame) -> list[list[Any]]:
    """Return track, number of the emotion, times and probabilities, to the millisecond."""
    kept = found.sort("duration_s", descending=True).head(MOST_EPISODES).sort("onset_s", "track")
    numbers = {name: number for number, name in enumerate(EMOTIONS)}
    return [
        [row["track"], numbers[row["emotion"]], *(round(row[name], 3) for name in _EPISODE)]
        for row in kept.iter_rows(named=True)
    ]


def _tracks(tracks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the longest tracks' times and shares, by number."""
    names = ("track", "face_s", "usable_s", *(f"share_{name}" for name in EMOTIONS))
    kept = sorted(tracks, key=lambda track: -track["face_s"])[:MOST_TRACKS]
    kept.sort(key=lambda track: track["track"])
    return [_plain({name: track[name] for name in names}) for track in kept]


def _events(events: pl.DataFrame | None) -> list[list[Any]]:
    if events is None:
        return []
    chosen = events.sort("start_s").head(MOST_EVENTS)
    return [list(row) for row in chosen.select("start_s", "end_s", "label").iter_rows()]


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return numbers to four places and nothing that JSON does not know."""
    return {name: _plain_value(value) for name, value in row.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4) if math.isfinite(value) else None
    return value if isinstance(value, (int, str, bool)) else None
