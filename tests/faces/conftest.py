"""What the tests of the face stage share: one thread and a real face."""

import numpy as np
import pytest
import skimage.data


@pytest.fixture(autouse=True)
def _one_thread(one_torch_thread):
    """Networks give the same bits only with the same number of threads."""


@pytest.fixture(scope="session")
def astronaut() -> np.ndarray:
    """A portrait with one face of about 90x120 pixels, RGB, uint8 (512, 512, 3)."""
    return skimage.data.astronaut()
