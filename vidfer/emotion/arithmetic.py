"""How much a network computes."""

import torch
from torch import nn

from vidfer.batches import CROP_SIDE_PX


def multiply_adds(network: nn.Module) -> int:
    """Return the multiply-adds of one 48x48 crop, those of convolutions and linear layers.

    Biases, normalisations, activations and pooling are not counted, as is customary (He
    et al. 2016). The network is left in evaluation mode.
    """
    counts: list[int] = []

    def count(layer: nn.Module, _: object, output: torch.Tensor) -> None:
        # Each output number is one row of the weights times one patch of the input.
        weights = layer.get_parameter("weight")
        counts.append(output[0].numel() * weights[0].numel())

    layers = [m for m in network.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
    hooks = [layer.register_forward_hook(count) for layer in layers]
    try:
        device = next(network.parameters()).device
        with torch.inference_mode():
            network.eval()(torch.zeros(1, 1, CROP_SIDE_PX, CROP_SIDE_PX, device=device))
    finally:
        for hook in hooks:
            hook.remove()
    return sum(counts)
