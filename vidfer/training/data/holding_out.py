"""Pictures that training does not see, where the data names none."""

import hashlib
from typing import Final

import numpy as np

from vidfer.emotions import EMOTIONS
from vidfer.errors import DataError
from vidfer.training.data.labelled_faces import LabelledFaces

# One of so many pictures is held out.
_HELD_OUT_OF: Final = 10


def hold_out_tenth(faces: LabelledFaces, *, place: str) -> tuple[LabelledFaces, LabelledFaces]:
    """Return (training, held out): a tenth of each emotion's pictures is held out.

    The pixels decide, not the order of rows: each emotion's pictures are put in the order
    of their digests and the first tenth goes, at least one of two or more. So it is the
    same tenth every time, and copies of a picture stay together, whatever their labels.

    Raises:
        DataError: there is no emotion with two different pictures; the message names `place`.
    """
    held_out = is_held_out(faces)
    if not held_out.any():
        raise DataError(
            f"{place} has too few pictures to hold some out: at least one emotion must have two."
        )
    return faces.rows(~held_out), faces.rows(held_out)


def is_held_out(faces: LabelledFaces) -> np.ndarray:
    """Tell of each picture whether it is held out, bool (N,)."""
    keys = np.array([_key(picture) for picture in faces.pictures], dtype=np.uint64)
    different, copies_of = np.unique(keys, return_inverse=True)
    # A picture that is there with several labels counts for the first of them.
    emotions = np.full(len(different), len(EMOTIONS))
    np.minimum.at(emotions, copies_of, faces.labels)
    first = np.zeros(len(different), dtype=bool)
    for emotion in range(len(EMOTIONS)):
        members = np.flatnonzero(emotions == emotion)
        if len(members) > 1:
            first[members[: max(len(members) // _HELD_OUT_OF, 1)]] = True
    chosen: np.ndarray = first[copies_of]
    return chosen


def _key(picture: np.ndarray) -> int:
    return int.from_bytes(hashlib.sha256(picture.tobytes()).digest()[:8], "big")
