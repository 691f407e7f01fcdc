"""An evaluation for reading: tables for each split, then a line for each."""

from collections.abc import Mapping
from typing import Final

from vidfer.emotions import EMOTIONS
from vidfer.training.evaluation.split import SplitEvaluation
from vidfer.training.metrics import ClassificationReport

# Of more sources than fit a screen the largest are listed; the JSON has all.
_MOST_SOURCES: Final = 20

WITHOUT_COPIES: Final = "_without_copies"
_TITLES: Final = {
    "training": "Training",
    "public_test": "PublicTest",
    "private_test": "PrivateTest",
}


def split_title(name: str) -> str:
    """Return what a split is called in print."""
    if name.endswith(WITHOUT_COPIES):
        return split_title(name.removesuffix(WITHOUT_COPIES)) + " without copies of training"
    return _TITLES.get(name, name)


def split_text(name: str, split: SplitEvaluation) -> str:
    """Return the paper's report, the confusion matrix and, where known, the sources."""
    parts = [split_title(name), split.report.as_text(), "", confusion_text(split.report)]
    if split.sources:
        parts += ["", sources_text(split.sources)]
    return "\n".join(parts) + "\n"


def confusion_text(report: ClassificationReport) -> str:
    """Return the confusion matrix: a row for each label, a column for each prediction."""
    lines = [f"{'label, as:':>12} " + " ".join(f"{name:>9}" for name in EMOTIONS)]
    for name, counts in zip(EMOTIONS, report.confusion):
        lines.append(f"{name:>12} " + " ".join(f"{count:>9}" for count in counts))
    return "\n".join(lines)


def sources_text(sources: Mapping[str, ClassificationReport]) -> str:
    """Return a line for each source, the largest first."""
    lines = [f"{'source':>38}  accuracy  macro F1  pictures"]
    ordered = sorted(sources.items(), key=lambda item: -int(item[1].support.sum()))
    lines += [_figures_line(name, report) for name, report in ordered[:_MOST_SOURCES]]
    if len(ordered) > _MOST_SOURCES:
        lines.append(f"{len(ordered) - _MOST_SOURCES} more sources are in the JSON.")
    return "\n".join(lines)


def summary_text(splits: Mapping[str, SplitEvaluation]) -> str:
    """Return a line for each split, and below it one against FER+'s majority if there is one."""
    lines = [
        f"{'':>38}  {'accuracy (95 %)':>21}  {'macro F1 (95 %)':>21}"
        f"  {'top-2':>6}  {'NLL':>6}  {'ECE':>6}  pictures"
    ]
    for name, split in splits.items():
        lines.append(_summary_line(split_title(name), split))
        if split.ferplus_majority is not None:
            lines.append(_ferplus_line(split.ferplus_majority))
    return "\n".join(lines)


def _summary_line(title: str, split: SplitEvaluation) -> str:
    return (
        f"{title:>38}  {_with_interval('accuracy', split.report.accuracy, split)}"
        f"  {_with_interval('macro_f1', split.report.macro_f1, split)}"
        f"  {split.top2_accuracy:>6.4f}  {split.negative_log_likelihood:>6.4f}"
        f"  {split.reliability.ece:>6.4f}  {len(split):>8,}"
    )


def _with_interval(name: str, figure: float, split: SplitEvaluation) -> str:
    low, high = split.intervals[name]
    return f"{figure:>6.4f} ({low:.3f}, {high:.3f})"


def _ferplus_line(report: ClassificationReport) -> str:
    return (
        f"{'against most of FER+ taggers':>38}  {report.accuracy:>6.4f}{'':>15}"
        f"  {report.macro_f1:>6.4f}{'':>15}  {'':>6}  {'':>6}  {'':>6}"
        f"  {int(report.support.sum()):>8,}"
    )


def _figures_line(title: str, report: ClassificationReport) -> str:
    pictures = int(report.support.sum())
    return f"{title:>38}  {report.accuracy:>8.4f}  {report.macro_f1:>8.4f}  {pictures:>8,}"
