"""All videos of an index as one."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from vidfer.analysis.resampling import interval_of_means
from vidfer.emotions import EMOTIONS
from vidfer.reporting.index_data import IndexRow

_CONFIDENCE: Final = 0.95
_RESAMPLES: Final = 2000


def total_of(rows: Sequence[IndexRow]) -> dict[str, Any] | None:
    """Return means over all videos weighted by time, named as by `summarize`.

    With `n_videos`, `usable_s` and, where two or more videos count, the ends of an interval
    that resamples videos. None where no video has a face that counts.
    """
    known = [row.summary for row in rows if row.summary.get("weight_s")]
    if not known:
        return None
    weights = np.array([summary["weight_s"] for summary in known], dtype=np.float64)
    means = np.array([[summary[f"mean_{name}"] for name in EMOTIONS] for summary in known])
    sums = means * weights[:, None]
    total: dict[str, Any] = {"n_videos": len(known), "weight_s": float(weights.sum())}
    for name, value in zip(EMOTIONS, sums.sum(0) / weights.sum()):
        total[f"mean_{name}"] = float(value)
    found = interval_of_means(sums, weights, confidence=_CONFIDENCE, resamples=_RESAMPLES, seed=0)
    for end, values in zip(("low", "high"), found or ()):
        total |= {f"mean_{name}_{end}": float(value) for name, value in zip(EMOTIONS, values)}
    return total
