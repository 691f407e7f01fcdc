"""Frames in memory to timeline rows."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from vidfer.batches import FrameBatch
from vidfer.config import AnalyzeSettings
from vidfer.errors import UsageError
from vidfer.slots import frames_per_chunk
from vidfer.stages import Stages
from vidfer.timeline.reader import table_to_polars
from vidfer.timeline.schema import TIMELINE_SCHEMA

if TYPE_CHECKING:
    import polars as pl


def rows_of_frames(
    frames: np.ndarray | Sequence[np.ndarray],
    times: np.ndarray | Sequence[float],
    *,
    video: str,
    settings: AnalyzeSettings,
) -> "pl.DataFrame":
    """Analyse frames in this process; see vidfer.analyze_frames."""
    time_s = np.asarray(times, dtype=np.float64)
    stacked = _stacked(frames)
    _check_arrays(stacked, time_s)
    tables = [TIMELINE_SCHEMA.empty_table()]
    stages = Stages(settings, threads=max(1, settings.threads))
    stages.run(_chunks(stacked, time_s, settings), video=video, write=tables.append)
    return table_to_polars(pa.concat_tables(tables).unify_dictionaries())


def _stacked(frames: np.ndarray | Sequence[np.ndarray]) -> np.ndarray:
    try:
        return np.asarray(frames)
    except ValueError as error:
        raise UsageError("frames must all have one size; analyse others separately.") from error


def _check_arrays(frames: np.ndarray, time_s: np.ndarray) -> None:
    if frames.dtype != np.uint8 or frames.shape[3:] != (3,):
        raise UsageError(
            f"frames must be RGB, uint8 (N, height, width, 3); got {frames.dtype} {frames.shape}."
        )
    if time_s.shape != (len(frames),):
        raise UsageError(f"times must be ({len(frames)},) like frames; got {time_s.shape}.")
    if not np.isfinite(time_s).all() or (np.diff(time_s) <= 0).any():
        raise UsageError("times must be finite seconds that rise from frame to frame.")


def _chunks(
    frames: np.ndarray, time_s: np.ndarray, settings: AnalyzeSettings
) -> Iterator[FrameBatch]:
    size = frames_per_chunk(
        frame_bytes=int(np.prod(frames.shape[1:])),
        chunk_frames=settings.chunk_frames,
        detect_every=settings.detect_every,
    )
    for start in range(0, len(frames), size):
        rows = slice(start, start + size)
        chunk = np.ascontiguousarray(frames[rows])
        index = np.arange(start, start + len(chunk), dtype=np.int64)
        yield FrameBatch(frames=chunk, index=index, time_s=time_s[rows])
