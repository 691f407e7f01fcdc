"""A video's episodes in whole milliseconds, in lanes where none overlaps another."""

from dataclasses import asdict, dataclass

from vidfer.analysis.episodes import EpisodeRule, episodes
from vidfer.exporting.recording import Recording


@dataclass(frozen=True)
class Episode:
    """A stretch of an emotion of a track; `offset_ms` is always after `onset_ms`.

    mean: the emotion's mean probability over it.
    """

    track: int
    emotion: str
    onset_ms: int
    offset_ms: int
    mean: float


def episodes_of(recording: Recording, rule: EpisodeRule) -> list[Episode]:
    """Return the episodes of a recording by onset, then track."""
    found = episodes(recording.rows, **asdict(rule)).collect()
    listed = [
        _episode(*row)
        for row in found.select("track", "emotion", "onset_s", "offset_s", "mean").iter_rows()
    ]
    return sorted(listed, key=lambda one: (one.onset_ms, one.track, one.offset_ms))


def _episode(track: int, emotion: str, onset_s: float, offset_s: float, mean: float) -> Episode:
    onset_ms = max(0, round(onset_s * 1000))
    # An annotation without extent is none in any of the formats.
    offset_ms = max(onset_ms + 1, round(offset_s * 1000))
    return Episode(track, emotion, onset_ms, offset_ms, mean)


def tiers_of(listed: list[Episode]) -> dict[str, list[Episode]]:
    """Return episodes by the name of the tier they stand on, tracks in order.

    A track has one tier, and more (`track 0 (2)`) where its own episodes overlap, which two
    emotions of a face may: neither ELAN nor Praat allows that within a tier.
    """
    lanes: dict[int, list[list[Episode]]] = {}
    for one in listed:
        tracks = lanes.setdefault(one.track, [])
        free = next((lane for lane in tracks if lane[-1].offset_ms <= one.onset_ms), None)
        if free is None:
            tracks.append([one])
        else:
            free.append(one)
    return {
        _tier_name(track, number): lane
        for track, of_track in sorted(lanes.items())
        for number, lane in enumerate(of_track)
    }


def _tier_name(track: int, number: int) -> str:
    return f"track {track}" if number == 0 else f"track {track} ({number + 1})"
