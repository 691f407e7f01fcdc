"""Figures of trained networks and of ensembles of them, as Markdown tables."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from paper_questions.training import QuestionData, Result
from vidfer.emotions import EMOTIONS
from vidfer.training.metrics import ClassificationReport

_LEAST = 1e-12

HEADING = (
    "| {} | parameters | training | held out | PublicTest | against `paper` | macro F1 "
    "| lowest F1 | NLL | CPU s |\n|---|---|---|---|---|---|---|---|---|---|"
)
ENSEMBLE_HEADING = (
    "| ensemble | networks | mean of them | held out | PublicTest | macro F1 | lowest F1 "
    "| NLL |\n|---|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True)
class Figures:
    """How probabilities fare on pictures that were not trained on.

    `correct` is bool, one per picture held out and per one of PublicTest of which no copy
    was trained on; all else is of the whole PublicTest.
    """

    held_out: float
    public_test: float
    macro_f1: float
    class_f1: np.ndarray
    nll: float
    correct: np.ndarray

    @classmethod
    def of(cls, probabilities: Sequence[np.ndarray], data: QuestionData) -> "Figures":
        """Compare probabilities, (N, 7), of the held-out pictures and of PublicTest."""
        labels = (data.held_out.labels, data.public_test.labels)
        correct = [p.argmax(1) == wanted for p, wanted in zip(probabilities, labels)]
        report = ClassificationReport.of(labels[1], probabilities[1].argmax(1))
        right = probabilities[1][np.arange(len(labels[1])), labels[1]]
        return cls(
            held_out=float(correct[0].mean()),
            public_test=float(correct[1].mean()),
            macro_f1=report.macro_f1,
            class_f1=report.f1,
            nll=float(-np.log(np.maximum(right, _LEAST)).mean()),
            correct=np.concatenate([correct[0], correct[1][data.unseen]]),
        )


def probabilities_of(result: Result) -> tuple[np.ndarray, np.ndarray]:
    """Return a network's probabilities of the held-out pictures and of PublicTest, (N, 7)."""
    return _softmax(result.held_out_logits), _softmax(result.public_test_logits)


def ensemble_of(results: Sequence[Result]) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean of the networks' probabilities, as `probabilities_of`."""
    members = [probabilities_of(result) for result in results]
    held_out, public_test = (np.mean(part, axis=0) for part in zip(*members))
    return held_out, public_test


def variant_row(results: Sequence[Result], paper: Sequence[Result], data: QuestionData) -> str:
    """Return a variant's line: means over its seeds, and half the range where there are several."""
    figures = [Figures.of(probabilities_of(result), data) for result in results]
    base = [Figures.of(probabilities_of(result), data) for result in paper[: len(results)]]
    cells = [
        results[0].variant,
        f"{results[0].parameters:,}",
        _mean([100 * result.training_accuracy for result in results]),
        _mean([100 * f.held_out for f in figures]),
        _mean([100 * f.public_test for f in figures]),
        "" if results[0].variant == paper[0].variant else _difference(figures, base),
        _mean([f.macro_f1 for f in figures], digits=3),
        _lowest(figures),
        _mean([f.nll for f in figures], digits=2),
        f"{np.mean([result.cpu_s for result in results]):.0f}",
    ]
    return "| " + " | ".join(cells) + " |"


def ensemble_row(name: str, results: Sequence[Result], data: QuestionData) -> str:
    """Return an ensemble's line, beside the mean accuracy of its members."""
    members = [Figures.of(probabilities_of(result), data) for result in results]
    joint = Figures.of(ensemble_of(results), data)
    cells = [
        name,
        str(len(results)),
        f"{100 * np.mean([member.public_test for member in members]):.1f}",
        f"{100 * joint.held_out:.1f}",
        f"{100 * joint.public_test:.1f}",
        f"{joint.macro_f1:.3f}",
        _lowest([joint]),
        f"{joint.nll:.2f}",
    ]
    return "| " + " | ".join(cells) + " |"


def _softmax(logits: bytes) -> np.ndarray:
    values = np.frombuffer(logits, dtype=np.float16).reshape(-1, len(EMOTIONS)).astype(np.float64)
    powers = np.exp(values - values.max(axis=1, keepdims=True))
    shares: np.ndarray = powers / powers.sum(axis=1, keepdims=True)
    return shares


def _mean(values: Sequence[float], *, digits: int = 1) -> str:
    spread = f" ± {np.ptp(values) / 2:.{digits}f}" if len(values) > 1 else ""
    return f"{np.mean(values):.{digits}f}{spread}"


def _difference(figures: Sequence[Figures], base: Sequence[Figures]) -> str:
    """Return points won on pictures that are new to both, with the standard error over pictures."""
    won = np.mean([f.correct.astype(float) - b.correct for f, b in zip(figures, base)], axis=0)
    return f"{100 * won.mean():+.1f} ± {100 * won.std() / np.sqrt(len(won)):.1f}"


def _lowest(figures: Sequence[Figures]) -> str:
    class_f1 = np.mean([f.class_f1 for f in figures], axis=0)
    return f"{class_f1.min():.2f} {EMOTIONS[class_f1.argmin()]}"
