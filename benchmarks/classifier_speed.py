"""How many crops a second each shipped model classifies on one thread, per precision.

    python benchmarks/classifier_speed.py [--model NAME ...] [--rounds 7] [--faces PARQUET]

Alternates models and precisions in one run and prints medians, ratios and spread. With
`--faces` (FER2013's public_test.parquet) it also says how far the precisions agree and how
many faces each gets right.
"""

import argparse
import platform
import statistics
import time
from datetime import date
from itertools import product
from pathlib import Path

import numpy as np
import torch

from vidfer.batches import CROP_SIDE_PX
from vidfer.compute import keep_freed_memory, torch_threads
from vidfer.emotion.cards import model_path, read_card, shipped_models
from vidfer.emotion.classifier import EmotionClassifier
from vidfer.emotion.models import load_model
from vidfer.training.data.parquet_faces import read_faces
from vidfer.training.data.settling import seen_by

CPU = torch.device("cpu")
CROPS = 256
BATCH_SIZE = 64
PRECISIONS = ("float32", "bfloat16")


def classifiers_of(names: list[str]) -> dict[tuple[str, str], EmotionClassifier]:
    """Return a classifier per model and precision."""
    return {
        (name, precision): EmotionClassifier(
            load_model(name),
            device=CPU,
            batch_size=BATCH_SIZE,
            precision=precision,
        )
        for name, precision in product(names, PRECISIONS)
    }


def compare_speed(classifiers: dict[tuple[str, str], EmotionClassifier], rounds: int) -> None:
    """Print crops a second; crops are noise, which costs the same as faces."""
    crops = np.random.default_rng(0).integers(
        0, 256, (CROPS, CROP_SIDE_PX, CROP_SIDE_PX), dtype=np.uint8
    )
    times_s: dict[tuple[str, str], list[float]] = {which: [] for which in classifiers}
    for _ in range(rounds + 1):
        for which, classifier in classifiers.items():
            start = time.perf_counter()
            classifier.classify(crops)
            times_s[which].append(time.perf_counter() - start)
    for name, precision in classifiers:
        rates = [CROPS / seconds for seconds in times_s[name, precision][1:]]  # one warms up
        pairs = zip(times_s[name, "float32"][1:], times_s[name, precision][1:])
        ratio = statistics.median(slow / fast for slow, fast in pairs)
        print(
            f"{name:<10} {precision:<9} median {statistics.median(rates):6.0f} crops/s  "
            f"({min(rates):.0f} to {max(rates):.0f})  {ratio:.2f} times float32"
        )


def compare_answers(
    classifiers: dict[tuple[str, str], EmotionClassifier], faces_path: Path
) -> None:
    """Print how the precisions agree on labelled faces."""
    faces = read_faces(faces_path)
    for name in dict.fromkeys(name for name, _ in classifiers):
        seen = seen_by(read_card(model_path(name)), faces, device=CPU)
        exact, rounded = (
            classifiers[name, precision].classify(seen.pictures).probabilities
            for precision in PRECISIONS
        )
        moved = np.abs(rounded - exact).max(axis=1)
        same = (rounded.argmax(axis=1) == exact.argmax(axis=1)).mean()
        right = [(p.argmax(axis=1) == faces.labels).mean() for p in (exact, rounded)]
        print(
            f"{name:<10} {len(faces.labels)} faces: same most likely emotion {same:.4f}; "
            f"probabilities moved by at most {moved.max():.4f}, median {np.median(moved):.4f}; "
            f"accuracy float32 {right[0]:.4f}, bfloat16 {right[1]:.4f}"
        )


def main() -> None:
    """Compare what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", action="append")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--faces", type=Path)
    options = parser.parse_args()
    classifiers = classifiers_of(options.model or shipped_models())
    keep_freed_memory()
    print(f"{date.today()}, {platform.machine()}, torch {torch.__version__}, one thread")
    with torch_threads(1):
        compare_speed(classifiers, options.rounds)
        if options.faces:
            compare_answers(classifiers, options.faces)


if __name__ == "__main__":
    main()
