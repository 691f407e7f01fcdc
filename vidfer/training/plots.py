"""Pictures of training and evaluation, for reports: PNG, readable by the colour-blind.

matplotlib is imported inside the functions, because that takes a second, and only its
Figure is used: pyplot would keep global state and look for a screen.
"""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

import numpy as np

from vidfer.emotions import EMOTIONS
from vidfer.training.evaluation.reliability import BINS, Reliability
from vidfer.training.metrics import ClassificationReport

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Two colours of Okabe and Ito (2008), which differ in hue and in lightness.
_BLUE: Final = "#0072B2"
_ORANGE: Final = "#D55E00"
_GREY: Final = "#767676"

_DOTS_PER_INCH: Final = 150

# Above this share a cell of the confusion matrix is so dark that its text must be white.
_DARK_SHARE: Final = 0.65

# A bin with a smaller share of the pictures tells nothing, and its interval spans half the
# diagram.
_LEAST_SHARE: Final = 1 / 500

# Half the width of a 95 % interval, in standard errors.
_STANDARD_ERRORS: Final = 1.96


def plot_history(history: Sequence[Mapping[str, float]], target: Path | BinaryIO) -> None:
    """Draw loss and accuracy of each epoch, on training and held-out pictures.

    A line of `history` has `epoch`, `loss`, `training_accuracy`, `held_out_loss` and
    `held_out_accuracy`; what an older line does not have is left out of the picture.
    """
    figure = _figure(width_inches=10.0, height_inches=4.2)
    left, right = figure.subplots(1, 2)
    _draw_lines(left, history, ("loss", "held_out_loss"))
    left.set(title="Loss", xlabel="epoch", ylabel="cross-entropy (nats)")
    _draw_lines(right, history, ("training_accuracy", "held_out_accuracy"))
    right.set(title="Accuracy", xlabel="epoch", ylabel="share of pictures")
    _save(figure, target)


def plot_confusion(report: ClassificationReport, target: Path | BinaryIO, *, title: str) -> None:
    """Draw the confusion matrix: shares of each label's pictures, and their numbers."""
    figure = _figure(width_inches=7.6, height_inches=6.6)
    axes = figure.subplots()
    shares = report.row_shares
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    colours = figure.colorbar(image, ax=axes, fraction=0.045, pad=0.03)
    colours.set_label("share of the label's pictures")
    rows = [f"{name}\n({count:,})" for name, count in zip(EMOTIONS, report.support)]
    axes.set_xticks(range(len(EMOTIONS)), EMOTIONS)
    axes.set_yticks(range(len(EMOTIONS)), rows)
    axes.set(xlabel="prediction", ylabel="label (pictures)")
    figures = f"accuracy {report.accuracy:.1%}, macro F1 {report.macro_f1:.3f}"
    _entitle(axes, title, f"{figures}, {report.support.sum():,} pictures")
    for (row, column), share in np.ndenumerate(shares):
        text = f"{share:.0%}\n{report.confusion[row, column]:,}"
        colour = "white" if share > _DARK_SHARE else "black"
        axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=9)
    _save(figure, target)


def plot_reliability(reliability: Reliability, target: Path | BinaryIO, *, title: str) -> None:
    """Draw how often the network is right against how sure it is, and how sure it is how often.

    On the dashed line probabilities mean what they say; bars at the dots are 95 %
    intervals (Wilson 1927). A bin of very few pictures has no dot.
    """
    figure = _figure(width_inches=6.0, height_inches=6.6)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    _draw_bins(upper, reliability)
    upper.set(xlim=(0, 1), ylim=(0, 1), ylabel="accuracy: share of the bin that is right")
    figures = f"expected calibration error {reliability.ece:.3f}"
    _entitle(upper, title, f"{figures}, {reliability.counts.sum():,} pictures")
    upper.legend(loc="best", frameon=False)
    centres = (np.arange(BINS) + 0.5) / BINS
    lower.bar(centres, reliability.counts, width=0.9 / BINS, color=_GREY)
    lower.set(xlabel="confidence: probability of the most likely class", ylabel="pictures")
    lower.yaxis.set_major_formatter("{x:,.0f}")
    for axes in (upper, lower):
        _tidy(axes)
    _save(figure, target)


def _draw_lines(
    axes: "Axes", history: Sequence[Mapping[str, float]], names: tuple[str, str]
) -> None:
    from matplotlib.ticker import MaxNLocator

    looks = ((_BLUE, "-", "training (running)"), (_ORANGE, "--", "held out"))
    marker = "o" if len(history) == 1 else None
    for name, (colour, style, label) in zip(names, looks):
        lines = [line for line in history if name in line]
        if lines:
            epochs, values = [line["epoch"] for line in lines], [line[name] for line in lines]
            axes.plot(epochs, values, style, color=colour, label=label, marker=marker)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.legend(frameon=False)
    _tidy(axes)


def _draw_bins(axes: "Axes", reliability: Reliability) -> None:
    axes.plot([0, 1], [0, 1], "--", color=_GREY, label="probabilities mean what they say")
    least = max(1, reliability.counts.sum() * _LEAST_SHARE)
    drawn = reliability.counts >= least
    confidence, accuracy = reliability.confidence[drawn], reliability.accuracy[drawn]
    low, high = _wilson_interval(accuracy, reliability.counts[drawn])
    axes.errorbar(
        confidence,
        accuracy,
        # Rounding may put the end of an interval just inside its accuracy of 0 or 1.
        yerr=np.maximum([accuracy - low, high - accuracy], 0),
        fmt="o-",
        color=_BLUE,
        capsize=3,
        clip_on=False,
        label="the network, with 95% intervals",
    )


def _wilson_interval(shares: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the 95 % interval of each observed share (Wilson 1927), both float64."""
    squared = _STANDARD_ERRORS**2
    centre = (shares + squared / (2 * counts)) / (1 + squared / counts)
    spread = np.sqrt(shares * (1 - shares) / counts + squared / (4 * counts**2))
    half = _STANDARD_ERRORS * spread / (1 + squared / counts)
    return centre - half, centre + half


def _figure(*, width_inches: float, height_inches: float) -> "Figure":
    from matplotlib.figure import Figure

    return Figure(figsize=(width_inches, height_inches), layout="constrained")


def _entitle(axes: "Axes", title: str, figures: str) -> None:
    # A title may hold a file's name, whose dollar signs mean no formula.
    axes.set_title(f"{title}\n{figures}", parse_math=False)


def _tidy(axes: "Axes") -> None:
    axes.grid(alpha=0.3)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _save(figure: "Figure", target: Path | BinaryIO) -> None:
    # The format is told, because an unfinished file's name does not end in .png; no
    # software is, so that the same figures give the same bytes.
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)  # in a title
        figure.savefig(target, format="png", dpi=_DOTS_PER_INCH, metadata={"Software": None})
