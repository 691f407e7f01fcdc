"""From the frames that the detector looked at to the frames between them.

Recorded video lets us look ahead: the faces of two frames are matched, their squares
interpolated, and the cascade's last network looks at each frame in between, where it
refines box and landmarks and confirms that a face is there. Where that does not work
out (entrance, exit, fast motion, doubt), the detector looks at the frame in the middle,
and so on with both halves.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Protocol

import numpy as np

from vidfer.faces.detection import Faces, joined, without_contained
from vidfer.faces.matching import matched_pairs, overlaps
from vidfer.faces.surfaces import Surfaces

# How much a refined box must overlap the interpolated one: less is another face, or none.
_LEAST_AGREEMENT: Final = 0.5

# How far a face may move from one end to the other, in sides of its box: generously, as
# the network has to confirm every step.
_MOST_SHIFT: Final = 3.5

# A face of this score at both ends does not vanish in between: if the network denies it,
# it moved otherwise than expected. Of lower ones the network's word is taken; the
# detector itself sees them in one frame and not in the next.
_SURE_SCORE: Final = 0.95


class Cascade(Protocol):
    """What following needs of a detector; see MtcnnDetector."""

    least_score: float

    def find(self, surfaces: Surfaces, rows: np.ndarray) -> list[Faces]:
        """Return the faces of each of the frames `rows`."""
        ...

    def look(self, surfaces: Surfaces, rows: np.ndarray, squares_px: np.ndarray) -> Faces:
        """Return what the last network makes of squares in the frames `rows`."""
        ...


@dataclass(frozen=True)
class Followed:
    """The faces of each frame, and whether the detector looked at it itself, bool (N,)."""

    faces: list[Faces]
    detected: np.ndarray


@dataclass(frozen=True)
class _Span:
    """The frames between `first` and `last`, whose faces are known."""

    first: int
    last: int

    @property
    def is_empty(self) -> bool:
        return len(self.inner) == 0

    @property
    def inner(self) -> range:
        return range(self.first + 1, self.last)

    @property
    def middle(self) -> int:
        return (self.first + self.last) // 2

    def halves(self) -> "tuple[_Span, _Span]":
        return _Span(self.first, self.middle), _Span(self.middle, self.last)


@dataclass(frozen=True)
class _Proposals:
    """Squares to look at in the frames `rows` (K,), and what is expected there.

    squares_px: corners (K, 4). boxes_px: x, y, width, height (K, 4). score: the lower one
    of the face's scores at both ends (K,).
    """

    rows: np.ndarray
    squares_px: np.ndarray
    boxes_px: np.ndarray
    score: np.ndarray


class FaceFollower:
    """Fills in the frames between those that the detector looked at.

    Faces of less than `min_score` are not followed when they have no partner, and for those
    smaller than `min_side_px` the detector is not called again.
    """

    def __init__(self, cascade: Cascade, *, min_score: float, min_side_px: float) -> None:
        self._cascade = cascade
        self._min_score = min_score
        self._min_side_px = min_side_px

    def follow(
        self,
        surfaces: Surfaces,
        known: dict[int, Faces],
        time_s: np.ndarray,
        *,
        scenes: np.ndarray,
    ) -> Followed:
        """Return all frames' faces.

        known: the faces of the frames that were looked at; the frame after the last one
            may be among them.
        time_s: presentation times of the frames and, where its faces are known, of the
            one after the last, in seconds, rising.
        scenes: which of these frames begin a scene, bool like time_s.
        """
        known = dict(known)
        self._detect(surfaces, known, _scene_edges(scenes, len(surfaces)))
        followed: dict[int, Faces] = {}
        spans = _spans(known)
        while spans:
            open_spans = self._follow(surfaces, known, followed, spans, time_s)
            self._detect(surfaces, known, [span.middle for span in open_spans])
            halves = (half for span in open_spans for half in span.halves())
            spans = [half for half in halves if not half.is_empty]
        rows = range(len(surfaces))
        return Followed(
            faces=[known[row] if row in known else followed[row] for row in rows],
            detected=np.array([row in known for row in rows], dtype=bool),
        )

    def _detect(self, surfaces: Surfaces, known: dict[int, Faces], rows: list[int]) -> None:
        missing = np.array([row for row in rows if row not in known], dtype=np.int64)
        if len(missing):
            known.update(zip(missing.tolist(), self._cascade.find(surfaces, missing)))

    def _follow(
        self,
        surfaces: Surfaces,
        known: dict[int, Faces],
        followed: dict[int, Faces],
        spans: list[_Span],
        time_s: np.ndarray,
    ) -> list[_Span]:
        """Add to `followed` what can be followed; return the spans that need a closer look."""
        ends = [self._ends(known[span.first], known[span.last]) for span in spans]
        proposals = _proposals(spans, ends, time_s)
        seen = self._cascade.look(surfaces, proposals.rows, proposals.squares_px)
        open_spans, start = [], 0
        for span, (first, _) in zip(spans, ends):
            faces = self._confirmed(seen, proposals, span, start, len(first))
            start += len(first) * len(span.inner)
            if faces is None:
                open_spans.append(span)
            else:
                followed.update(faces)
        return open_spans

    def _ends(self, first: Faces, last: Faces) -> tuple[Faces, Faces]:
        """Return the faces of both ends, pair by pair.

        A face without a partner is paired with itself: either it leaves or enters, which
        the frames in between will show, or the detector missed it at the other end.
        """
        pairs = matched_pairs(last.boxes_px, first.boxes_px, most_shift=_MOST_SHIFT)
        alone_first = self._alone(first, list(pairs.values()))
        alone_last = self._alone(last, list(pairs.keys()))
        return (
            joined(first.take(_rows(pairs.values())), alone_first, alone_last),
            joined(last.take(_rows(pairs.keys())), alone_first, alone_last),
        )

    def _alone(self, faces: Faces, paired: list[int]) -> Faces:
        """Return the faces without a partner that are sure enough to be followed."""
        alone = np.setdiff1d(np.flatnonzero(faces.score >= self._min_score), paired)
        return faces.take(alone)

    def _confirmed(
        self, seen: Faces, proposals: _Proposals, span: _Span, start: int, count: int
    ) -> dict[int, Faces] | None:
        """Return the frames' faces; None if the network denies one that was sure at the ends."""
        rows = np.arange(start, start + count * len(span.inner))
        faces = seen.take(rows)
        doubtless = (proposals.score[rows] >= _SURE_SCORE) & (
            proposals.boxes_px[rows, 2:].max(axis=1, initial=0) >= self._min_side_px
        )
        present = (faces.score > self._cascade.least_score) & (
            _agreement(faces.boxes_px, proposals.boxes_px[rows]) >= _LEAST_AGREEMENT
        )
        if (~present & doubtless).any():
            return None
        by_row = {}
        for k, row in enumerate(span.inner):
            mine = np.arange(k * count, (k + 1) * count)
            by_row[row] = without_contained(faces.take(mine[present[mine]]))
        return by_row


def _scene_edges(scenes: np.ndarray, count: int) -> list[int]:
    """Return the frames on both sides of each cut, and the last one if none is known after it."""
    cuts = np.flatnonzero(scenes)
    edges = {int(row) for cut in cuts for row in (cut - 1, cut)}
    if len(scenes) == count:
        edges.add(count - 1)
    return sorted(row for row in edges if 0 <= row < count)


def _spans(known: dict[int, Faces]) -> list[_Span]:
    rows = sorted(known)
    spans = (_Span(first, last) for first, last in pairwise(rows))
    return [span for span in spans if not span.is_empty]


def _proposals(
    spans: list[_Span], ends: list[tuple[Faces, Faces]], time_s: np.ndarray
) -> _Proposals:
    """Return the squares of all spans' faces, frame by frame, moving evenly in time."""
    parts = [
        _Proposals(
            rows=np.full(len(first), row, dtype=np.int64),
            squares_px=first.squares_px + share * (last.squares_px - first.squares_px),
            boxes_px=first.boxes_px + share * (last.boxes_px - first.boxes_px),
            score=np.minimum(first.score, last.score),
        )
        for span, (first, last) in zip(spans, ends)
        for row, share in _shares(span, time_s)
    ]
    return _Proposals(
        rows=np.concatenate([part.rows for part in parts]),
        squares_px=np.concatenate([part.squares_px for part in parts]),
        boxes_px=np.concatenate([part.boxes_px for part in parts]),
        score=np.concatenate([part.score for part in parts]),
    )


def _agreement(boxes_px: np.ndarray, expected_px: np.ndarray) -> np.ndarray:
    """Return how much each box overlaps the one expected in its place, (K,)."""
    pairs = zip(boxes_px, expected_px)
    return np.array([overlaps(box[None], other[None])[0, 0] for box, other in pairs])


def _rows(rows: Iterable[int]) -> np.ndarray:
    return np.array(list(rows), dtype=np.int64)


def _shares(span: _Span, time_s: np.ndarray) -> Iterator[tuple[int, np.float32]]:
    start_s, end_s = time_s[span.first], time_s[span.last]
    for row in span.inner:
        yield row, np.float32((time_s[row] - start_s) / (end_s - start_s))
