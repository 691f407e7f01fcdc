"""Crops to calibrated probabilities."""

import numpy as np
import torch

from vidfer.batches import EmotionBatch
from vidfer.compute import BLOCK_ITEMS, choose_precision, in_blocks, in_portions
from vidfer.emotion.folding import for_inference, input_dtype
from vidfer.emotion.models import EmotionModel
from vidfer.emotion.preparation import prepare_crops
from vidfer.emotions import EMOTIONS
from vidfer.precision import Precision, PrecisionChoice


class EmotionClassifier:
    """Classifies grey crops with one model on one device.

    On the CPU a crop's probabilities have the same bits whatever the batch size and
    whichever crops are classified with it. `precision` is what the network computes in;
    bfloat16 moves a probability by a few thousandths and takes half the time where the
    processor has it (docs/models.md).
    """

    precision: Precision

    def __init__(
        self,
        model: EmotionModel,
        *,
        device: torch.device,
        batch_size: int,
        precision: PrecisionChoice = "auto",
    ) -> None:
        self.precision = choose_precision(precision, device)
        self._input_dtype = input_dtype(self.precision)
        self._network = for_inference(model.network, precision=self.precision).to(device)
        self._temperature = model.card.temperature
        self._device = device
        self._batch_size = batch_size
        # The GPU is fastest with whole batches; the CPU gains nothing from them.
        self._block_items = BLOCK_ITEMS if device.type == "cpu" else batch_size

    @torch.inference_mode()
    def classify(self, crops: np.ndarray) -> EmotionBatch:
        """Return the probabilities of `crops`, uint8 (F, 48, 48), row for row.

        Raises:
            MemoryError: it does not suffice for one crop; batches are halved before that.
        """
        if len(crops) == 0:
            return EmotionBatch(probabilities=np.empty((0, len(EMOTIONS)), dtype=np.float32))
        every = torch.from_numpy(crops)
        parts = in_portions(
            lambda start, stop: self._classify(every[start:stop]),
            len(every),
            most=self._batch_size,
        )
        return EmotionBatch(probabilities=torch.cat(parts).numpy())

    def _classify(self, crops: torch.Tensor) -> torch.Tensor:
        prepared = prepare_crops(crops.to(self._device)).to(self._input_dtype)
        logits = in_blocks(self._network, prepared, block_items=self._block_items)
        # Double precision keeps the seven probabilities' sum at 1 to the last bit that
        # float32 can show, and costs nothing at this size.
        probabilities = torch.softmax(logits.cpu().double() / self._temperature, dim=1)
        return probabilities.float()
