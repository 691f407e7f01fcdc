"""The cascade's weights, read from the installed package facenet-pytorch.

The package itself is never imported: that takes longer than importing torch.
"""

import hashlib
import io
from importlib.util import find_spec
from pathlib import Path
from typing import Final, NamedTuple

import torch
from torch.nn.functional import pad

from vidfer.errors import WeightsError

# P-Net's first layer has ten channels, six of them with negative slopes. The latter twice,
# they are sixteen: whole vector registers are pooled at a time, and before the activation,
# which then has a quarter of the work.
PNET_CHANNELS: Final = 16
PNET_PAIRS: Final = 6

# Of facenet-pytorch 2.5.3.
_SHA256: Final = {
    "pnet": "a2a71925e0b9996a42f63e47efc1ca19043e69558b5c523b978d611dfae49c8f",
    "rnet": "bbb937de72efc9ef83b186c49f5f558467a1d7e3453a8ece0d71a886633f6a86",
    "onet": "165bfbe42940416ccfb977545cf0e976d5bf321f67083ae2aaaa5c764280118d",
}

_Tensors = dict[str, torch.Tensor]


class CascadeWeights(NamedTuple):
    """Each network's tensors, by the names in `vidfer.faces.networks`."""

    pnet: _Tensors
    rnet: _Tensors
    onet: _Tensors


def read_weights() -> CascadeWeights:
    """Read the weights of the three networks.

    Nothing of a file is interpreted before its SHA-256 is the known one.

    Raises:
        WeightsError: facenet-pytorch is not installed, or its weights are not those known.
    """
    folder = _folder()
    return CascadeWeights(
        pnet=_with_one_logit(_pooled_first(_joined(_read(folder, "pnet"), "conv4_2", "conv4_1"))),
        rnet=_joined(_read(folder, "rnet"), "dense5_2", "dense5_1"),
        onet=_joined(_read(folder, "onet"), "dense6_2", "dense6_3", "dense6_1"),
    )


def _folder() -> Path:
    package = find_spec("facenet_pytorch")
    if package is None or package.origin is None:
        raise WeightsError(
            "The face detector's weights come with the package facenet-pytorch, which is not "
            "installed here: run 'pip install facenet-pytorch'."
        )
    return Path(package.origin).parent / "data"


def _read(folder: Path, name: str) -> _Tensors:
    content = read_known(
        folder / f"{name}.pt",
        sha256=_SHA256[name],
        owner="face detector",
        advice="run 'pip install --force-reinstall --no-deps facenet-pytorch==2.5.3'",
    )
    tensors: _Tensors = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    return tensors


def read_known(path: Path, *, sha256: str, owner: str, advice: str) -> bytes:
    """Return what a weights file holds, if it is the one known by its SHA-256.

    Raises:
        WeightsError: it cannot be read or is another one; the message says whose weights
            they are and ends with `advice`.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise WeightsError(
            f"The {owner}'s weights {path} cannot be read ({error.strerror}): {advice}."
        ) from error
    actual = hashlib.sha256(content).hexdigest()
    if actual != sha256:
        raise WeightsError(
            f"The {owner}'s weights {path} have been altered: their SHA-256 is {actual}, "
            f"not {sha256}; {advice}."
        )
    return content


def _joined(tensors: _Tensors, *heads: str) -> _Tensors:
    """Return the tensors with the layers `heads` as one linear layer, in this order."""
    joined = {n: tensor for n, tensor in tensors.items() if n.split(".")[0] not in heads}
    for kind in ("weight", "bias"):
        # P-Net's heads are 1x1 convolutions: flattened, the weights of a linear layer.
        parts = [tensors[f"{head}.{kind}"] for head in heads]
        joined[f"heads.{kind}"] = torch.cat([p.flatten(1) if p.dim() > 1 else p for p in parts])
    return joined


def _pooled_first(tensors: _Tensors) -> _Tensors:
    """Return P-Net's tensors for pooling before the first activation instead of after it.

    With a slope from 0 on, PReLU rises and may as well come after pooling. With a slope
    a < 0 it is max(x, a * x), whose largest value in a window is that of x or that of a * x.
    So channels with negative slopes come first, those with others next, and at last, for
    each of the first ones, a channel that computes a * x.
    """
    slopes = tensors["prelu1.weight"]
    order = torch.argsort(slopes >= 0, stable=True)
    negative, others = order[:PNET_PAIRS], order[PNET_PAIRS:]
    changed = dict(tensors)
    for name in ("conv1.weight", "conv1.bias"):
        rows = tensors[name].reshape(len(slopes), -1)
        scaled = rows[negative] * slopes[negative, None]
        changed[name] = torch.cat([rows[order], scaled]).view(-1, *tensors[name].shape[1:])
    unchanged = torch.ones(PNET_PAIRS)
    changed["prelu1.weight"] = torch.cat([unchanged, slopes[others], unchanged])
    changed["conv2.weight"] = pad(tensors["conv2.weight"][:, order], (0, 0, 0, 0, 0, PNET_PAIRS))
    return changed


def _with_one_logit(tensors: _Tensors) -> _Tensors:
    """Return tensors whose `heads` end in the difference of what were their last two outputs.

    Those are the logits of no face and face: their softmax is the difference's sigmoid.
    """
    changed = dict(tensors)
    for name in ("heads.weight", "heads.bias"):
        *offsets, no_face, face = tensors[name]
        changed[name] = torch.stack([*offsets, face - no_face])
    return changed
