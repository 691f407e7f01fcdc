"""Pictures that are pixel for pixel the same."""

import numpy as np


def picture_groups(pictures: np.ndarray) -> np.ndarray:
    """Number pictures, uint8 (N, 48, 48), so that copies share a number, int64 (N,)."""
    numbers: dict[bytes, int] = {}
    groups = [numbers.setdefault(picture.tobytes(), len(numbers)) for picture in pictures]
    return np.array(groups, dtype=np.int64)


def are_copies(pictures: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Tell of each picture whether it is among `others`; uint8 (N, 48, 48) to bool (N,)."""
    known = {other.tobytes() for other in others}
    return np.array([picture.tobytes() in known for picture in pictures], dtype=bool)
