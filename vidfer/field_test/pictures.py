"""Labelled pictures through the same stages as videos."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from tqdm import tqdm

from vidfer.config import AnalyzeSettings
from vidfer.engine.serial import SerialEngine
from vidfer.field_test.picture_store import PictureStore
from vidfer.field_test.picture_worker import PictureJob, PictureWorker
from vidfer.field_test.results import FileRows
from vidfer.video.fingerprint import identify

PICTURE_FOLDER: Final = "pictures"


def analyse_pictures(
    paths: Sequence[Path],
    folder: Path,
    *,
    settings: AnalyzeSettings,
    settings_id: str,
    progress: bool | None,
) -> Callable[[Path], FileRows]:
    """Analyse pictures, keeping their rows in `folder`; return what looks up one's rows.

    What an earlier run finished there with the same settings is not done again.

    Raises:
        OutputError: `folder` cannot be written; what is finished is kept.
        KeyboardInterrupt: what is finished is kept.
    """
    if not paths:
        return lambda path: FileRows(None)
    fingerprints, errors = _identified(paths)
    with PictureStore(folder / PICTURE_FOLDER / settings_id) as store:
        unknown = {mark: path for path, mark in fingerprints.items() if mark not in store}
        jobs = [PictureJob(path, mark) for mark, path in unknown.items()]
        shown = sys.stderr.isatty() if progress is None else progress
        failed = _run(jobs, store, settings, shown=shown)

    def rows_of(path: Path) -> FileRows:
        if path in errors:
            return FileRows(None, errors[path])
        mark = fingerprints[path]
        return FileRows(None, failed[mark]) if mark in failed else FileRows(store[mark])

    return rows_of


def _identified(paths: Sequence[Path]) -> tuple[dict[Path, str], dict[Path, str]]:
    """Return each path's fingerprint, or why the file cannot be read."""
    fingerprints, errors = {}, {}
    for path in paths:
        try:
            fingerprints[path] = identify(path).fingerprint
        except OSError as error:
            errors[path] = f"The file cannot be read: {error.strerror}."
    return fingerprints, errors


def _run(
    jobs: list[PictureJob], store: PictureStore, settings: AnalyzeSettings, *, shown: bool
) -> dict[str, str]:
    """Do the jobs, adding rows to `store`; return the others' errors by fingerprint."""
    if not jobs:
        return {}
    failed = {}
    results = SerialEngine().run(
        lambda: PictureWorker(settings).run, jobs, on_progress=lambda progress: None
    )
    with tqdm(
        total=len(jobs), unit="picture", desc="pictures", disable=not shown, file=sys.stderr
    ) as bar:
        for job, result in results:
            if result.rows is None:
                failed[job.fingerprint] = str(result.error)
            else:
                store.add(job.fingerprint, result.rows)
            bar.update()
    return failed
