"""The public functions around `analyze`."""

import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from vidfer.config import DEFAULT_OUTPUT, AnalyzeSettings
from vidfer.emotion.cards import model_path, read_card
from vidfer.engine.contract import Engine
from vidfer.engine.process import WorkerProcess
from vidfer.errors import UsageError
from vidfer.job import WORK_MODULE, VideoJob
from vidfer.outcome import AnalyzeOutcome
from vidfer.resume import Redo, divide, drop_needless_checkpoints, opened_for_writing
from vidfer.run import Run
from vidfer.timeline.manifest import TIMELINE_FOLDER, VideoResult
from vidfer.video.inputs import (
    FoundInputs,
    find_videos,
    is_address,
    name_videos,
    timeline_name,
)
from vidfer.visible import visible
from vidfer.worker_plan import local_engine

if TYPE_CHECKING:
    import numpy as np
    import polars as pl


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
    retry_failed: bool = False,
    progress: bool | None = None,
    profile: bool = False,
    settings: AnalyzeSettings | None = None,
    engine: Engine | None = None,
) -> AnalyzeOutcome:
    """Turn videos into emotion timelines: OUT/timeline/**/*.parquet and OUT/videos.parquet.

    `inputs` are files, folders (searched recursively) and glob patterns. Videos that an
    earlier run finished with the same settings and that have not changed are skipped
    unless `overwrite`; those that failed then are tried again with `retry_failed`. A video
    that fails is recorded and does not stop the others.
    `progress` shows bars on stderr; None means only where stderr is a terminal. `profile`
    measures where the time goes, for the outcome's `profile`. `engine` brings the videos to
    workers; None means supervised processes on this machine, as many as the settings say.

    Raises:
        UsageError: there is nothing to analyse, or a setting is wrong.
        WeightsError: the model is unknown or altered.
        OutputError: `output` cannot be written, what is finished is kept; or another run
            writes into it.
        WorkerStartError: worker processes cannot be started.
        Interrupted: Ctrl-C; what is finished is kept, and its `outcome` says what that is.
    """
    started = time.perf_counter()
    settings, output = settings or AnalyzeSettings(), Path(output)
    found = _find(inputs, output)
    card = read_card(model_path(settings.model))
    with ExitStack() as stack:
        known = stack.enter_context(opened_for_writing(output))
        if engine is None:
            # Its libraries take seconds to load, while we look at what there is to do.
            first = stack.enter_context(WorkerProcess(preload=WORK_MODULE))
        jobs = _jobs(found, output, known)
        settings_id = settings.fingerprint(weights_sha256=card.weights_sha256)
        redo: Redo = "all" if overwrite else "failed" if retry_failed else "changed"
        divided = divide(jobs, settings_id=settings_id, known=known, redo=redo)
        drop_needless_checkpoints(divided, redo=redo)
        if engine is None:
            engine, settings = local_engine(settings, videos=len(divided.jobs), first=first)
        run = Run(
            output,
            settings=settings,
            card=card,
            known=known,
            finished=divided.finished,
            profile=profile,
        )
        interrupted = run.do(
            divided.jobs, engine, shown=sys.stderr.isatty() if progress is None else progress
        )
    outcome = AnalyzeOutcome(
        output=output,
        results=[run.results[job.video] for job in jobs if job.video in run.results],
        skipped=[result.video for result in divided.finished],
        passed_over=found.passed_over,
        links_out=found.links_out,
        wall_s=time.perf_counter() - started,
        interrupted=interrupted,
        profile=run.profile,
    )
    if interrupted:
        raise Interrupted(outcome)
    return outcome


def analyze_frames(
    frames: "np.ndarray | Sequence[np.ndarray]",
    times: "np.ndarray | Sequence[float]",
    *,
    video: str = "frames",
    settings: AnalyzeSettings | None = None,
) -> "pl.DataFrame":
    """Analyse frames in memory, in this process; return timeline rows.

    `frames` are RGB, uint8 (N, height, width, 3), or N such frames of one size; `times`
    are their times in seconds, rising, (N,). All frames are analysed: the settings' frame
    selection is not used.

    Raises:
        UsageError: the arrays do not fit together.
    """
    from vidfer.frames import rows_of_frames  # torch, which nothing else here needs

    return rows_of_frames(frames, times, video=video, settings=settings or AnalyzeSettings())


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


def _check_name_of(output: Path) -> None:
    """Refuse names that the library that writes Parquet would not take for a folder's."""
    if is_address(output):
        raise UsageError("The output is an address: name a folder of this machine.")
    try:
        str(output.absolute()).encode()
    except UnicodeEncodeError as error:
        raise UsageError(
            f"The output folder {visible(str(output))} has a name that is not UTF-8: name another."
        ) from error


def _find(inputs: str | Path | Sequence[str | Path], output: Path) -> FoundInputs:
    _check_name_of(output)
    listed = [inputs] if isinstance(inputs, (str, Path)) else list(inputs)
    found = find_videos(listed, exclude=output)
    if not found.videos:
        names = ", ".join(visible(str(one)) for one in listed) or "the inputs"
        counts = {"other files": found.passed_over, "links that lead out": found.links_out}
        others = ", ".join(f"{what}: {count:,}" for what, count in counts.items() if count)
        others = f" (passed over: {others})" if others else ""
        links = " A pattern in quotes ('FOLDER/**/*') follows links." if found.links_out else ""
        raise UsageError(
            f"There are no videos in {names}{others}: name video files, folders or patterns.{links}"
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
