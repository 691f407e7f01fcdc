"""How should a detected face be cut, so that the network reads it as a FER2013 picture?

Puts PublicTest pictures (without copies of training pictures) into larger frames, of
several sizes, at several places, turned by 0, 10 and 20 degrees to either side, runs
vidfer's detector, cuts by each rule of crop_rules.py and classifies. Differences are
paired with the former rule, with 95 % intervals from a bootstrap over pictures. With a
folder of videos, also how far heads roll there and how steady probabilities are.

    python benchmarks/crop_geometry.py FOLDER [--model NAME] [--pictures 400]
        [--videos FOLDER] [--only RULE ...]

True pixels exist only inside the picture: a rule that reaches beyond it, or cuts a
turned picture upright, sees made-up surroundings; column "true" tells how much of the
crops is real. Rows on top separate that from the rules: the picture itself, its own
square cut out of the frame ("truth"), that square cut upright, and the picture upright
with the same corners made up ("truth, false corners"), which costs what falsehood costs. The
last row is the shipped rule's square, settled as `analyze` settles it.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from crop_flicker import report_videos
from crop_rules import RULES, Rule, former, upright
from crop_scenes import FoundFaces, find_faces, surrounded

from vidfer.batches import CROP_SIDE_PX
from vidfer.compute import torch_threads
from vidfer.emotion.classifier import EmotionClassifier
from vidfer.emotion.models import load_model
from vidfer.faces.aligner import load_aligner
from vidfer.faces.alignment import FaceSquares, face_squares
from vidfer.faces.crops import cut_squares
from vidfer.faces.quality import QualityGate, judge_quality
from vidfer.faces.settling import Settler
from vidfer.faces.surfaces import surfaces_of
from vidfer.training.data import LabelledFaces, read_split
from vidfer.training.metrics import ClassificationReport

TURNS_DEG = (0.0, 10.0, -10.0, 20.0, -20.0)
CPU = torch.device("cpu")
NO_GATE = QualityGate(face_px=0, sharpness=0, brightness_min=0, brightness_max=1, yaw_deg=90)
SIDEWAYS_DEG = 30.0
RESAMPLES = 1000


class Experiment:
    """Scores crops of the found faces, each row beside the former rule's."""

    def __init__(
        self, found: FoundFaces, faces: LabelledFaces, classify: Callable[[np.ndarray], np.ndarray]
    ) -> None:
        self.found, self.faces, self.classify = found, faces, classify
        self.labels = faces.labels[found.picture]
        self.baseline: np.ndarray | None = None
        flat = np.zeros((len(found.picture), CROP_SIDE_PX, CROP_SIDE_PX), np.uint8)
        yaw = judge_quality(found.detections, flat, gate=NO_GATE).yaw_deg
        turn = np.abs(found.turn_deg)
        self.groups = [turn == 0, turn == 10, turn == 20, np.abs(yaw) > SIDEWAYS_DEG]

    def cut(self, squares: FaceSquares) -> np.ndarray:
        rows = [
            cut_squares(
                surfaces_of(self.found.batch(row), device=CPU),
                np.zeros(1, np.int64),
                squares.take(slice(row, row + 1)),
            )
            for row in range(len(self.labels))
        ]
        return np.concatenate(rows)

    def settled(self, squares: FaceSquares) -> FaceSquares:
        """Return where squares come to rest, as `analyze` cuts them."""
        settler = Settler(load_aligner(CPU))
        rested = [
            settler.settled(
                surfaces_of(self.found.batch(row), device=CPU),
                np.zeros(1, np.int64),
                squares.take(slice(row, row + 1)),
            )
            for row in range(len(self.labels))
        ]
        return FaceSquares(
            np.concatenate([one.centre_px for one in rested]),
            np.concatenate([one.across_px for one in rested]),
        )

    def true_share(self, squares: FaceSquares) -> float:
        """Return how much of the crops lies inside the picture."""
        place = (np.arange(16) + 0.5) / 16 - 0.5
        x, y = (axis.ravel() for axis in np.meshgrid(place, place))
        across, truth = (complex_of(s.across_px)[:, None] for s in (squares, self.found.truth))
        middle = complex_of(squares.centre_px - self.found.truth.centre_px)[:, None]
        inside = (middle + across * (x + 1j * y)) / truth
        return float(((np.abs(inside.real) <= 0.5) & (np.abs(inside.imag) <= 0.5)).mean())

    def row(self, name: str, crops: np.ndarray, squares: FaceSquares | None = None) -> None:
        """Classify and print one line of the table."""
        probabilities = self.classify(crops).astype(np.float64)
        chosen = probabilities[np.arange(len(self.labels)), self.labels]
        right = probabilities.argmax(axis=1) == self.labels
        values = np.stack([100.0 * right, -np.log(np.maximum(chosen, 1e-9))], axis=1)
        if self.baseline is None:
            self.baseline = values
        macro_f1 = ClassificationReport.of(self.labels, probabilities.argmax(axis=1)).macro_f1
        by_group = " ".join(f"{values[group, 1].mean():5.3f}" for group in self.groups)
        low, middle, high = self.bootstrap(values - self.baseline)
        true = 1.0 if squares is None else self.true_share(squares)
        print(
            f"{name:<26} {right.mean():6.1%} {macro_f1:5.3f} {values[:, 1].mean():6.4f} "
            f"({by_group}) {middle[0]:+5.1f} ({low[0]:+.1f} to {high[0]:+.1f}) "
            f"{middle[1]:+.3f} ({low[1]:+.3f} to {high[1]:+.3f}) {true:4.0%}",
            flush=True,
        )

    def bootstrap(self, differences: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return 2.5 %, mean and 97.5 % of differences (F, 2), drawing pictures, not frames."""
        pictures, member = np.unique(self.found.picture, return_inverse=True)
        sums = np.stack([np.bincount(member, column) for column in differences.T], axis=1)
        counts = np.bincount(member)
        drawn = np.random.default_rng(0).integers(0, len(pictures), (RESAMPLES, len(pictures)))
        means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)[:, None]
        low, high = np.percentile(means, [2.5, 97.5], axis=0)
        return low, differences.mean(axis=0), high


def complex_of(points: np.ndarray) -> np.ndarray:
    return points[:, 0] + 1j * points[:, 1]


def with_false_corners(picture: np.ndarray, turn_deg: float) -> np.ndarray:
    """Return a picture whose corners are made up, as in an upright cut of the turned one."""
    place = (np.arange(CROP_SIDE_PX) + 0.5) / CROP_SIDE_PX - 0.5
    x, y = np.meshgrid(place, place)
    turned = (x + 1j * y) * np.exp(1j * np.radians(turn_deg))
    outside = (np.abs(turned.real) > 0.5) | (np.abs(turned.imag) > 0.5)
    beyond = np.rint((turned.real + 1.5) * CROP_SIDE_PX - 0.5).astype(int)
    below = np.rint((turned.imag + 1.5) * CROP_SIDE_PX - 0.5).astype(int)
    return np.where(outside, surrounded(picture, "symmetric")[below, beyond], picture)


def run(experiment: Experiment, rules: dict[str, Rule]) -> None:
    found = experiment.found
    head = "accuracy, macro F1, NLL (turned by 0, 10, 20 deg; head turned sideways), "
    print(head + "accuracy and NLL against the former rule (95 %), true pixels")
    squares = former(found.detections)
    experiment.row("former: box / 1.04", experiment.cut(squares), squares)
    originals = experiment.faces.pictures[found.picture]
    experiment.row("the picture itself", originals)
    experiment.row("truth", experiment.cut(found.truth), found.truth)
    cornered = np.stack([with_false_corners(p, t) for p, t in zip(originals, found.turn_deg)])
    experiment.row("truth, false corners", cornered)
    flat = upright(lambda _: found.truth)(found.detections)
    experiment.row("truth, upright", experiment.cut(flat), flat)
    for name, rule in rules.items():
        if rule is not former:
            squares = rule(found.detections)
            experiment.row(name, experiment.cut(squares), squares)
    squares = experiment.settled(face_squares(found.detections))
    experiment.row("shipped, settled", experiment.cut(squares), squares)


def main() -> None:
    """Print the table, then the videos' figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", default="paper")
    parser.add_argument("--pictures", type=int, default=400)
    parser.add_argument("--only", nargs="*", default=list(RULES), metavar="RULE")
    parser.add_argument("--videos", type=Path)
    arguments = parser.parse_args()
    classifier = EmotionClassifier(load_model(arguments.model), device=CPU, batch_size=64)

    def classify(crops: np.ndarray) -> np.ndarray:
        return classifier.classify(crops).probabilities

    rules = {name: RULES[name] for name in arguments.only}
    with torch_threads(1):
        if arguments.pictures:
            training = read_split(arguments.data, "training")
            faces = read_split(arguments.data, "public_test").without_copies_of(training)
            count = min(arguments.pictures, len(faces))
            chosen = np.random.default_rng(0).choice(len(faces), count, replace=False)
            found = find_faces(faces, chosen, turns_deg=TURNS_DEG)
            print(f"{arguments.model}: faces found in {len(found.picture)} of {found.tried} frames")
            run(Experiment(found, faces, classify), rules)
        if arguments.videos:
            report_videos(arguments.videos, rules, classify)


if __name__ == "__main__":
    main()
