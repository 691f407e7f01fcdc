"""The public function `train`."""

import platform
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Final

import torch
from torch import nn

from vidfer import __version__
from vidfer.atomic import make_folder, replacing
from vidfer.compute import choose_device, keep_freed_memory, torch_threads
from vidfer.config import DEFAULT_MODEL
from vidfer.emotion.arithmetic import multiply_adds
from vidfer.emotion.cards import ModelCard
from vidfer.emotion.models import save_weights
from vidfer.errors import SettingsError
from vidfer.training.calibration import fit_temperature
from vidfer.training.data import LabelledFaces, held_out_name, read_training_data
from vidfer.training.data.copies import are_copies
from vidfer.training.data.settling import settled
from vidfer.training.earlier_models import with_models_made
from vidfer.training.loop import logits_of, train_network
from vidfer.training.metrics import ClassificationReport
from vidfer.training.recipe import Recipe, shipped_recipe
from vidfer.training.record import save_confusion, save_history
from vidfer.training.result_files import beside
from vidfer.training.run import EpochResult

# What the held-out split of FER2013 is called.
_PUBLIC_TEST: Final = "PublicTest"

_DATA: Final = (
    "FER2013 (Goodfellow et al. 2013), official splits: trained on the training split, "
    "temperature fitted on PublicTest, nothing chosen on PrivateTest."
)
_OWN_LICENCE: Final = (
    "Trained on data of its maker's own, whose licence decides what the weights may be used for."
)
_LICENCE: Final = (
    "The weights may be used under vidfer's MIT licence. FER2013's pictures come from a web "
    "search and their copyright is unclear: check whether that suits your use."
)
_LIMITS: Final = "Names the expression that raters would see in a picture, not what a person feels."
_NOISE: Final = " FER2013's labels are noisy: people agree with them on about 65 % of the pictures."

_LONGEST_NAME: Final = 100
_MODEL_NAME: Final = rf"[A-Za-z0-9_-][A-Za-z0-9._-]{{0,{_LONGEST_NAME - 1}}}"


def train(
    data: str | Path,
    *,
    model: str = DEFAULT_MODEL,
    output: str | Path | None = None,
    recipe: Recipe | None = None,
    device: str = "auto",
    threads: int = 1,
    overwrite: bool = False,
    on_epoch: Callable[[EpochResult], None] = lambda result: None,
) -> Path:
    """Train a network; write OUT/MODEL.safetensors and its card; return the weights' path.

    `data` is anything that docs/data.md lists. `recipe` replaces the shipped one of
    `model`; `output` is runs/MODEL unless given. The weights are those of the last
    epoch; held-out pictures (PublicTest, where there is one) serve the history, the
    confusion matrix and the temperature, PrivateTest is not touched. Beside the weights
    lie a checkpoint after each epoch, from which the same call goes on unless
    `overwrite`, and history and confusion as Parquet and PNG. Weights and card of an
    earlier run are replaced when the new ones are complete. Recipes that the recipe names as
    first weights or teachers, and those that they name in turn, are followed first, each once,
    in folders of their own below `output`.

    Raises:
        DataError: the data or checkpoint cannot be used, or training diverged.
        SettingsError: `model` is no file name, there are no threads, or the recipe or
            device does not exist.
        WeightsError: a teacher is unknown or altered.
        OutputError: `output` cannot be written.
    """
    _require_file_name(model)
    folder = Path(output) if output is not None else Path("runs") / model
    torch_device = choose_device(device)

    def make(path: Path, earlier: Recipe) -> Path:
        return train(
            data,
            model=path.stem,
            output=folder / path.stem,
            recipe=earlier,
            device=device,
            threads=threads,
            overwrite=overwrite,
            on_epoch=on_epoch,
        )

    recipe = with_models_made(recipe or shipped_recipe(model), make)
    checkpoint = beside(folder / model, "checkpoint.safetensors")
    keep_freed_memory()
    with torch_threads(threads):
        training, held_out = read_training_data(Path(data))
        if recipe.settled:
            training, held_out = (
                settled(faces, device=torch_device) for faces in (training, held_out)
            )
        make_folder(folder)
        if overwrite:
            checkpoint.unlink(missing_ok=True)
        network, history = train_network(
            training,
            held_out,
            recipe=recipe,
            device=torch_device,
            checkpoint=checkpoint,
            on_epoch=on_epoch,
        )
        logits = logits_of(network, held_out, device=torch_device)
    trained = _Trained(network, history, training, held_out, logits)
    made_with = _made_with(torch_device, threads)
    return _save(trained, Path(data), recipe, stem=folder / model, made_with=made_with)


@dataclass(frozen=True)
class _Trained:
    """A network, how it came about, and its logits for the held-out pictures."""

    network: nn.Module
    history: list[EpochResult]
    training: LabelledFaces
    held_out: LabelledFaces
    logits: torch.Tensor


def _save(
    trained: _Trained, data: Path, recipe: Recipe, *, stem: Path, made_with: dict[str, str]
) -> Path:
    """Write history, confusion, weights and card; return the path of the weights."""
    training, held_out, logits = trained.training, trained.held_out, trained.logits
    held_out_title = held_out_name(data)
    save_history(trained.history, stem)
    report = ClassificationReport.of(held_out.labels, logits.argmax(1).numpy())
    save_confusion(report, stem, title=f"{stem.name} on {held_out_title}")
    official = held_out_title == _PUBLIC_TEST
    card = ModelCard(
        name=stem.name,
        network=recipe.network,
        weights_sha256="",  # known when the weights are written
        temperature=round(_temperature(logits, held_out, training), 4),
        parameters=sum(p.numel() for p in trained.network.parameters()),
        multiply_adds=multiply_adds(trained.network),
        settled=recipe.settled,
        data=(_DATA if official else _own_data(data.name, training, held_out_title))
        + _begun_with(recipe),
        licence=_LICENCE if official else _OWN_LICENCE,
        limits=_LIMITS + _NOISE if official else _LIMITS,
        recipe=_without_folders(recipe),
        made_with=made_with,
        history=[result.as_dict() for result in trained.history],
    )
    return _save_model(trained.network, card, stem.parent)


def _temperature(logits: torch.Tensor, held_out: LabelledFaces, training: LabelledFaces) -> float:
    """Fit on the held-out pictures that are no copies of training pictures, if there are any.

    Copies are known by heart, and would make the network look surer than it may be.
    """
    kept = ~are_copies(held_out.pictures, training.pictures)
    if not kept.any():
        kept[:] = True
    return fit_temperature(logits[kept], torch.from_numpy(held_out.labels[kept]))


def _without_folders(recipe: Recipe) -> dict[str, object]:
    """Return the recipe's values; models by file name, since a card tells of no machine."""
    return asdict(recipe.with_models(lambda name: Path(name).name))


def _begun_with(recipe: Recipe) -> str:
    """Say whose weights the network began with, since their data and licence matter as well."""
    if recipe.initial_weights is None:
        return ""
    first = Path(recipe.initial_weights).name
    return (
        f" It began with the weights of '{first}': what their card says of data and licence "
        "counts here, too."
    )


def _own_data(data: str, training: LabelledFaces, held_out_title: str) -> str:
    return (
        f"{data}: trained on {len(training):,} pictures, temperature fitted on the "
        f"{held_out_title}."
    )


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
