"""The public function `evaluate`."""

from dataclasses import replace
from pathlib import Path

from vidfer.atomic import make_folder, replacing
from vidfer.compute import choose_device, torch_threads
from vidfer.config import DEFAULT_MODEL, Views
from vidfer.emotion.cards import model_path, read_card
from vidfer.emotion.models import load_model
from vidfer.errors import SettingsError
from vidfer.training.evaluation.evaluation import Evaluation, evaluate_model
from vidfer.training.evaluation.files import save_evaluation
from vidfer.training.evaluation.views import require_views


def evaluate(
    data: str | Path,
    *,
    model: str = DEFAULT_MODEL,
    device: str = "auto",
    threads: int = 1,
    views: Views = "single",
    output: str | Path | None = None,
    save_card: bool = False,
) -> Evaluation:
    """Evaluate a model, shipped or by path, on labelled faces.

    `data` is anything that docs/data.md lists. `views` averages probabilities over the
    picture and its mirror image (`flip`), or over shifted pictures as well (`ten`).
    `output` is a folder for tables and pictures. With `save_card` the results are
    written into the model's card, beside those of other splits.

    Raises:
        DataError: the data cannot be read.
        WeightsError: the model is unknown or altered.
        SettingsError: the device or the views do not exist, there are no threads, or
            results of several views are to be saved in a card.
        OutputError: the card or the output cannot be written.
    """
    require_views(views)
    if save_card and views != "single":
        raise SettingsError(
            "A card holds the results of single views, as 'vidfer analyze' works: "
            f"leave out either save_card or views '{views}'."
        )
    loaded = load_model(model)
    if output is not None:
        make_folder(Path(output))  # what cannot be written is told before the work
    with torch_threads(threads):
        evaluation = evaluate_model(loaded, Path(data), device=choose_device(device), views=views)
    if output is not None:
        save_evaluation(evaluation, Path(output))
    if save_card:
        _save_results(evaluation, model_path(model))
    return evaluation


def _save_results(evaluation: Evaluation, path: Path) -> None:
    card = read_card(path)
    updated = replace(card, results={**card.results, **evaluation.results})
    with replacing(path.with_suffix(".json")) as (new_card,):
        new_card.write_text(updated.to_json(), encoding="utf-8")
