"""What may be done to the pictures before the network sees them.

vidfer brings every picture to mean 0 and deviation 1 just before the network. That
cannot hide histogram equalisation, which is done before. Fixed scaling, however, must get
around it: two pixels of every picture are set to black and white, and the network's first
layer reads from them how grey levels were shifted and stretched, and undoes it.
"""

from collections.abc import Callable

import numpy as np
import torch
from skimage import exposure
from torch import nn

Preparation = Callable[[np.ndarray], np.ndarray]

_WHITE = 255


def same(pictures: np.ndarray) -> np.ndarray:
    """Return the pictures, uint8 (N, 48, 48), as they are."""
    return pictures


def equalised(pictures: np.ndarray) -> np.ndarray:
    """Return pictures in which every grey level is about as frequent as any other."""
    return _each(pictures, exposure.equalize_hist)


def clahe(pictures: np.ndarray) -> np.ndarray:
    """Return pictures equalised in parts (6x6 pixels), with limited contrast."""
    return _each(pictures, exposure.equalize_adapthist)


def referenced(pictures: np.ndarray) -> np.ndarray:
    """Return pictures whose first two pixels are black and white, for `FixedScale`."""
    marked = pictures.copy()
    marked[:, 0, 0], marked[:, 0, 1] = 0, _WHITE
    return marked


class FixedScale(nn.Module):
    """Bring `referenced` pictures back to grey from 0 to 1, then to (grey - mean) / deviation."""

    def __init__(self, *, mean: float, deviation: float) -> None:
        super().__init__()
        self._mean, self._deviation = mean, deviation

    def forward(self, crops: torch.Tensor) -> torch.Tensor:
        """Map prepared crops, float32 (N, 1, 48, 48), to the same shape."""
        black, white = crops[:, :, :1, :1], crops[:, :, :1, 1:2]
        return ((crops - black) / (white - black) - self._mean) / self._deviation


def _each(pictures: np.ndarray, change: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    return np.stack([np.rint(_WHITE * change(p)).astype(np.uint8) for p in pictures])
