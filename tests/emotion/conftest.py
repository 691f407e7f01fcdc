"""What the tests of the emotion network share: one thread and synthetic crops."""

import numpy as np
import pytest

from vidfer.batches import CROP_SIDE_PX


@pytest.fixture(autouse=True)
def _one_thread(one_torch_thread):
    """Networks give the same bits only with the same number of threads."""


@pytest.fixture(scope="session")
def crops() -> np.ndarray:
    """Seventy crops of noise of all levels and contrasts, uint8 (70, 48, 48)."""
    random = np.random.default_rng(11)
    level = random.uniform(0, 255, (70, 1, 1))
    contrast = random.uniform(0, 90, (70, 1, 1))
    noise = random.normal(size=(70, CROP_SIDE_PX, CROP_SIDE_PX))
    return np.clip(level + contrast * noise, 0, 255).astype(np.uint8)
