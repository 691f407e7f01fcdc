"""What the network is asked to say: labels, or probabilities where there are votes."""

from dataclasses import dataclass
from typing import Final

import torch
from torch.nn import functional

from vidfer.emotions import EMOTIONS
from vidfer.training.data.labelled_faces import LabelledFaces

# Keeps the weights of vote patterns that hardly occur from growing without bound.
_PENALTY: Final = 1e-5
_MOST_STEPS: Final = 200


def training_targets(faces: LabelledFaces, *, votes_weight: float) -> torch.Tensor:
    """Return labels, int64 (N,), or with votes probabilities, float32 (N, 7).

    A picture with votes gets (1 - votes_weight) times its label plus votes_weight times
    what its votes say; one without keeps its label.
    """
    labels = torch.from_numpy(faces.labels)
    if not votes_weight or faces.votes is None:
        return labels
    votes = torch.from_numpy(faces.votes).to(torch.float32)
    voted = votes.sum(dim=1) > 0
    targets = functional.one_hot(labels, len(EMOTIONS)).to(torch.float32)
    if voted.any():
        reading = VoteReading.fitted(votes[voted], labels[voted])
        said = reading.label_probabilities(votes[voted])
        targets[voted] = torch.lerp(targets[voted], said, votes_weight)
    return targets


@dataclass(frozen=True)
class VoteReading:
    """What FER+'s votes say about FER2013's labels.

    FER+'s taggers (Barsoum et al. 2016) and FER2013's labels disagree in ways that
    repeat themselves (much of FER2013's "sad" is "neutral" to the taggers). A logistic
    regression of the labels on vote shares and their products learns these ways, so
    that the votes take noise from the labels without changing what a label means.

    `weights` is float64 (V + V * V, 7) for V choices.
    """

    weights: torch.Tensor

    @classmethod
    def fitted(cls, votes: torch.Tensor, labels: torch.Tensor) -> "VoteReading":
        """Learn from votes, float32 (N, V), no row all zero, and their labels, int64 (N,)."""
        features = _features(votes)
        shape = (features.shape[1], len(EMOTIONS))
        weights = torch.zeros(shape, dtype=torch.double, requires_grad=True)
        optimizer = torch.optim.LBFGS(
            [weights], max_iter=_MOST_STEPS, line_search_fn="strong_wolfe"
        )

        def loss() -> torch.Tensor:
            optimizer.zero_grad()
            value = functional.cross_entropy(features @ weights, labels)
            value = value + _PENALTY * weights.square().sum()
            value.backward()
            return value

        with torch.enable_grad():
            optimizer.step(loss)
        return cls(weights=weights.detach())

    def label_probabilities(self, votes: torch.Tensor) -> torch.Tensor:
        """Return what votes, float32 (N, V), no row all zero, say: float32 (N, 7)."""
        return torch.softmax(_features(votes) @ self.weights, dim=1).float()


def _features(votes: torch.Tensor) -> torch.Tensor:
    """Return vote shares and the products of each two, float64 (N, V + V * V)."""
    shares = votes / votes.sum(dim=1, keepdim=True)
    products = (shares.unsqueeze(2) * shares.unsqueeze(1)).flatten(1)
    return torch.cat([shares, products], dim=1).double()
