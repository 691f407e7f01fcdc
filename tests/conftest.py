"""What tests of every room share: clips made in code, shared data, a face, a clean random state."""

import random
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.clips import ClipFolder

REPOSITORY = Path(__file__).resolve().parents[1]
SHARED = REPOSITORY.parent / "shared"


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> ClipFolder:
    """Tiny clips of many kinds, each made when a test first asks for it."""
    return ClipFolder(tmp_path_factory.mktemp("clips"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder `shared` beside the repository, with real videos and data."""
    if not SHARED.is_dir():
        pytest.skip("there is no folder 'shared' beside the repository")
    return SHARED


@pytest.fixture(scope="session")
def astronaut() -> np.ndarray:
    """A portrait with one face of about 90x120 pixels, RGB, uint8 (512, 512, 3)."""
    import skimage.data  # few tests need it

    return skimage.data.astronaut()


@pytest.fixture(autouse=True)
def _keep_random_state() -> Iterator[None]:
    """Leave the random generators as they were, without importing torch for it."""
    torch = sys.modules.get("torch")
    python, numpy = random.getstate(), np.random.get_state()
    state = torch.random.get_rng_state() if torch else None
    yield
    random.setstate(python)
    np.random.set_state(numpy)
    if torch and state is not None:
        torch.random.set_rng_state(state)


@pytest.fixture
def one_torch_thread() -> Iterator[None]:
    """Run torch on one thread, as vidfer does."""
    from vidfer.compute import torch_threads  # imports torch, which few tests need

    with torch_threads(1):
        yield
