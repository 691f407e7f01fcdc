"""Where a new scene begins: what is seen there has nothing to do with the frame before."""

from typing import Final

import numpy as np
from torch.nn.functional import adaptive_avg_pool2d

from vidfer.faces.surfaces import Surfaces

THUMBNAIL_PX: Final = (18, 32)

# Pixels of a frame that go into one pixel of its thumbnail, along each side; more tell no more.
_SAMPLES: Final = 4

# Two frames belong to different scenes if their thumbnails differ by this much on average
# (grey levels) and correlate less than this. A flash changes the brightness and not the
# picture, noise in the dark changes the picture and not the brightness. On the seven
# clips that we looked at, neighbours in one scene correlate above 0.93.
_LEAST_DIFFERENCE: Final = 8.0
_MOST_CORRELATION: Final = 0.6

# Frames that are further apart than this may differ for other reasons.
_NEIGHBOURS_S: Final = 0.2


def thumbnails(surfaces: Surfaces) -> np.ndarray:
    """Return each frame's brightness in small, float32 (N, 18, 32)."""
    step = max(1, min(surfaces.height, surfaces.width) // (THUMBNAIL_PX[0] * _SAMPLES))
    # The first full plane is luma, or red, which does as well.
    samples = surfaces.full[:, :1, ::step, ::step].float()
    small: np.ndarray = adaptive_avg_pool2d(samples, THUMBNAIL_PX)[:, 0].cpu().numpy()
    return small


def new_scenes(thumbnails: np.ndarray, time_s: np.ndarray) -> np.ndarray:
    """Return which frames begin a scene after the frame before them, bool (N,).

    The first frame has none before it and begins none. `thumbnails` are (N, 18, 32),
    `time_s` presentation times in seconds, (N,).
    """
    flat = thumbnails.reshape(len(thumbnails), -1).astype(np.float64)
    difference = np.abs(np.diff(flat, axis=0)).mean(axis=1)
    centred = flat - flat.mean(axis=1, keepdims=True)
    spread = np.maximum(np.linalg.norm(centred, axis=1), 1e-9)
    correlation = (centred[1:] * centred[:-1]).sum(axis=1) / (spread[1:] * spread[:-1])
    cut = (
        (difference >= _LEAST_DIFFERENCE)
        & (correlation < _MOST_CORRELATION)
        & (np.diff(time_s) <= _NEIGHBOURS_S)
    )
    return np.concatenate([[False], cut])
