"""How right are models together: the mean of their probabilities, on PublicTest?

    python benchmarks/together.py DATA --model mirror --model compact [--model FILE ...]

Prints every set of the models, with accuracy, macro F1, NLL and expected calibration error.
"""

import argparse
from itertools import chain, combinations
from pathlib import Path

import numpy as np
import torch

from vidfer.compute import torch_threads
from vidfer.emotion.models import load_model
from vidfer.training.data import LabelledFaces, read_split
from vidfer.training.data.settling import seen_by
from vidfer.training.evaluation.reliability import Reliability
from vidfer.training.evaluation.views import probabilities_of
from vidfer.training.metrics import ClassificationReport, surprisals

CPU = torch.device("cpu")


def probabilities(name: str, faces: LabelledFaces) -> np.ndarray:
    """Return what `analyze` would say of the faces, float64 (N, 7)."""
    model = load_model(name)
    seen = seen_by(model.card, faces, device=CPU)
    return probabilities_of(
        model.network, seen, temperature=model.card.temperature, views="single", device=CPU
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", action="append", required=True)
    options = parser.parse_args()
    faces = read_split(options.data, "public_test")
    with torch_threads(1):
        said = {Path(name).stem: probabilities(name, faces) for name in options.model}
    print(f"{len(faces):,} pictures of PublicTest: accuracy, macro F1, NLL, ECE")
    for names in chain.from_iterable(combinations(said, n + 1) for n in range(len(said))):
        mean = np.mean([said[name] for name in names], axis=0)
        report = ClassificationReport.of(faces.labels, mean.argmax(axis=1))
        nll = surprisals(faces.labels, mean).mean()
        ece = Reliability.of(faces.labels, mean).ece
        print(f"{report.accuracy:.4f} {report.macro_f1:.3f} {nll:.3f} {ece:.3f} {', '.join(names)}")


if __name__ == "__main__":
    main()
