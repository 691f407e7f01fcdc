"""Steps that ask how steep the loss is around the weights, not only at them."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


@contextmanager
def uphill(network: nn.Module, *, radius: float) -> Iterator[None]:
    """Move the weights by `radius` in the direction of their gradients, and back afterwards.

    Gradients taken inside lead, at the weights outside, towards places around which the
    loss is low as well (sharpness-aware minimisation, Foret et al. 2021). Running
    statistics are afterwards what they were, since they belong to the weights outside.
    """
    slopes = [
        (weights, weights.grad) for weights in network.parameters() if weights.grad is not None
    ]
    before = [weights.detach().clone() for weights, _ in slopes]
    statistics = [buffer.clone() for buffer in network.buffers()]
    steepness = torch.stack([slope.norm() for _, slope in slopes]).norm()
    with torch.no_grad():
        for weights, slope in slopes:
            weights.add_(slope * (radius / (steepness + torch.finfo(steepness.dtype).tiny)))
    yield
    with torch.no_grad():
        for (weights, _), kept in zip(slopes, before):
            weights.copy_(kept)
        for buffer, kept in zip(network.buffers(), statistics):
            buffer.copy_(kept)
