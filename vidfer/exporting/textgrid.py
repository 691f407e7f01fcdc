"""Praat's TextGrid, long text form: a tier per track.

Source: https://www.fon.hum.uva.nl/praat/manual/TextGrid_file_formats.html.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from vidfer.exporting.episode_list import Episode, tiers_of
from vidfer.exporting.format import EpisodeFormat
from vidfer.exporting.recording import Recording

# Praat wants a tier, and every tier a name.
_NO_EPISODES: Final = "no episodes"


def _write(recording: Recording, listed: list[Episode], file: Path) -> None:
    tiers = tiers_of(listed) or {_NO_EPISODES: []}
    # Praat refuses a grid without extent.
    end_ms = max([1, round(recording.end_s * 1000), *(one.offset_ms for one in listed)])
    with file.open("w", encoding="utf-8") as text:
        text.write('File type = "ooTextFile"\nObject class = "TextGrid"\n\n')
        text.write(f"xmin = 0\nxmax = {_seconds(end_ms)}\n")
        text.write(f"tiers? <exists>\nsize = {len(tiers)}\nitem []:\n")
        for number, (name, lane) in enumerate(tiers.items(), start=1):
            text.write(f"    item [{number}]:\n")
            text.writelines(f"        {line}\n" for line in _tier(name, lane, end_ms))


def _tier(name: str, lane: Iterable[Episode], end_ms: int) -> Iterator[str]:
    intervals = list(_tiled(lane, end_ms))
    yield 'class = "IntervalTier"'
    yield f'name = "{name}"'
    yield "xmin = 0"
    yield f"xmax = {_seconds(end_ms)}"
    yield f"intervals: size = {len(intervals)}"
    for number, (start_ms, stop_ms, label) in enumerate(intervals, start=1):
        yield f"intervals [{number}]:"
        yield f"    xmin = {_seconds(start_ms)}"
        yield f"    xmax = {_seconds(stop_ms)}"
        yield f'    text = "{label}"'


def _tiled(lane: Iterable[Episode], end_ms: int) -> Iterator[tuple[int, int, str]]:
    """Yield a tier's intervals without holes: what is no episode is an empty text."""
    at_ms = 0
    for one in lane:
        if one.onset_ms > at_ms:
            yield at_ms, one.onset_ms, ""
        yield one.onset_ms, one.offset_ms, one.emotion
        at_ms = one.offset_ms
    if at_ms < end_ms:
        yield at_ms, end_ms, ""


def _seconds(time_ms: int) -> str:
    """Return exact seconds: the end of an interval must be the start of the next."""
    return f"{time_ms / 1000:.3f}".rstrip("0").rstrip(".")


FORMAT: Final = EpisodeFormat(".TextGrid", _write)
