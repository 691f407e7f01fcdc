"""How many crops a second each shipped model classifies on one thread.

    python benchmarks/classifier_speed.py [--model NAME ...] [--rounds 7]

Alternates the models in one run and prints medians; crops are noise, which costs the same.
"""

import argparse
import platform
import statistics
import time
from datetime import date

import numpy as np
import torch

from vidfer.batches import CROP_SIDE_PX
from vidfer.compute import torch_threads
from vidfer.emotion.cards import shipped_models
from vidfer.emotion.classifier import EmotionClassifier
from vidfer.emotion.models import load_model

CROPS = 256
BATCH_SIZE = 64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", action="append")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    names = options.model or shipped_models()
    crops = np.random.default_rng(0).integers(
        0, 256, (CROPS, CROP_SIDE_PX, CROP_SIDE_PX), dtype=np.uint8
    )
    models = {name: load_model(name) for name in names}
    times_s: dict[str, list[float]] = {name: [] for name in names}
    with torch_threads(1):
        classifiers = {
            name: EmotionClassifier(model, device=torch.device("cpu"), batch_size=BATCH_SIZE)
            for name, model in models.items()
        }
        for _ in range(options.rounds + 1):
            for name, classifier in classifiers.items():
                start = time.perf_counter()
                classifier.classify(crops)
                times_s[name].append(time.perf_counter() - start)
    print(f"{date.today()}, {platform.machine()}, torch {torch.__version__}, one thread")
    for name, model in models.items():
        rates = [CROPS / seconds for seconds in times_s[name][1:]]  # the first one warms up
        print(
            f"{name:<10} {model.card.parameters:>10,} parameters  median "
            f"{statistics.median(rates):6.0f} crops/s  ({min(rates):.0f} to {max(rates):.0f})"
        )


if __name__ == "__main__":
    main()
