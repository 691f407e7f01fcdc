"""How much a network computes."""

import torch
from torch import nn

from vidfer.batches import CROP_SIDE_PX
from vidfer.emotion.folding import for_inference


def multiply_adds(network: nn.Module) -> int:
    """Return the multiply-adds of one 48x48 crop, those of convolutions and linear layers.

    Biases, normalisations, activations and pooling are not counted, as is customary (He
    et al. 2016).
    """
    ready = for_inference(network, precision="float32")
    counts: list[int] = []

    def count(layer: nn.Module, _: object, output: torch.Tensor) -> None:
        # Each output number is one row of the weights times one patch of the input.
        weights = layer.get_parameter("weight")
        counts.append(output[0].numel() * weights[0].numel())

    for layer in ready.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            layer.register_forward_hook(count)
    device = next(ready.parameters()).device
    with torch.inference_mode():
        ready(torch.zeros(1, 1, CROP_SIDE_PX, CROP_SIDE_PX, device=device))
    return sum(counts)
