"""What a chunk's neighbours need of it: arrays that may travel to another process."""

from dataclasses import dataclass

import numpy as np

from vidfer.faces.detection import Faces
from vidfer.faces.scenes import new_scenes


@dataclass(frozen=True)
class Outline:
    """A chunk of N frames without its pixels.

    size_px: height and width of each frame.
    thumbnails: float32 (N, 18, 32), see scenes.py. time_s: float64 (N,).
    new_scene: which frames begin a scene after one before them in the chunk, bool (N,).
    first: the faces of its first frame.
    """

    size_px: tuple[int, int]
    thumbnails: np.ndarray
    time_s: np.ndarray
    new_scene: np.ndarray
    first: Faces


def is_cut(thumbnail: np.ndarray, time_s: float, following: Outline) -> bool:
    """Tell whether a chunk begins another scene than the frame before it showed."""
    pair = np.stack([thumbnail, following.thumbnails[0]])
    return bool(new_scenes(pair, np.array([time_s, following.time_s[0]]))[1])
