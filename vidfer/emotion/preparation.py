"""The one way from grey pixels to network input: training, evaluation and analysis."""

from typing import Final

import torch

# Keeps a flat crop (a black frame, a lens cap) from being blown up to noise:
# four of 255 grey levels is below what a face shows even in poor light.
_LEAST_DEVIATION: Final = 4.0


def prepare_crops(crops: torch.Tensor) -> torch.Tensor:
    """Turn grey crops, uint8 (N, 48, 48), into network input, float32 (N, 1, 48, 48).

    Each crop is brought to mean 0 and standard deviation 1, so that dark, bright and
    low-contrast faces look alike to the network. The memory layout is channels-last, in
    which convolutions run several times as fast on the CPU.
    """
    grey = crops.to(torch.float32).unsqueeze(1)
    if len(grey) == 0:
        return grey  # torch warns of the deviation of nothing
    mean = grey.mean(dim=(2, 3), keepdim=True)
    deviation = grey.std(dim=(2, 3), keepdim=True, correction=0)
    prepared = (grey - mean) / deviation.clamp_min(_LEAST_DEVIATION)
    return prepared.contiguous(memory_format=torch.channels_last)
