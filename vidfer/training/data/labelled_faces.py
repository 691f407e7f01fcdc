"""What training and evaluation work on: grey face pictures with their labels."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from vidfer.batches import CROP_SIDE_PX
from vidfer.emotions import EMOTIONS
from vidfer.training.data.copies import are_copies

# FER+'s choices, in the order of LabelledFaces.votes.
FERPLUS_CHOICES: Final = (
    *("neutral", "happiness", "surprise", "sadness", "anger"),
    *("disgust", "fear", "contempt", "unknown", "nf"),
)

LAST_LABEL: Final = len(EMOTIONS) - 1


@dataclass(frozen=True)
class LabelledFaces:
    """Grey face pictures with their labels.

    `pictures` is uint8 (N, 48, 48); `labels` is int64 (N,), an index into EMOTIONS.
    `votes`, where the data has them, is uint8 (N, 10): how many of FER+'s taggers
    (Barsoum et al. 2016) chose each of FERPLUS_CHOICES, all zero where nobody was asked.
    `sources`, where the data has them, is an array of texts (N,): where each picture
    comes from, empty where that is not known. `files`, where each picture is a file, is
    an array of their paths (N,): there it has its own size and resolution.

    Raises:
        ValueError: an array has another type or length, or a label lies outside 0 to 6.
    """

    pictures: np.ndarray
    labels: np.ndarray
    votes: np.ndarray | None = None
    sources: np.ndarray | None = None
    files: np.ndarray | None = None

    def __post_init__(self) -> None:
        if self.pictures.dtype != np.uint8 or self.pictures.shape[1:] != (
            CROP_SIDE_PX,
            CROP_SIDE_PX,
        ):
            raise ValueError(
                f"pictures must be uint8 (N, 48, 48), got {self.pictures.dtype} "
                f"{self.pictures.shape}"
            )
        _require_shape(self.labels, (len(self.pictures),), name="labels")
        if self.labels.dtype != np.int64:
            raise ValueError(f"labels must be int64, got {self.labels.dtype}")
        wrong = self.labels[~are_labels(self.labels)]
        if len(wrong):
            raise ValueError(f"labels must lie in 0 to {LAST_LABEL}, got {wrong[0]}")
        if self.votes is not None:
            _require_shape(self.votes, (len(self), len(FERPLUS_CHOICES)), name="votes")
            if self.votes.dtype != np.uint8:
                raise ValueError(f"votes must be uint8, got {self.votes.dtype}")
        if self.sources is not None:
            _require_shape(self.sources, (len(self),), name="sources")
            # Numpy keeps texts of many lengths as objects, those of one length as U.
            if self.sources.dtype.kind not in "OU":
                raise ValueError(f"sources must be texts, got {self.sources.dtype}")
        if self.files is not None:
            _require_shape(self.files, (len(self),), name="files")

    def __len__(self) -> int:
        return len(self.labels)

    def rows(self, which: np.ndarray) -> "LabelledFaces":
        """Return copies of the rows that a bool (N,) mask or an array of indices names."""
        return LabelledFaces(
            pictures=self.pictures[which],
            labels=self.labels[which],
            votes=None if self.votes is None else self.votes[which],
            sources=None if self.sources is None else self.sources[which],
            files=None if self.files is None else self.files[which],
        )

    def without_copies_of(self, others: "LabelledFaces") -> "LabelledFaces":
        """Return the pictures that are not, pixel for pixel, among `others`."""
        return self.rows(~are_copies(self.pictures, others.pictures))


def are_labels(values: np.ndarray) -> np.ndarray:
    """Tell of each number whether it is an index into EMOTIONS, bool like `values`."""
    return np.isin(values, np.arange(len(EMOTIONS)))


def _require_shape(array: np.ndarray, shape: tuple[int, ...], *, name: str) -> None:
    if array.shape != shape:
        raise ValueError(f"{name} must be {shape} like pictures, got {array.shape}")
