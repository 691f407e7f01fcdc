"""What training minimises: cross-entropy, and agreement with teachers."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from vidfer.emotion.folding import for_inference, input_dtype
from vidfer.emotion.models import load_model
from vidfer.emotion.networks import require_side
from vidfer.emotions import EMOTIONS
from vidfer.training.recipe import Recipe


class TrainingLoss:
    """The loss of a batch, with the recipe's label smoothing, class balance and teachers.

    Teachers look at what they are shown beside the network's pictures, and what counts is
    the mean of their probabilities (Hinton et al. 2015), with the recipe's `teachers_flip`
    also over each picture and its mirror image.

    Raises:
        SettingsError: a teacher does not take pictures of the recipe's `crop_side_px`.
        WeightsError: a teacher is unknown or altered.
    """

    def __init__(self, labels: np.ndarray, *, recipe: Recipe, device: torch.device) -> None:
        self._recipe = recipe
        self._class_weights = _class_weights(labels, strength=recipe.class_balance).to(device)
        models = [load_model(name) for name in recipe.teachers]
        self.teachers_sha256 = tuple(model.card.weights_sha256 for model in models)
        self._teachers: list[nn.Module] = []
        for name, model in zip(recipe.teachers, models):
            require_side(model.network, name=name, side_px=recipe.augmentation.crop_side_px)
            teacher = for_inference(model.network, precision=recipe.precision)
            self._teachers.append(teacher.to(device))

    def taught(self, crops: torch.Tensor) -> torch.Tensor | None:
        """Return what teachers say of prepared crops, probabilities (B, 7); None without any."""
        if not self._teachers:
            return None
        seen = crops.to(input_dtype(self._recipe.precision))
        views = [seen, seen.flip(-1)] if self._recipe.teachers_flip else [seen]
        with torch.no_grad():
            logits = [teacher(view).float() for teacher in self._teachers for view in views]
        softened = [torch.softmax(z / self._recipe.teachers_temperature, dim=1) for z in logits]
        return torch.stack(softened).mean(dim=0)

    def __call__(
        self, logits: torch.Tensor, targets: torch.Tensor, taught: torch.Tensor | None
    ) -> torch.Tensor:
        """Return the loss of `logits` (B, 7), a scalar.

        `targets` are labels, int64 (B,), or probabilities, float32 (B, 7); `taught` is
        what teachers say of the same pictures.
        """
        loss = self._of_targets(logits, targets)
        if taught is None:
            return loss
        return torch.lerp(loss, self._of_teachers(logits, taught), self._recipe.teachers_weight)

    def _of_targets(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        smoothing = self._recipe.label_smoothing
        if not self._recipe.class_balance:
            return functional.cross_entropy(logits, targets, label_smoothing=smoothing)
        losses = functional.cross_entropy(
            logits, targets, label_smoothing=smoothing, reduction="none"
        )
        weights = self._class_weights
        # Whole pictures are weighted: torch's own class weights would smooth towards the
        # rare classes, and mean something else for probabilities than for labels.
        counts = weights[targets] if targets.ndim == 1 else targets @ weights
        return (counts * losses).mean()

    def _of_teachers(self, logits: torch.Tensor, taught: torch.Tensor) -> torch.Tensor:
        temperature = self._recipe.teachers_temperature
        # The square keeps the gradient's size when the temperature softens both sides.
        return temperature**2 * functional.cross_entropy(logits / temperature, taught)


def _class_weights(labels: np.ndarray, *, strength: float) -> torch.Tensor:
    """Return how much a picture of each class counts, float32 (7,), 1 in the pictures' mean.

    At strength 0 all pictures count the same, at 1 all classes; a class without pictures
    counts like one of the mean size.
    """
    counts = np.bincount(labels, minlength=len(EMOTIONS)).astype(np.float64)
    counts[counts == 0] = counts.mean()
    weights = (counts.mean() / counts) ** strength
    return torch.from_numpy(weights / weights[labels].mean()).float()
