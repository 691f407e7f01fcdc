"""Model cards: what a weights file is, without loading it."""

import json
from dataclasses import asdict, dataclass, field, fields
from importlib import resources
from pathlib import Path
from typing import Any

from vidfer.checks import is_number, is_text, is_whole
from vidfer.emotions import EMOTIONS
from vidfer.errors import WeightsError


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """What a weights file is, how it was made and how well it does.

    `settled`: the network was trained on faces cut as `analyze` cuts them, and pictures that
    others cut are cut again for it. `temperature` divides the logits before softmax (Guo et
    al. 2017). `results` holds a split's figures by the split's name. `multiply_adds` is the
    work for one crop, 0 in the cards of older versions.
    """

    name: str
    network: str
    weights_sha256: str
    temperature: float
    parameters: int
    multiply_adds: int = 0
    settled: bool = False
    labels: list[str] = field(default_factory=lambda: list(EMOTIONS))
    data: str = ""
    licence: str = ""
    limits: str = ""
    recipe: dict[str, Any] = field(default_factory=dict)
    made_with: dict[str, str] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)
    results: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return the card as JSON text."""
        return json.dumps(asdict(self), indent=2) + "\n"


def shipped_models() -> list[str]:
    """Return the names of the models in the package, sorted."""
    folder = resources.files("vidfer.emotion") / "weights"
    names = (entry.name for entry in folder.iterdir())
    return sorted(n.removesuffix(".safetensors") for n in names if n.endswith(".safetensors"))


def model_path(name_or_path: str) -> Path:
    """Return the weights file that a shipped name or a path means.

    Raises:
        WeightsError: it is neither; the message lists the shipped names.
    """
    if name_or_path in shipped_models():
        return Path(str(resources.files("vidfer.emotion") / "weights")) / (
            name_or_path + ".safetensors"
        )
    path = Path(name_or_path)
    if path.suffix != ".safetensors":
        raise WeightsError(
            f"There is no model '{name_or_path}'. Give one of {', '.join(shipped_models())} "
            "or the path of a .safetensors file made by 'vidfer train'."
        )
    if not path.is_file():
        raise WeightsError(f"The weights file {path} does not exist.")
    return path


def read_card(path: Path) -> ModelCard:
    """Read the card of the weights file `path`.

    Raises:
        WeightsError: the card is missing or damaged, or holds what cannot be used.
    """
    card_path = path.with_suffix(".json")
    try:
        values = json.loads(card_path.read_text(encoding="utf-8"))
        card = ModelCard(**values)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, TypeError) as error:
        known = ", ".join(f.name for f in fields(ModelCard))
        raise WeightsError(
            f"{path} needs its card {card_path.name} beside it, with {known}: {error}"
        ) from error
    _require_usable(card, card_path)
    return card


def _require_usable(card: ModelCard, path: Path) -> None:
    for name, holds, wanted in (
        ("network", is_text(card.network), "a name"),
        ("temperature", is_number(card.temperature) and card.temperature > 0, "a number above 0"),
        ("parameters", is_whole(card.parameters) and card.parameters > 0, "a number above 0"),
        ("settled", isinstance(card.settled, bool), "true or false"),
    ):
        if not holds:
            raise WeightsError(
                f"{path} must give {wanted} as '{name}', not {getattr(card, name)!r}: "
                "install vidfer again, or train again."
            )
    if card.labels != list(EMOTIONS):
        raise WeightsError(f"{path} has the labels {card.labels}, not {list(EMOTIONS)}.")
