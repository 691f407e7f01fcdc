"""How well two readings of the same faces agree, from sums that add up over videos."""

from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vidfer.emotions import EMOTIONS

Floats = npt.NDArray[np.float64]

# Of each emotion's probabilities x (source) and y (other): pairs, sums of x, y, xx, yy, xy, |x-y|.
MOMENTS: Final = 7

# Sums of squares that are this small against what they come from are rounding.
_ROUNDING: Final = 1e-12


@dataclass(frozen=True, kw_only=True)
class Tally:
    """What is counted of one video; tallies of several videos add up.

    frames_source, frames_other: distinct frames of each. frames: those of both, at the same
    time. both, only_source, only_other, neither: of these, frames with a face in both, in
    one, in none. faces_source, faces_other: faces in these frames; pairs: faces that were
    found to be the same and are compared. confusion: int64 (7, 7), the other's emotion by
    the source's. moments: float64 (7, MOMENTS), sums over pairs with probabilities.
    """

    frames_source: int
    frames_other: int
    frames: int
    both: int
    only_source: int
    only_other: int
    neither: int
    faces_source: int
    faces_other: int
    pairs: int
    confusion: npt.NDArray[np.int64]
    moments: Floats

    def __add__(self, other: "Tally") -> "Tally":
        names = [field.name for field in fields(self)]
        return Tally(**{name: getattr(self, name) + getattr(other, name) for name in names})


NO_TALLY: Final = Tally(
    frames_source=0,
    frames_other=0,
    frames=0,
    both=0,
    only_source=0,
    only_other=0,
    neither=0,
    faces_source=0,
    faces_other=0,
    pairs=0,
    confusion=np.zeros((len(EMOTIONS), len(EMOTIONS)), dtype=np.int64),
    moments=np.zeros((len(EMOTIONS), MOMENTS)),
)


def confusion_of(source: npt.NDArray[Any], other: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Count pairs of emotions, indices into EMOTIONS: the other's by the source's, (7, 7)."""
    counts = np.bincount(other * len(EMOTIONS) + source, minlength=len(EMOTIONS) ** 2)
    return counts.reshape(len(EMOTIONS), len(EMOTIONS)).astype(np.int64)


def moments_of(source: Floats, other: Floats) -> Floats:
    """Sum pairs of probabilities, (N, 7) each, up to (7, MOMENTS)."""
    ones = np.ones_like(source)
    parts = [ones, source, other, source**2, other**2, source * other, np.abs(source - other)]
    return np.stack([part.sum(axis=0) for part in parts], axis=-1)


def accuracy(confusion: npt.NDArray[Any]) -> Floats:
    """Return the share of pairs on the diagonal of (..., 7, 7); NaN without pairs."""
    counts = confusion.astype(np.float64)
    return _ratio(np.trace(counts, axis1=-2, axis2=-1), counts.sum(axis=(-2, -1)))


def kappa(confusion: npt.NDArray[Any]) -> Floats:
    """Return Cohen's kappa of (..., 7, 7) counts (Cohen 1960), unweighted.

    NaN without pairs, and where both only ever say the same one word.
    """
    counts = confusion.astype(np.float64)
    total = counts.sum(axis=(-2, -1))
    chance = _ratio((counts.sum(axis=-2) * counts.sum(axis=-1)).sum(axis=-1), total**2)
    return _ratio(accuracy(confusion) - chance, 1.0 - chance)


@dataclass(frozen=True)
class Closeness:
    """How close two raters' probabilities are: arrays of shape (..., 7), NaN where undefined.

    icc_absolute and icc_consistency are ICC(A,1) and ICC(C,1) of McGraw & Wong (1996), the
    same as Shrout & Fleiss' ICC(2,1) and ICC(3,1); pearson is their correlation;
    mean_difference is source minus other.
    """

    icc_absolute: Floats
    icc_consistency: Floats
    pearson: Floats
    mean_source: Floats
    mean_other: Floats
    mean_difference: Floats
    mean_absolute_difference: Floats


def closeness(moments: Floats) -> Closeness:
    """Return the figures of sums (..., 7, MOMENTS)."""
    n, x, y, xx, yy, xy, apart = np.moveaxis(moments, -1, 0)
    varied_x, varied_y = _spread(xx, x, n), _spread(yy, y, n)
    together = xy - _ratio(x * y, n)
    mean_x, mean_y = _ratio(x, n), _ratio(y, n)
    # Mean squares of the two-way layout with two raters, each times n - 1.
    between, within = varied_x + varied_y, (varied_x + varied_y - 2 * together) / 2
    raters = (n - 1) * n * (mean_x - mean_y) ** 2 / 2
    return Closeness(
        icc_absolute=_ratio(2 * together, between + _ratio(2 * (raters - within), n)),
        icc_consistency=_ratio(2 * together, between),
        pearson=_ratio(together, np.sqrt(varied_x * varied_y)),
        mean_source=mean_x,
        mean_other=mean_y,
        mean_difference=mean_x - mean_y,
        mean_absolute_difference=_ratio(apart, n),
    )


def _spread(squares: Floats, values: Floats, n: Floats) -> Floats:
    """Return the sum of squares around the mean; rounding is not taken for spread."""
    spread = squares - _ratio(values**2, n)
    return np.where(spread > squares * _ROUNDING, spread, 0.0)


def _ratio(above: Floats, below: Floats) -> Floats:
    """Return above / below; NaN where below is 0."""
    empty: Floats = np.full(np.broadcast_shapes(np.shape(above), np.shape(below)), np.nan)
    return np.divide(above, below, out=empty, where=np.not_equal(below, 0))
