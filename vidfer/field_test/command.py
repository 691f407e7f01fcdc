"""The public function `evaluate_material`."""

import os
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from vidfer.config import AnalyzeSettings
from vidfer.emotion.cards import model_path, read_card
from vidfer.field_test.evaluation import MaterialEvaluation
from vidfer.field_test.items import LabelledItem
from vidfer.field_test.material import read_material
from vidfer.field_test.pictures import analyse_pictures
from vidfer.field_test.results import FileRows, ItemResult, result_of
from vidfer.field_test.videos import analyse_videos


def evaluate_material(
    data: str | Path,
    *,
    settings: AnalyzeSettings | None = None,
    output: str | Path | None = None,
    progress: bool | None = None,
) -> MaterialEvaluation:
    """Evaluate detection, crop and network together on labelled videos and pictures.

    `data` is a CSV file with the columns `path` and `emotion` (and perhaps `start_s`,
    `end_s`, `source`), or a folder of class folders. Every file is analysed as `analyze` does,
    into `output`, and what an earlier run finished there with the same settings is not done
    again; then `output` gets items.parquet and evaluation.json, too. Without `output` nothing is
    kept. An item's prediction is its most probable emotion in the mean over its frames, see
    `reading.read_stretch`. A file that cannot be read is a failed item and stops nothing.
    `progress` shows bars on stderr; None means only where stderr is a terminal.

    Raises:
        DataError: `data` is neither, or a label is wrong; nothing was analysed.
        UsageError: the items lie in `output`, or a setting is wrong.
        WeightsError: the model is unknown or altered.
        OutputError: `output` cannot be written; what is finished is kept.
        KeyboardInterrupt: Ctrl-C; what is finished in `output` is kept.
    """
    settings = settings or AnalyzeSettings()
    card = read_card(model_path(settings.model))
    kept = None if output is None else Path(output)
    material = read_material(Path(data), output=kept)
    with _folder(kept) as folder:
        results = _run(
            material.items,
            Path(folder),
            settings=settings,
            settings_id=settings.fingerprint(weights_sha256=card.weights_sha256),
            progress=progress,
        )
    evaluation = MaterialEvaluation(
        card=card,
        data=str(data),
        results=results,
        passed_over=material.passed_over,
    )
    if kept is not None:
        evaluation.save(kept)
    return evaluation


def _folder(kept: Path | None) -> AbstractContextManager[str | Path]:
    if kept is not None:
        return nullcontext(kept)
    return tempfile.TemporaryDirectory(prefix="vidfer-")


def _run(
    items: Sequence[LabelledItem],
    folder: Path,
    *,
    settings: AnalyzeSettings,
    settings_id: str,
    progress: bool | None,
) -> list[ItemResult]:
    """Analyse the items' files, each once, and return the results in the items' order."""
    places: defaultdict[Path, list[int]] = defaultdict(list)
    for place, item in enumerate(items):
        places[item.path].append(place)
    pictures = {item.path for item in items if item.is_picture}
    # `isfile` says no to paths that the operating system refuses, too.
    there = dict.fromkeys(path for path in places if os.path.isfile(path))
    video_rows = analyse_videos(
        [path for path in there if path not in pictures],
        folder,
        settings=settings,
        progress=progress,
    )
    picture_rows = analyse_pictures(
        [path for path in there if path in pictures],
        folder,
        settings=settings,
        settings_id=settings_id,
        progress=progress,
    )
    results: dict[int, ItemResult] = {}
    for path, its_places in places.items():
        file = FileRows(None, "There is no file of this name: check the path.")
        if path in there:
            file = (picture_rows if path in pictures else video_rows)(path)
        results |= {place: result_of(items[place], file) for place in its_places}
    return [results[place] for place in range(len(items))]
