"""What the tests of the face stage share: one thread."""

import pytest


@pytest.fixture(autouse=True)
def _one_thread(one_torch_thread):
    """Networks give the same bits only with the same number of threads."""
