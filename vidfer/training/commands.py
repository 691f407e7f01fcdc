"""The public functions `train` and `evaluate`."""

import platform
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Final

import torch

from vidfer import __version__
from vidfer.compute import choose_device, torch_threads
from vidfer.emotion.cards import ModelCard, model_path, read_card
from vidfer.emotion.models import load_model, save_weights
from vidfer.errors import OutputError
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
    temperature, PrivateTest is not touched.

    Raises:
        DataError: the data cannot be read, or training diverged.
        SettingsError: the recipe or device does not exist.
        OutputError: `output` cannot be written.
    """
    recipe = recipe or shipped_recipe(model)
    folder = Path(output) if output is not None else Path("runs") / model
    training, held_out = read_split(Path(data), "training"), read_split(Path(data), "public_test")
    torch_device = choose_device(device)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with torch_threads(threads):
            network, history = train_network(
                training, held_out, recipe=recipe, device=torch_device, on_epoch=on_epoch
            )
            logits = logits_of(network, held_out, device=torch_device)
        path = folder / f"{model}.safetensors"
        card = ModelCard(
            name=model,
            network=recipe.network,
            weights_sha256=save_weights(network, path),
            temperature=round(fit_temperature(logits, torch.from_numpy(held_out.labels)), 4),
            parameters=sum(p.numel() for p in network.parameters()),
            data=_DATA,
            licence=_LICENCE,
            limits=_LIMITS,
            recipe=asdict(recipe),
            made_with=_made_with(torch_device, threads),
            history=[result.as_dict() for result in history],
        )
        path.with_suffix(".json").write_text(card.to_json(), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{folder} cannot be written: {error}.") from error
    return path


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
        OutputError: the card cannot be written.
    """
    loaded = load_model(model)
    with torch_threads(threads):
        evaluation = evaluate_model(loaded, Path(data), device=choose_device(device))
    if save_card:
        _save_results(evaluation, model_path(model))
    return evaluation


def _save_results(evaluation: Evaluation, path: Path) -> None:
    results = {name: report_dict(report) for name, report in evaluation.reports.items()}
    card = read_card(path)
    updated = replace(card, results={**card.results, **results})
    try:
        path.with_suffix(".json").write_text(updated.to_json(), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"The card of {path} cannot be written: {error}.") from error


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
