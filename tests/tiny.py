"""A network and pictures small enough that tests can train in a fraction of a second."""

import numpy as np
from torch import nn

from vidfer.batches import CROP_SIDE_PX
from vidfer.emotion.residual import ResidualNetwork
from vidfer.emotions import EMOTIONS
from vidfer.training.data.labelled_faces import FERPLUS_CHOICES, LabelledFaces


def tiny_network() -> nn.Module:
    """A residual network of some thousand weights, dropout included."""
    # With fewer than 16 channels, oneDNN (torch 2.15) crashes in training on 48x48.
    return ResidualNetwork(
        stem_channels=16, stage_channels=(16,), blocks=1, dropout=0.2, view_side_px=48
    )


def striped_faces(count: int, *, seed: int = 0, votes: bool = False) -> LabelledFaces:
    """Pictures whose stripes are the finer the larger their label, with noise; perhaps votes."""
    random = np.random.default_rng(seed)
    labels = np.arange(count, dtype=np.int64) % len(EMOTIONS)
    places = np.arange(CROP_SIDE_PX)
    waves = np.sin(places * (0.2 + 0.4 * labels[:, None]) + random.uniform(0, 6, (count, 1)))
    noise = random.normal(0, 10, (count, CROP_SIDE_PX, CROP_SIDE_PX))
    pictures = (128 + 80 * waves[:, :, None] + noise).clip(0, 255).astype(np.uint8)
    if not votes:
        return LabelledFaces(pictures=pictures, labels=labels)
    counts = random.integers(0, 3, (count, len(FERPLUS_CHOICES)), dtype=np.uint8)
    counts[np.arange(count), labels] += 6
    return LabelledFaces(pictures=pictures, labels=labels, votes=counts)
