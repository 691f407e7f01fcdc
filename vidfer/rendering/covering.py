"""Where faces are to be covered at a time: on their rows, between them, and around them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from vidfer.rendering.face_rows import NO_TRACK, FaceRows

# By what part of its size a region grows on each side per second without a row: faces move.
_GROWTH_PER_S: Final = 1.0


@dataclass(frozen=True)
class _Track:
    """One person's boxes by rising time: time_s (N,), box_px (N, 4)."""

    time_s: np.ndarray
    box_px: np.ndarray


class FaceCover:
    """The regions to cover at any time of a video.

    Each box is widened by `margin` of its width and height on every side. Where a track has
    no row for a while its box is interpolated, if that takes at most twice `hold_s`; else it
    stays for `hold_s` after its last row and comes `hold_s` before its next one.
    """

    def __init__(self, rows: FaceRows, *, margin: float, hold_s: float) -> None:
        self._margin = margin
        self._hold_s = hold_s
        self._tracks = list(_tracks(rows))
        self._first_s = np.array([track.time_s[0] for track in self._tracks])
        self._last_s = np.array([track.time_s[-1] for track in self._tracks])

    def regions(self, time_s: float) -> list[tuple[float, float, float, float]]:
        """Return left, top, right, bottom of every region, in pixels, beyond the frame as well."""
        near = (self._first_s - self._hold_s <= time_s) & (time_s <= self._last_s + self._hold_s)
        found = (self._region(self._tracks[i], time_s) for i in np.flatnonzero(near))
        return [region for region in found if region is not None]

    def _region(self, track: _Track, time_s: float) -> tuple[float, float, float, float] | None:
        after = int(np.searchsorted(track.time_s, time_s))
        before = after - 1
        if after < len(track.time_s) and track.time_s[after] == time_s:
            return self._widened(track.box_px[after], 0.0)
        left_s = time_s - track.time_s[before] if before >= 0 else np.inf
        right_s = track.time_s[after] - time_s if after < len(track.time_s) else np.inf
        nearest_s = min(left_s, right_s)
        if left_s + right_s <= 2 * self._hold_s:
            share = left_s / (left_s + right_s)
            box = (1 - share) * track.box_px[before] + share * track.box_px[after]
            return self._widened(box, nearest_s)
        if nearest_s > self._hold_s:
            return None
        return self._widened(track.box_px[before if left_s <= right_s else after], nearest_s)

    def _widened(self, box: np.ndarray, away_s: float) -> tuple[float, float, float, float]:
        x, y, width, height = (float(value) for value in box)
        part = self._margin + _GROWTH_PER_S * away_s
        return (
            x - part * width,
            y - part * height,
            x + (1 + part) * width,
            y + (1 + part) * height,
        )


def _tracks(rows: FaceRows) -> Iterator[_Track]:
    """Yield each track; a face without one stands alone."""
    faces = np.flatnonzero(rows.has_face)
    order = faces[np.lexsort((rows.time_s[faces], rows.track[faces]))]
    track, time_s, box = rows.track[order], rows.time_s[order], rows.box_px[order]
    starts = (track[1:] != track[:-1]) | (track[1:] == NO_TRACK)
    for part in np.split(np.arange(len(order)), np.flatnonzero(starts) + 1):
        if len(part):
            yield _Track(time_s=time_s[part], box_px=box[part])
