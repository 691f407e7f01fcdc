"""How well FER+'s votes alone tell FER2013's labels: fitted on training, told on PublicTest.

    python benchmarks/votes.py DATA

DATA is a folder with FER2013's training.parquet and public_test.parquet, votes included.
"""

import argparse
from pathlib import Path

import numpy as np
import torch

from vidfer.training.data import LabelledFaces, read_split
from vidfer.training.targets import VoteReading


def voted(faces: LabelledFaces) -> tuple[torch.Tensor, torch.Tensor]:
    assert faces.votes is not None
    rows = np.flatnonzero(faces.votes.sum(axis=1))
    return torch.from_numpy(faces.votes[rows]).float(), torch.from_numpy(faces.labels[rows])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    options = parser.parse_args()
    reading = VoteReading.fitted(*voted(read_split(options.data, "training")))
    for split in ("training", "public_test"):
        votes, labels = voted(read_split(options.data, split))
        probabilities = reading.label_probabilities(votes)
        accuracy = float((probabilities.argmax(1) == labels).float().mean())
        loss = float(torch.nn.functional.nll_loss(probabilities.log(), labels))
        print(f"{split:<12} {len(labels):>6,} pictures  accuracy {accuracy:.4f}  NLL {loss:.4f}")


if __name__ == "__main__":
    main()
