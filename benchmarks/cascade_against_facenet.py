"""vidfer's cascade against facenet-pytorch's own loop: the same faces, and how fast.

Alternates all of them in one run, one torch thread each, on the same frames of each
clip, ours on RGB and on the decoder's planes, in float32 and in the precision that
`--precision auto` takes here. Prints medians and ratios, of the clock and of the time that the
thread computed: the clock alone says little on a machine that is shared.

    python benchmarks/cascade_against_facenet.py CLIP... [--frames 16] [--rounds 5]
"""

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import av
import numpy as np
import torch
from facenet_pytorch import MTCNN

from vidfer.batches import DetectionBatch, FrameBatch
from vidfer.compute import choose_precision, keep_freed_memory, torch_threads
from vidfer.faces.mtcnn import MtcnnDetector
from vidfer.planes import PlanarFrames
from vidfer.precision import Precision
from vidfer.video.pixels import copy_pixels, layout_of

CPU = torch.device("cpu")
MIN_FACE_PX = 40
LEAST_SCORE = 0.7
SURE = 0.95
SAME_IOU = 0.8
THEIRS = "facenet-pytorch, RGB, float32"


@dataclass(frozen=True)
class Sample:
    """The same frames of a clip in RGB and, where the decoder keeps them so, as planes."""

    rgb: FrameBatch
    planes: FrameBatch | None


@dataclass(frozen=True)
class Seconds:
    """What one round took by the clock, and computing in this thread."""

    clock: float
    thread: float


def sample_of(clip: Path, count: int) -> Sample:
    """Return `count` frames spread over the clip."""
    with av.open(str(clip)) as container:
        total = sum(1 for _ in container.decode(video=0))
    index = np.linspace(0, total - 1, min(count, total)).astype(np.int64)
    wanted = set(index.tolist())
    with av.open(str(clip)) as container:
        frames = [f for i, f in enumerate(container.decode(video=0)) if i in wanted]
    rgb = np.stack([frame.to_ndarray(format="rgb24", threads=1) for frame in frames])
    pixels = layout_of(frames[0]).allocate(len(frames))
    for row, frame in enumerate(frames):
        copy_pixels(frame, pixels, row)
    time_s = index.astype(np.float64)
    planes = FrameBatch(pixels, index, time_s) if isinstance(pixels, PlanarFrames) else None
    return Sample(FrameBatch(rgb, index, time_s), planes)


def timed(work: Callable[[], object]) -> Seconds:
    """Return how long `work` takes."""
    clock, thread = time.perf_counter(), time.thread_time()
    work()
    return Seconds(time.perf_counter() - clock, time.thread_time() - thread)


def corners(detections: DetectionBatch, row: int) -> np.ndarray:
    """Return one frame's boxes as x1, y1, x2, y2 (N, 4)."""
    boxes = detections.box_px[detections.frame_row == row]
    return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)


def iou(one: np.ndarray, others: np.ndarray) -> float:
    """Return the best intersection over union of a box with others."""
    if len(others) == 0:
        return 0.0
    size = np.minimum(one[2:], others[:, 2:]) - np.maximum(one[:2], others[:, :2])
    inside = np.clip(size, 0, None).prod(axis=1)
    areas = (one[2:] - one[:2]).prod() + (others[:, 2:] - others[:, :2]).prod(axis=1)
    return float((inside / (areas - inside)).max())


def agreement(ours: DetectionBatch, theirs: list[tuple[np.ndarray, np.ndarray]]) -> str:
    """Return how many sure faces of theirs are found, and how many of ours are not theirs."""
    sure = found = invented = 0
    for row, (boxes, scores) in enumerate(theirs):
        mine = corners(ours, row)
        hits = [iou(box, mine) >= SAME_IOU for box in boxes[scores >= SURE]]
        sure, found = sure + len(hits), found + sum(hits)
        invented += sum(iou(box, boxes) < SAME_IOU for box in mine)
    return f"sure faces found {found}/{sure}, not theirs {invented}/{len(ours)}"


def faces_of(detector: MTCNN, batch: FrameBatch) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return facenet-pytorch's boxes and scores, frame by frame."""
    pairs = [detector.detect(frame) for frame in batch.rgb()]
    nothing = (np.empty((0, 4)), np.empty(0))
    return [nothing if boxes is None else (boxes, scores) for boxes, scores in pairs]


def ours_on(sample: Sample) -> dict[str, Callable[[], DetectionBatch]]:
    """Return our cascade's work on the sample by name."""
    precisions: list[Precision] = ["float32"]
    if (chosen := choose_precision("auto", CPU)) != "float32":
        precisions.append(chosen)
    kinds = {"RGB": sample.rgb} | ({"planes": sample.planes} if sample.planes else {})
    works: dict[str, Callable[[], DetectionBatch]] = {}
    for precision in precisions:
        detector = MtcnnDetector(min_face_px=MIN_FACE_PX, device=CPU, precision=precision)
        for kind, batch in kinds.items():
            works[f"vidfer, {kind}, {precision}"] = partial(
                detector.detect, batch, min_score=LEAST_SCORE
            )
    return works


def compare(clip: Path, *, frames: int, rounds: int) -> None:
    """Print one clip's table; ratios are of the same round."""
    sample = sample_of(clip, frames)
    ours, reference = ours_on(sample), MTCNN(keep_all=True, min_face_size=MIN_FACE_PX)
    theirs = faces_of(reference, sample.rgb)
    notes = {name: agreement(work(), theirs) for name, work in ours.items()}
    works = {THEIRS: lambda: faces_of(reference, sample.rgb), **ours}
    times = [{name: timed(work) for name, work in works.items()} for _ in range(rounds)]
    height, width = sample.rgb.size_px
    print(f"\n{clip.name}  {width}x{height}, {len(sample.rgb)} frames")
    for name in works:
        rows = [(row[name], row[THEIRS]) for row in times]
        by_clock = [their.clock / our.clock for our, their in rows]
        by_thread = sorted(their.thread / our.thread for our, their in rows)
        speed = len(sample.rgb) / statistics.median(our.thread for our, _ in rows)
        print(
            f"  {name:<30} {speed:6.1f} frames/s of computing, "
            f"ratio {statistics.median(by_thread):5.2f} ({by_thread[0]:.2f} to "
            f"{by_thread[-1]:.2f}), by the clock {statistics.median(by_clock):5.2f}  "
            f"{notes.get(name, '')}"
        )


def main() -> None:
    """Compare on every clip that is named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", type=Path, nargs="+")
    parser.add_argument("--frames", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    print(
        f"{date.today()}, {platform.machine()}, load {os.getloadavg()[0]:.1f}, "
        f"torch {torch.__version__}, PyAV {av.__version__}, one thread, "
        f"min_face {MIN_FACE_PX}, median of {arguments.rounds} rounds"
    )
    keep_freed_memory()
    with torch_threads(1):
        for clip in arguments.clips:
            compare(clip, frames=arguments.frames, rounds=arguments.rounds)


if __name__ == "__main__":
    main()
