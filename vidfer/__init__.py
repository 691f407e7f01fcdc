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
    from vidfer.api import analyze, analyze_frames, read_timeline, read_videos
    from vidfer.config import AnalyzeSettings
    from vidfer.field_test.command import evaluate_material
    from vidfer.inspection import doctor, models
    from vidfer.purging import purge
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
    "doctor",
    "evaluate",
    "evaluate_material",
    "models",
    "purge",
    "read_timeline",
    "read_videos",
    "train",
    "verify",
]

# Loaded on first use: `import vidfer` and `vidfer --help` pay for no heavy library.
_LAZY = {
    "AnalyzeSettings": "vidfer.config",
    "analyze": "vidfer.api",
    "analyze_frames": "vidfer.api",
    "doctor": "vidfer.inspection",
    "evaluate": "vidfer.training.evaluation.command",
    "evaluate_material": "vidfer.field_test.command",
    "models": "vidfer.inspection",
    "purge": "vidfer.purging",
    "read_timeline": "vidfer.api",
    "read_videos": "vidfer.api",
    "train": "vidfer.training.commands",
    "verify": "vidfer.verification",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'vidfer' has no attribute '{name}'")
    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
