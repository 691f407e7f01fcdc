"""Train the network that lays squares about faces, and say how well they come to rest.

    python benchmarks/aligner.py DATA [-o runs/aligner]

DATA holds FER2013's training.parquet and public_test.parquet. O-Net says where the faces of
the training pictures lie, from looks at the squares of its own answers; the network learns
to find back there from squares beside them, in pictures that suffer what video does, and to
end at the same place from any two. Writes OUT/aligner.safetensors and prints its SHA-256,
for vidfer/faces/aligner.py, and a table over PublicTest.
"""

import argparse
import copy
import hashlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
import safetensors.torch
import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from vidfer.batches import CROP_SIDE_PX, DetectionBatch, FrameBatch
from vidfer.compute import torch_threads
from vidfer.faces.aligner import VIEW_SIDE_PX, AlignerNetwork
from vidfer.faces.alignment import (
    BOX_SIDES_PER_CROP,
    CENTRE_BELOW_MIDDLE,
    FaceSquares,
    face_squares,
)
from vidfer.faces.boxes import squared
from vidfer.faces.mtcnn import MtcnnDetector
from vidfer.faces.patches import Patches
from vidfer.faces.settling import VIEW_SIDES, move
from vidfer.faces.surfaces import surfaces_of
from vidfer.training.data import read_split
from vidfer.training.degradation import degrade

CPU = torch.device("cpu")

# Pictures as O-Net sees them: enlarged, with room around them.
ENLARGED = 4
ROOM_PX = 20
LOOKS_TO_COME_TO_REST, LOOKS_OF_THE_MEAN = 2, 3
SURE_SCORE = 0.8
MOST_OTHER_SIDE = 0.5  # more is no face in the middle of its picture

MARGIN_PX = 8  # of pictures as patches

# How far the squares to begin with lie beside the face: the deviations, and the most.
SHIFT, MOST_SHIFT = 0.03, 0.1
GROWTH, MOST_GROWTH = 0.05, 0.16
TURN, MOST_TURN = 0.06, 0.2
NEAR_AND_FAR = (-1.5, 0.7)  # deviations differ by powers of e from square to square

BATCH = 128
LEARNING_RATE, WEIGHT_DECAY, AVERAGE = 2e-3, 0.05, 0.995
DEGRADED = 0.4
STEPS_PER_SIDE, BEND = 20.0, 0.5  # of the loss: squares up to 1/40 of the side, then even


class Pictures(NamedTuple):
    """Pictures, uint8 (N, 48, 48), and where their faces lie, in pixels from their upper left."""

    grey: np.ndarray
    squares: FaceSquares

    def take(self, rows: np.ndarray) -> "Pictures":
        return Pictures(self.grey[rows], self.squares.take(rows))

    def mirrored(self, chosen: np.ndarray) -> "Pictures":
        """Return the pictures, the chosen ones mirrored with their faces."""
        centre, across = self.squares.centre_px.copy(), self.squares.across_px.copy()
        centre[chosen, 0] = CROP_SIDE_PX - centre[chosen, 0]
        across[chosen, 1] *= -1
        grey = np.where(chosen[:, None, None], self.grey[:, :, ::-1], self.grey)
        return Pictures(grey, FaceSquares(centre, across))


def labelled(grey: np.ndarray) -> Pictures:
    """Return the pictures in which O-Net is sure of a face, and where it lies."""
    detector = MtcnnDetector(min_face_px=40, device=CPU)
    parts = [_looked_at(detector, grey[i : i + 256]) for i in range(0, len(grey), 256)]
    centre, across, score = (np.concatenate(column) for column in zip(*parts))
    side = np.linalg.norm(across, axis=1) / CROP_SIDE_PX
    kept = (score > SURE_SCORE) & (np.abs(side - 1) < MOST_OTHER_SIDE)
    return Pictures(grey[kept], FaceSquares(centre[kept], across[kept]))


def _looked_at(
    detector: MtcnnDetector, grey: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return each face's centre, across vector and lowest score."""
    large = functional.interpolate(
        torch.from_numpy(grey)[:, None].float(), scale_factor=ENLARGED, mode="bicubic"
    )
    room = [ROOM_PX * ENLARGED] * 4
    large = functional.pad(large, room, mode="replicate").clamp(0, 255).round().byte()
    frames = large.permute(0, 2, 3, 1).expand(-1, -1, -1, 3).contiguous().numpy()
    rows = np.arange(len(grey))
    surfaces = surfaces_of(FrameBatch(frames=frames, index=rows, time_s=rows / 25), device=CPU)
    side = CROP_SIDE_PX * ENLARGED
    middle = (CROP_SIDE_PX / 2 + ROOM_PX) * ENLARGED
    half = BOX_SIDES_PER_CROP * side / 2
    low, down = middle - half, CENTRE_BELOW_MIDDLE * side
    corners = np.array([[low, low + down, low + 2 * half, low + down + 2 * half]], np.float32)
    corners = corners.repeat(len(grey), axis=0)
    seen = []
    for _ in range(LOOKS_TO_COME_TO_REST + LOOKS_OF_THE_MEAN):
        faces = detector.look(surfaces, rows, squared(torch.from_numpy(corners)).numpy())
        corners = faces.corners_px
        seen.append(faces)
    last = seen[LOOKS_TO_COME_TO_REST:]
    squares = face_squares(
        DetectionBatch(
            frame_row=rows,
            box_px=np.mean([faces.boxes_px for faces in last], axis=0),
            score=last[-1].score,
            landmarks_px=np.mean([faces.landmarks_px for faces in last], axis=0),
            tracked=np.zeros(len(rows), dtype=bool),
        )
    )
    score = np.min([faces.score for faces in seen], axis=0)
    return squares.centre_px / ENLARGED - ROOM_PX, squares.across_px / ENLARGED, score


def beside(squares: FaceSquares, random: np.random.Generator) -> FaceSquares:
    """Return squares a little beside these."""
    count = len(squares.centre_px)
    far = np.exp(random.uniform(*NEAR_AND_FAR, (count, 1)))
    spread = np.array([SHIFT, SHIFT, GROWTH, TURN])
    most = np.array([MOST_SHIFT, MOST_SHIFT, MOST_GROWTH, MOST_TURN])
    return move(squares, np.clip(random.normal(size=(count, 4)) * far * spread, -most, most))


def moves_between(squares: FaceSquares, wanted: FaceSquares) -> np.ndarray:
    """Return the moves that lead from squares to others, float64 (F, 4)."""
    centre, across = _complex(squares.centre_px), _complex(squares.across_px)
    shift = (_complex(wanted.centre_px) - centre) / across
    change = _complex(wanted.across_px) / across - 1
    return np.stack([shift.real, shift.imag, change.real, change.imag], axis=1)


def _complex(points: np.ndarray) -> np.ndarray:
    return points[:, 0] + 1j * points[:, 1]


def views(grey: torch.Tensor, squares: FaceSquares) -> torch.Tensor:
    """Return what the network is to see of squares in pictures `grey`, float32 (N, 48, 48)."""
    cells = functional.pad(grey[:, None], [MARGIN_PX] * 4, mode="replicate")
    low = np.full((len(grey), 2), -float(MARGIN_PX))
    patches = Patches(cells, low, np.ones((len(grey), 1)))
    return patches.views(squares, side_px=VIEW_SIDE_PX, sides=VIEW_SIDES)


def with_normalisation(network: nn.Module) -> nn.Module:
    """Return the network with a batch normalisation behind each convolution."""
    network = copy.deepcopy(network)
    for module in list(network.modules()):
        for name, layer in module.named_children():
            if isinstance(layer, nn.Conv2d):
                row = nn.Sequential(layer, nn.BatchNorm2d(layer.out_channels))
                row.weight = layer.weight  # its dtype is asked for
                setattr(module, name, row)
    return network


def folded(network: nn.Module) -> AlignerNetwork:
    """Return what `with_normalisation` made, trained, without normalisations again."""
    network = copy.deepcopy(network).eval()
    for module in list(network.modules()):
        for name, layer in module.named_children():
            if isinstance(layer, nn.Sequential):
                setattr(module, name, fuse_conv_bn_eval(*layer))
    plain = AlignerNetwork()
    plain.load_state_dict(network.state_dict())
    return plain.eval().to(memory_format=torch.channels_last)


def loss_of(moves: torch.Tensor, squares: FaceSquares, wanted: FaceSquares) -> torch.Tensor:
    """Return how far moves miss the faces, and how far those of two halves end apart."""
    missed = moves - torch.from_numpy(moves_between(squares, wanted)).float()
    centre, across = (
        torch.view_as_complex(torch.from_numpy(part).float().contiguous())
        for part in (squares.centre_px, squares.across_px)
    )
    shift, change = torch.view_as_complex(moves.view(-1, 2, 2)).unbind(dim=1)
    ends = torch.stack([centre + across * shift, across + across * change], dim=1)
    sides = torch.from_numpy(np.linalg.norm(wanted.across_px, axis=1)).float()
    one, other = torch.view_as_real(ends / sides[:, None]).chunk(2)
    return _bent(missed) + _bent(one - other)


def _bent(distances: torch.Tensor) -> torch.Tensor:
    scaled = STEPS_PER_SIDE * distances
    return functional.smooth_l1_loss(scaled, torch.zeros_like(scaled), beta=BEND)


def trained(pictures: Pictures, *, epochs: int, seed: int) -> AlignerNetwork:
    random, generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    network = with_normalisation(AlignerNetwork()).to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=WEIGHT_DECAY)
    steps = len(pictures.grey) // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, LEARNING_RATE, total_steps=epochs * steps, pct_start=0.1
    )
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(AVERAGE), use_buffers=True)
    for epoch in range(1, epochs + 1):
        total = 0.0
        for rows in random.permutation(len(pictures.grey))[: steps * BATCH].reshape(steps, -1):
            some = pictures.take(rows).mirrored(random.random(BATCH) < 0.5)
            # Each picture twice, with other troubles, from other squares.
            twice = some.take(np.tile(np.arange(BATCH), 2))
            grey = degrade(torch.tensor(twice.grey).float(), share=DEGRADED, generator=generator)
            squares = beside(twice.squares, random)
            with torch.autocast("cpu", torch.bfloat16):
                moves = network(views(grey, squares))
            loss = loss_of(moves.float(), squares, twice.squares)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            average.update_parameters(network)
            total += loss.item()
        print(f"epoch {epoch:3}  loss {total / steps:.4f}", flush=True)
    return folded(average.module)


@torch.inference_mode()
def report(network: AlignerNetwork, pictures: Pictures, *, looks: int = 4) -> None:
    """Print, look after look, the median distances from the face and between two beginnings."""
    random = np.random.default_rng(1)
    grey = torch.from_numpy(pictures.grey).float()
    pair = [beside(pictures.squares, random) for _ in range(2)]
    print("median, in sides: centre right, down, edge along, down")
    for look in range(looks + 1):
        missed = moves_between(pair[0], pictures.squares)
        apart = moves_between(*pair)
        print(f"after {look} looks: missed {_medians(missed)}, apart {_medians(apart)}")
        pair = [move(s, network(views(grey, s)).double().numpy()) for s in pair]


def _medians(moves: np.ndarray) -> str:
    return " ".join(f"{value:.4f}" for value in np.median(np.abs(moves), axis=0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=Path("runs/aligner"))
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    with torch_threads(1):
        parts = (read_split(options.data, name) for name in ("training", "public_test"))
        training, held_out = (labelled(faces.pictures) for faces in parts)
        print(
            f"{len(training.grey):,} pictures to learn from, {len(held_out.grey):,} held out",
            flush=True,
        )
        network = trained(training, epochs=options.epochs, seed=options.seed)
        report(network, held_out)
    content = safetensors.torch.save(
        {name: tensor.half().contiguous() for name, tensor in network.state_dict().items()}
    )
    path = options.output / "aligner.safetensors"
    path.write_bytes(content)
    print(f"Wrote {path}, SHA-256 {hashlib.sha256(content).hexdigest()}.")


if __name__ == "__main__":
    main()
