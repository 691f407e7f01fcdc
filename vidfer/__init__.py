"""Facial-expression timelines, as Parquet, from folders of video.

import vidfer

outcome = vidfer.analyze("videos", "results")
timeline = vidfer.read_timeline("results")  # a polars LazyFrame
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from vidfer.emotions import EMOTIONS
from vidfer.errors import VidferError

if TYPE_CHECKING:
    from vidfer.analysis.attributes import read_attributes
    from vidfer.analysis.baseline import subtract_baseline
    from vidfer.analysis.comparison import compare
    from vidfer.analysis.episodes import episodes
    from vidfer.analysis.events import read_events
    from vidfer.analysis.gaps import fill_gaps
    from vidfer.analysis.quality import gate
    from vidfer.analysis.smoothing import smooth
    from vidfer.analysis.summarizing import summarize
    from vidfer.analysis.transitions import transitions
    from vidfer.api import analyze, analyze_frames, read_timeline, read_videos
    from vidfer.config import AnalyzeSettings
    from vidfer.exporting.command import export
    from vidfer.field_test.command import evaluate_material
    from vidfer.inspection import doctor, models
    from vidfer.purging import purge
    from vidfer.rendering.command import render
    from vidfer.reporting.command import report
    from vidfer.training.commands import train
    from vidfer.training.evaluation.command import evaluate
    from vidfer.verification import verify

__version__ = "0.1.0"

__all__ = [
    "EMOTIONS",
    "AnalyzeSettings",
    "VidferError",
    "analyze",
    "analyze_frames",
    "compare",
    "doctor",
    "episodes",
    "evaluate",
    "evaluate_material",
    "export",
    "fill_gaps",
    "gate",
    "models",
    "purge",
    "read_attributes",
    "read_events",
    "read_timeline",
    "read_videos",
    "render",
    "report",
    "smooth",
    "subtract_baseline",
    "summarize",
    "train",
    "transitions",
    "verify",
]

# Loaded on first use: `import vidfer` and `vidfer --help` pay for no heavy library.
_LAZY = {
    "AnalyzeSettings": "vidfer.config",
    "analyze": "vidfer.api",
    "analyze_frames": "vidfer.api",
    "compare": "vidfer.analysis.comparison",
    "doctor": "vidfer.inspection",
    "episodes": "vidfer.analysis.episodes",
    "evaluate": "vidfer.training.evaluation.command",
    "evaluate_material": "vidfer.field_test.command",
    "export": "vidfer.exporting.command",
    "fill_gaps": "vidfer.analysis.gaps",
    "gate": "vidfer.analysis.quality",
    "models": "vidfer.inspection",
    "purge": "vidfer.purging",
    "read_attributes": "vidfer.analysis.attributes",
    "read_events": "vidfer.analysis.events",
    "read_timeline": "vidfer.api",
    "read_videos": "vidfer.api",
    "render": "vidfer.rendering.command",
    "report": "vidfer.reporting.command",
    "smooth": "vidfer.analysis.smoothing",
    "subtract_baseline": "vidfer.analysis.baseline",
    "summarize": "vidfer.analysis.summarizing",
    "train": "vidfer.training.commands",
    "transitions": "vidfer.analysis.transitions",
    "verify": "vidfer.verification",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'vidfer' has no attribute '{name}'")
    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
