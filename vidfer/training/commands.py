"""The public functions `train` and `evaluate`."""

import platform
import re
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Final

import torch
from torch import nn

from vidfer import __version__
from vidfer.atomic import make_folder, replacing
from vidfer.compute import choose_device, torch_threads
from vidfer.emotion.cards import ModelCard, model_path, read_card
from vidfer.emotion.models import load_model, save_weights
from vidfer.errors import SettingsError
from vidfer.training.calibration import fit_temperature
from vidfer.training.data import read_split
from vidfer.training.evaluation import Evaluation, evaluate_model, report_dict
from vidfer.training.loop import EpochResult, logits_of, train_network
from vidfer.training.recipe import Recipe, shipped_recipe

_DATA: Final = (
    "FER2013 (Goodfellow et al. 2013), official splits: trained on the training split, "
    "temperature fitted on PublicTest, nothing chosen on PrivateTest."
)
_LICENCE: Final = (
    "The weights may be used under vidfer's MIT licence. FER2013's pictures come from a web "
    "search and their copyright is unclear: check whether that suits your use."
)
_LIMITS: Final = (
    "Names the expression that raters would see in a picture, not what a person feels. "
    "FER2013's labels are noisy: people agree with them on about 65 % of the pictures."
)

_LONGEST_NAME: Final = 100
_MODEL_NAME: Final = rf"[A-Za-z0-9_-][A-Za-z0-9._-]{{0,{_LONGEST_NAME - 1}}}"


def train(
    data: str | Path,
    *,
    model: str = "paper",
    output: str | Path | None = None,
    recipe: Recipe | None = None,
    device: str = "auto",
    threads: int = 1,
    on_epoch: Callable[[EpochResult], None] = lambda result: None,
) -> Path:
    """Train a network; write OUT/MODEL.safetensors and its card; return the weights' path.

    `data` is a folder with FER2013's `training.parquet` and `public_test.parquet`.
    `recipe` replaces the shipped one of `model`; `output` is runs/MODEL unless given.
    The weights are those of the last epoch; PublicTest serves the history and the
    temperature, PrivateTest is not touched. Weights and card of an earlier run are
    replaced when the new ones are complete.

    Raises:
        DataError: the data cannot be read, or training diverged.
        SettingsError: `model` is no file name, there are no threads, or the recipe or
            device does not exist.
        OutputError: `output` cannot be written.
    """
    _require_file_name(model)
    recipe = recipe or shipped_recipe(model)
    folder = Path(output) if output is not None else Path("runs") / model
    torch_device = choose_device(device)
    with torch_threads(threads):
        training, held_out = (read_split(Path(data), name) for name in ("training", "public_test"))
        make_folder(folder)
        network, history = train_network(
            training, held_out, recipe=recipe, device=torch_device, on_epoch=on_epoch
        )
        logits = logits_of(network, held_out, device=torch_device)
        temperature = fit_temperature(logits, torch.from_numpy(held_out.labels))
    card = ModelCard(
        name=model,
        network=recipe.network,
        weights_sha256="",  # known when the weights are written
        temperature=round(temperature, 4),
        parameters=sum(p.numel() for p in network.parameters()),
        data=_DATA,
        licence=_LICENCE,
        limits=_LIMITS,
        recipe=asdict(recipe),
        made_with=_made_with(torch_device, threads),
        history=[result.as_dict() for result in history],
    )
    return _save_model(network, card, folder)


def evaluate(
    data: str | Path,
    *,
    model: str = "paper",
    device: str = "auto",
    threads: int = 1,
    save_card: bool = False,
) -> Evaluation:
    """Evaluate a model, shipped or by path, on FER2013's splits or another Parquet file.

    With `save_card` the results are written into the model's card.

    Raises:
        DataError: the data cannot be read.
        WeightsError: the model is unknown or altered.
        SettingsError: the device does not exist, or there are no threads.
        OutputError: the card cannot be written.
    """
    loaded = load_model(model)
    with torch_threads(threads):
        evaluation = evaluate_model(loaded, Path(data), device=choose_device(device))
    if save_card:
        _save_results(evaluation, model_path(model))
    return evaluation


def _require_file_name(model: str) -> None:
    if not re.fullmatch(_MODEL_NAME, model):
        raise SettingsError(
            f"model must be a plain file name of 1 to {_LONGEST_NAME} letters (a to z), digits, "
            f"'-', '_' and '.', with no '.' first; got '{model}'."
        )


def _save_model(network: nn.Module, card: ModelCard, folder: Path) -> Path:
    path = folder / f"{card.name}.safetensors"
    card_path = path.with_suffix(".json")
    # The card goes first: after a stop in between it refuses the older weights, whose
    # checksum is another.
    with replacing(card_path, path) as (new_card, new_weights):
        checksum = save_weights(network, new_weights)
        new_card.write_text(replace(card, weights_sha256=checksum).to_json(), encoding="utf-8")
    return path


def _save_results(evaluation: Evaluation, path: Path) -> None:
    results = {name: report_dict(report) for name, report in evaluation.reports.items()}
    card = read_card(path)
    updated = replace(card, results={**card.results, **results})
    card_path = path.with_suffix(".json")
    with replacing(card_path) as (new_card,):
        new_card.write_text(updated.to_json(), encoding="utf-8")


def _made_with(device: torch.device, threads: int) -> dict[str, str]:
    return {
        "vidfer": __version__,
        "torch": str(torch.__version__),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "device": str(device),
        "threads": str(threads),
        "date": datetime.now(timezone.utc).date().isoformat(),
    }
