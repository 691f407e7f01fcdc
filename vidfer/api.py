"""The public functions around `analyze`."""

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from vidfer.batches import FrameBatch
from vidfer.config import DEFAULT_OUTPUT, AnalyzeSettings
from vidfer.emotion.cards import model_path, read_card
from vidfer.engine.serial import SerialEngine
from vidfer.errors import UsageError
from vidfer.job import VideoJob, VideoWorker
from vidfer.outcome import AnalyzeOutcome
from vidfer.progress import ProgressBars
from vidfer.resume import divide, drop_leftovers, drop_stale, finished_unnoticed
from vidfer.stages import Stages
from vidfer.timeline.manifest import (
    TIMELINE_FOLDER,
    VideoResult,
    read_manifest,
    write_manifest,
)
from vidfer.timeline.schema import TIMELINE_SCHEMA
from vidfer.video.inputs import FoundInputs, find_videos, name_videos, timeline_name

if TYPE_CHECKING:
    import polars as pl

# The manifest is written this often while videos finish, and at the end of each run.
_MANIFEST_EVERY_S: Final = 10.0


class Interrupted(KeyboardInterrupt):
    """Ctrl-C or a termination signal during `analyze`; `outcome` holds what was finished."""

    def __init__(self, outcome: AnalyzeOutcome) -> None:
        super().__init__("analyze was interrupted; run it again to go on")
        self.outcome = outcome


def analyze(
    inputs: str | Path | Sequence[str | Path],
    output: str | Path = DEFAULT_OUTPUT,
    *,
    overwrite: bool = False,
    progress: bool | None = None,
    settings: AnalyzeSettings | None = None,
) -> AnalyzeOutcome:
    """Turn videos into emotion timelines: OUT/timeline/**/*.parquet and OUT/videos.parquet.

    `inputs` are files, folders (searched recursively) and glob patterns. Videos that an
    earlier run finished with the same settings and that have not changed are skipped
    unless `overwrite`. A video that fails is recorded and does not stop the others.
    `progress` shows bars on stderr; None means only where stderr is a terminal.

    Raises:
        UsageError: there is nothing to analyse, or a setting is wrong.
        WeightsError: the model is unknown or altered.
        OutputError: `output` cannot be written; what is finished is kept.
        Interrupted: Ctrl-C; what is finished is kept, and its `outcome` says what that is.
    """
    started = time.perf_counter()
    settings = settings or AnalyzeSettings()
    output = Path(output)
    found = _find(inputs, output)
    card = read_card(model_path(settings.model))
    settings_id = settings.fingerprint(weights_sha256=card.weights_sha256)
    known = read_manifest(output)
    jobs = _jobs(found, output, known)
    divided = divide(jobs, settings_id=settings_id, overwrite=overwrite)
    results = {result.video: result for result in divided.finished}
    shown = sys.stderr.isatty() if progress is None else progress
    interrupted = _run_all(
        divided.jobs,
        settings,
        output,
        known,
        results,
        settings_id=settings_id,
        shown=shown,
    )
    outcome = AnalyzeOutcome(
        output=output,
        results=[results[job.video] for job in jobs if job.video in results],
        skipped=[result.video for result in divided.finished],
        passed_over=found.passed_over,
        wall_s=time.perf_counter() - started,
        interrupted=interrupted,
    )
    if interrupted:
        raise Interrupted(outcome)
    return outcome


def analyze_frames(
    frames: np.ndarray | Sequence[np.ndarray],
    times: np.ndarray | Sequence[float],
    *,
    video: str = "frames",
    settings: AnalyzeSettings | None = None,
) -> "pl.DataFrame":
    """Analyse frames in memory; return timeline rows.

    `frames` are RGB, uint8 (N, height, width, 3), or N such frames of one size; `times`
    are their times in seconds, rising, (N,). All frames are analysed: the settings' frame
    selection is not used.

    Raises:
        UsageError: the arrays do not fit together.
    """
    from vidfer.timeline.reader import table_to_polars  # workers import no polars

    settings = settings or AnalyzeSettings()
    time_s = np.asarray(times, dtype=np.float64)
    stacked = _stacked(frames)
    _check_arrays(stacked, time_s)
    tables = [TIMELINE_SCHEMA.empty_table()]
    Stages(settings).run(
        _chunks(stacked, time_s, settings.chunk_frames), video=video, write=tables.append
    )
    return table_to_polars(pa.concat_tables(tables).unify_dictionaries())


def read_timeline(output: str | Path) -> "pl.LazyFrame":
    """Return the rows of all timelines below an output folder, lazily.

    Raises:
        UsageError: there are none.
    """
    from vidfer.timeline.reader import scan_timelines  # workers import no polars

    return scan_timelines(Path(output))


def read_videos(output: str | Path) -> "pl.DataFrame":
    """Return the manifest of an output folder: one row per video.

    Raises:
        UsageError: there is none.
    """
    from vidfer.timeline.reader import load_manifest  # workers import no polars

    return load_manifest(Path(output))


def _find(inputs: str | Path | Sequence[str | Path], output: Path) -> FoundInputs:
    listed = [inputs] if isinstance(inputs, (str, Path)) else list(inputs)
    found = find_videos(listed, exclude=output)
    if not found.videos:
        names = ", ".join(str(one) for one in listed) or "the inputs"
        others = f" ({found.passed_over:,} other files passed over)" if found.passed_over else ""
        raise UsageError(
            f"There are no videos in {names}{others}: name video files, folders or patterns."
        )
    return found


def _jobs(found: FoundInputs, output: Path, known: dict[str, VideoResult]) -> list[VideoJob]:
    named = name_videos(found.videos, known={r.path: name for name, r in known.items()})
    jobs = []
    for name, video in named:
        timeline = f"{TIMELINE_FOLDER}/{timeline_name(name)}"
        jobs.append(
            VideoJob(
                path=video.path, video=name, timeline_path=output / timeline, timeline=timeline
            )
        )
    return jobs


def _run_all(
    jobs: list[VideoJob],
    settings: AnalyzeSettings,
    output: Path,
    known: dict[str, VideoResult],
    results: dict[str, VideoResult],
    *,
    settings_id: str,
    shown: bool,
) -> bool:
    """Do the jobs, adding to `results` and keeping the manifest; return whether interrupted."""
    written = time.monotonic()
    try:
        with ProgressBars(videos=len(jobs), shown=shown) as bars:
            for job, result in _run(jobs, settings, bars):
                drop_stale(job, result)
                results[job.video] = result
                bars.finish_video()
                if time.monotonic() - written > _MANIFEST_EVERY_S:
                    write_manifest(output, _merged(known, results))
                    written = time.monotonic()
    except KeyboardInterrupt:
        left = [job for job in jobs if job.video not in results]
        late = finished_unnoticed(left, settings_id=settings_id, known=known)
        results |= {result.video: result for result in late}
        drop_leftovers(left)
        return True
    finally:
        write_manifest(output, _merged(known, results))
    return False


def _run(
    jobs: list[VideoJob], settings: AnalyzeSettings, bars: ProgressBars
) -> Iterator[tuple[VideoJob, VideoResult]]:
    if not jobs:
        return iter(())
    return SerialEngine().run(lambda: VideoWorker(settings).run, jobs, on_progress=bars.update)


def _merged(known: dict[str, VideoResult], results: dict[str, VideoResult]) -> list[VideoResult]:
    """Return the manifest after this run: earlier rows, replaced where there is a newer one.

    A source that cannot be reached now does not take the place of a finished result.
    """
    merged = dict(known)
    for video, result in results.items():
        before = known.get(video)
        if not (result.is_unreachable and before is not None and before.status != "failed"):
            merged[video] = result
    return list(merged.values())


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


def _chunks(frames: np.ndarray, time_s: np.ndarray, size: int) -> Iterator[FrameBatch]:
    for start in range(0, len(frames), size):
        rows = slice(start, start + size)
        chunk = np.ascontiguousarray(frames[rows])
        index = np.arange(start, start + len(chunk), dtype=np.int64)
        yield FrameBatch(frames=chunk, index=index, time_s=time_s[rows])
