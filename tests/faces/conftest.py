"""What the tests of the face stage share: one thread and a real face."""

import numpy as np
import pytest
import skimage.data
import torch


@pytest.fixture(autouse=True)
def _one_torch_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def astronaut() -> np.ndarray:
    """A portrait with one face of about 90x120 pixels, RGB, uint8 (512, 512, 3)."""
    return skimage.data.astronaut()
