"""What most of FER+'s taggers see in a picture, as one of the seven labels."""

from typing import Final

import numpy as np

from vidfer.emotions import emotion_of
from vidfer.training.data.labelled_faces import FERPLUS_CHOICES

NO_MAJORITY: Final = -1


def _label_of(choice: str) -> int:
    label = emotion_of(choice)
    return NO_MAJORITY if label is None else label


# Contempt, "unknown" and "nf" (no face) are none of the seven.
_LABELS: Final = np.array([_label_of(choice) for choice in FERPLUS_CHOICES], dtype=np.int64)


def ferplus_majority(votes: np.ndarray) -> np.ndarray:
    """Return the label that most taggers chose (Barsoum et al. 2016), int64 (N,).

    It is NO_MAJORITY where nobody was asked, where two choices share the first place, and
    where the first is none of the seven. `votes` is uint8 (N, 10), as in LabelledFaces.
    """
    most = votes.max(axis=1, keepdims=True)
    alone = (votes == most).sum(axis=1) == 1
    return np.where(alone, _LABELS[votes.argmax(axis=1)], NO_MAJORITY)
