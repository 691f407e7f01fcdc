"""An evaluation from file to emotion as a person reads it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from vidfer.emotions import EMOTIONS
from vidfer.field_test.figures import MaterialFigures
from vidfer.field_test.results import ItemResult
from vidfer.training.evaluation.text import confusion_text
from vidfer.video.inputs import printable
from vidfer.visible import visible

if TYPE_CHECKING:
    from vidfer.field_test.evaluation import MaterialEvaluation

# Faults listed one by one; items.parquet has them all.
_MOST_LISTED: Final = 20


def evaluation_text(evaluation: "MaterialEvaluation") -> str:
    """Return the report in the paper's format with what stands around it."""
    figures = evaluation.figures
    lines = [
        f"Model {evaluation.card.name} on {visible(evaluation.data)}, from file to emotion",
        "",
        *_counts(evaluation),
    ]
    if figures.with_face:
        lines += ["", "Items with a face", figures.report.as_text()]
        lines += ["", *_summary(figures), "", confusion_text(figures.report)]
    if evaluation.sources:
        lines += ["", *_sources(evaluation.sources)]
    lines += _listed("Partly decoded", evaluation.partial)
    return "\n".join(lines + _listed("Failed", evaluation.failed))


def _counts(evaluation: "MaterialEvaluation") -> list[str]:
    figures = evaluation.figures
    failed = f", {len(evaluation.failed):,} failed" if evaluation.failed else ""
    lines = [
        f"Items    {figures.items:,} read{failed}",
        f"Faces    found in {figures.with_face:,} items ({figures.detection_rate:.1%}), "
        f"usable in {figures.with_usable_face:,}",
    ]
    missed = [
        f"{name} {items - found:,} of {items:,}"
        for name, items, found in zip(EMOTIONS, figures.support, figures.report.support)
        if found < items
    ]
    lines += [f"         none in {', '.join(missed)}"] if missed else []
    if evaluation.passed_over:
        lines.append(
            f"Passed over files that are neither video nor picture: {evaluation.passed_over:,}"
        )
    return lines


def _summary(figures: MaterialFigures) -> list[str]:
    report = figures.report
    lines = [
        f"{'':>24} {'with a face':>11} {'95 % interval':>18} {'all items':>10} {'usable':>8}",
        f"{'accuracy':>24} {report.accuracy:>11.4f} {_interval(figures, 'accuracy'):>18} "
        f"{figures.accuracy_of_all:>10.4f} {figures.usable.accuracy:>8.4f}",
        f"{'macro F1':>24} {report.macro_f1:>11.4f} {_interval(figures, 'macro_f1'):>18} "
        f"{figures.macro_f1_of_all:>10.4f} {figures.usable.macro_f1:>8.4f}",
    ]
    lines += [
        f"{name:>24} {value:>11.4f}"
        for name, value in (
            ("top-2 accuracy", figures.top2_accuracy),
            ("negative log-likelihood", figures.negative_log_likelihood),
            ("calibration error", figures.reliability.ece),
            ("the same by chance alone", figures.ece_by_chance),
        )
        if value is not None
    ]
    lines.append("In 'all items' one without a face counts as wrong.")
    return lines + _absent(figures)


def _interval(figures: MaterialFigures, name: str) -> str:
    low, high = figures.intervals[name]
    return f"{low:.4f} to {high:.4f}"


def _absent(figures: MaterialFigures) -> list[str]:
    absent = [name for name, count in zip(EMOTIONS, figures.report.support) if not count]
    if not absent:
        return []
    return [
        f"Macro F1 counts emotions that label no item with a face as 0 ({', '.join(absent)}); "
        f"over the others it is {figures.macro_f1_of_labelled:.4f}."
    ]


def _sources(sources: dict[str, MaterialFigures]) -> list[str]:
    width = max(6, *(len(visible(name)) for name in sources))
    head = f"{'source':>{width}} {'items':>7} {'found':>7} {'accuracy':>9} {'all items':>10}"
    return [head] + [
        f"{visible(name):>{width}} {one.items:>7,} {one.detection_rate:>7.1%} "
        f"{one.report.accuracy:>9.4f} {one.accuracy_of_all:>10.4f}"
        for name, one in sources.items()
    ]


def _listed(title: str, results: Sequence[ItemResult]) -> list[str]:
    lines = [
        f"  {visible(printable(r.item.shown))}{r.item.stretch}: {visible(r.error or '')}"
        for r in results[:_MOST_LISTED]
    ]
    if len(results) > _MOST_LISTED:
        lines.append(f"  and {len(results) - _MOST_LISTED:,} more")
    return ["", f"{title}:", *lines] if lines else []
