"""Labelled videos through `analyze`."""

from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl

from vidfer.api import analyze
from vidfer.config import AnalyzeSettings
from vidfer.field_test.reading import COLUMNS
from vidfer.field_test.results import FileRows
from vidfer.timeline.manifest import VideoResult
from vidfer.video.inputs import printable


def analyse_videos(
    paths: Sequence[Path], folder: Path, *, settings: AnalyzeSettings, progress: bool | None
) -> Callable[[Path], FileRows]:
    """Analyse videos into `folder`; return what looks up one's rows.

    What an earlier run finished there with the same settings is not done again.

    Raises:
        OutputError: `folder` cannot be written; what is finished is kept.
        Interrupted: Ctrl-C; what is finished is kept.
    """
    results: dict[str, VideoResult] = {}
    if paths:
        outcome = analyze(paths, folder, settings=settings, progress=progress)
        results = {result.path: result for result in outcome.results}
    return lambda path: _rows_of(results[printable(str(path))], folder)


def _rows_of(result: VideoResult, folder: Path) -> FileRows:
    if result.timeline is None:
        return FileRows(None, result.error)
    rows = pl.read_parquet(folder / result.timeline, columns=list(COLUMNS), glob=False)
    return FileRows(rows, result.error)
