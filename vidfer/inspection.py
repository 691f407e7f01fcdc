"""What is shipped, and what this machine can do."""

import platform
from dataclasses import asdict, dataclass
from importlib import metadata
from typing import Final

from vidfer import __version__
from vidfer.emotion.cards import ModelCard, model_path, read_card, shipped_models
from vidfer.errors import WeightsError

_PACKAGES: Final = (
    "torch",
    "torchvision",
    "facenet-pytorch",
    "decord",
    "av",
    "numpy",
    "polars",
    "pyarrow",
    "safetensors",
)


@dataclass(frozen=True)
class Check:
    """One finding about this machine; `ok` is False where something has to be done."""

    name: str
    finding: str
    ok: bool = True


def models() -> list[ModelCard]:
    """Return the cards of the shipped models, by name."""
    return [read_card(model_path(name)) for name in shipped_models()]


def doctor() -> list[Check]:
    """Look at versions, GPU, decoders and weights, and say what is wrong.

    Every shipped weights file is loaded and held against its card.
    """
    return [
        Check("vidfer", __version__),
        Check("python", f"{platform.python_version()} on {platform.platform()}"),
        *(_package(name) for name in _PACKAGES),
        _gpu(),
        _precision(),
        _decoders(),
        *(_weights(name) for name in shipped_models()),
        _detector(),
    ]


def as_dicts(checks: list[Check]) -> list[dict[str, object]]:
    """Return checks for JSON."""
    return [asdict(check) for check in checks]


def _package(name: str) -> Check:
    try:
        return Check(name, metadata.version(name))
    except metadata.PackageNotFoundError:
        if name == "decord":
            return Check(name, "not installed: PyAV decodes everything")
        return Check(name, f"not installed: run 'pip install {name}'", ok=False)


def _gpu() -> Check:
    from vidfer.compute import gpu_names  # imports torch, which `models` does not need

    names = ", ".join(gpu_names())
    return Check("gpu", names or "none that torch can use: networks run on the CPU")


def _precision() -> Check:
    from vidfer.compute import choose_device, choose_precision  # imports torch

    chosen = choose_precision("auto", choose_device("auto"))
    return Check("precision", f"'auto' means {chosen} on this machine")


def _decoders() -> Check:
    from vidfer.video.decord_source import is_available  # imports PyAV

    decoders = ["pyav"] + (["decord"] if is_available() else [])
    return Check("decoders", ", ".join(decoders))


def _weights(name: str) -> Check:
    from vidfer.emotion.models import load_model  # imports torch

    try:
        card = load_model(name).card
    except WeightsError as error:
        return Check(f"model {name}", str(error), ok=False)
    return Check(f"model {name}", f"weights verified, SHA-256 {card.weights_sha256[:16]}...")


def _detector() -> Check:
    try:
        from vidfer.compute import choose_device
        from vidfer.faces.mtcnn import MtcnnDetector  # imports torch
    except ImportError as error:
        finding = f"cannot be loaded ({error}): install torch and torchvision together"
        return Check("detector", finding, ok=False)
    try:
        MtcnnDetector(min_face_px=40, device=choose_device("cpu"))
    except WeightsError as error:
        return Check("detector", str(error), ok=False)
    return Check("detector", "MTCNN weights loaded")
