"""Plots are whole PNG files, the same each time, made without a screen or global state."""

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vidfer.training.evaluation.reliability import Reliability
from vidfer.training.metrics import ClassificationReport
from vidfer.training.plots import plot_confusion, plot_history, plot_reliability

Target = Path | io.BytesIO
Draw = Callable[[Target], None]

LABELS = np.arange(210) % 7
HISTORY = [
    {
        "epoch": epoch,
        "loss": 2 / epoch,
        "training_accuracy": 1 - 1 / (epoch + 1),
        "held_out_loss": 1.5,
        "held_out_accuracy": 0.5,
    }
    for epoch in range(1, 6)
]


def reliability(count: int = 210) -> Reliability:
    logits = np.random.default_rng(1).normal(size=(count, 7)) * 2
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return Reliability.of(LABELS[:count], probabilities)


def confusion(shift: int = 1) -> ClassificationReport:
    return ClassificationReport.of(LABELS, np.where(LABELS < 4, LABELS, (LABELS + shift) % 7))


PLOTS: dict[str, Draw] = {
    "history": lambda target: plot_history(HISTORY, target),
    "confusion": lambda target: plot_confusion(confusion(), target, title="mine"),
    "reliability": lambda target: plot_reliability(reliability(), target, title="mine"),
}


@pytest.fixture(params=PLOTS)
def draw(request) -> Draw:
    return PLOTS[request.param]


def drawn(draw: Draw) -> bytes:
    stream = io.BytesIO()
    draw(stream)
    return stream.getvalue()


def pixels(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGB"))


def test_a_plot_is_a_png_large_enough_to_read_and_not_blank(draw):
    picture = pixels(drawn(draw))
    assert min(picture.shape[:2]) > 600
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 20


def test_a_plot_may_go_to_a_file_of_any_name(draw, tmp_path):
    path = tmp_path / ".plot.png.partial"
    draw(path)
    assert path.read_bytes() == drawn(draw)


def test_the_same_figures_give_the_same_bytes(draw):
    assert drawn(draw) == drawn(draw)


def test_other_figures_give_another_picture():
    other = drawn(lambda target: plot_confusion(confusion(2), target, title="mine"))
    assert other != drawn(PLOTS["confusion"])


@pytest.mark.parametrize("title", ["a$b$ \\frac{ $", "\u6d4b\u8bd5", "_^{}%", "", "x" * 300])
def test_a_title_may_hold_any_file_name(title):
    for make in (
        lambda target: plot_confusion(confusion(), target, title=title),
        lambda target: plot_reliability(reliability(), target, title=title),
    ):
        assert min(pixels(drawn(make)).shape[:2]) > 600


@pytest.mark.parametrize("count", [1, 7, 210])
def test_reliability_can_be_drawn_of_few_pictures(count):
    data = drawn(lambda target: plot_reliability(reliability(count), target, title="few"))
    assert min(pixels(data).shape[:2]) > 600


def test_a_class_without_pictures_has_a_row_of_its_own():
    report = ClassificationReport.of(np.zeros(5, dtype=np.int64), np.zeros(5, dtype=np.int64))
    data = drawn(lambda target: plot_confusion(report, target, title="angry only"))
    assert min(pixels(data).shape[:2]) > 600


@pytest.mark.parametrize("lines", [HISTORY[:1], HISTORY[:2]])
def test_a_history_may_be_short(lines):
    assert min(pixels(drawn(lambda target: plot_history(lines, target))).shape[:2]) > 600


def test_a_history_of_an_older_card_has_no_held_out_loss():
    lines = [{k: v for k, v in line.items() if k != "held_out_loss"} for line in HISTORY]
    older = drawn(lambda target: plot_history(lines, target))
    assert older != drawn(PLOTS["history"])


def test_plots_leave_pyplot_and_matplotlibs_settings_alone():
    program = (
        "import io, sys, numpy as np\n"
        "from vidfer.training.metrics import ClassificationReport\n"
        "from vidfer.training.plots import plot_confusion\n"
        "assert 'matplotlib' not in sys.modules\n"
        "import matplotlib\n"
        "before = matplotlib.rcParams.copy()\n"
        "one = ClassificationReport.of(np.arange(7), np.arange(7))\n"
        "plot_confusion(one, io.BytesIO(), title='mine')\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
        "assert matplotlib.rcParams.copy() == before\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
