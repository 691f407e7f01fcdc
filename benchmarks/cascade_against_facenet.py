"""vidfer's cascade against facenet-pytorch's own loop: the same faces, and how fast.

Alternates the two in one run, one torch thread each, on the same frames of each clip,
and prints medians and ratios.

    python benchmarks/cascade_against_facenet.py CLIP... [--frames 16] [--rounds 5]
"""

import argparse
import platform
import statistics
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import av
import numpy as np
import torch
from facenet_pytorch import MTCNN

from vidfer.batches import DetectionBatch, FrameBatch
from vidfer.compute import torch_threads
from vidfer.faces.mtcnn import MtcnnDetector

MIN_FACE_PX = 40
SURE = 0.95
SAME_IOU = 0.8


def spread_frames(clip: Path, count: int) -> FrameBatch:
    """Return `count` frames spread over the clip."""
    with av.open(str(clip)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    index = np.linspace(0, len(frames) - 1, min(count, len(frames))).astype(np.int64)
    chosen = np.stack([frames[i] for i in index])
    return FrameBatch(frames=chosen, index=index, time_s=index.astype(np.float64))


def seconds(work: Callable[[], object]) -> float:
    """Return how long `work` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


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


def agreement(batch: FrameBatch, ours: DetectionBatch, theirs: MTCNN) -> tuple[int, int, int, int]:
    """Return sure faces of theirs, of these found; faces of ours, of these not theirs."""
    sure = found = invented = 0
    for row, frame in enumerate(batch.frames):
        boxes, scores = theirs.detect(frame)
        boxes = np.empty((0, 4)) if boxes is None else boxes
        mine = corners(ours, row)
        for box, score in zip(boxes, scores):
            if score is not None and score >= SURE:
                sure += 1
                found += iou(box, mine) >= SAME_IOU
        invented += sum(iou(box, boxes) < SAME_IOU for box in mine)
    return sure, found, len(ours), invented


def compare(clip: Path, *, frames: int, rounds: int) -> None:
    """Print one clip's line."""
    batch = spread_frames(clip, frames)
    cpu = torch.device("cpu")
    ours = MtcnnDetector(min_face_px=MIN_FACE_PX, min_score=0.7, device=cpu)
    theirs = MTCNN(keep_all=True, min_face_size=MIN_FACE_PX)
    detections = ours.detect(batch)
    sure, found, total, invented = agreement(batch, detections, theirs)
    times = [
        (
            seconds(lambda: ours.detect(batch)),
            seconds(lambda: [theirs.detect(frame) for frame in batch.frames]),
        )
        for _ in range(rounds)
    ]
    speed = [len(batch) / statistics.median(column) for column in zip(*times)]
    ratios = sorted(slow / fast for fast, slow in times)
    height, width = batch.frames.shape[1:3]
    print(
        f"{clip.name:<30} {width}x{height:<5} vidfer {speed[0]:5.1f} fps  "
        f"facenet-pytorch {speed[1]:5.1f} fps  ratio {statistics.median(ratios):.2f} "
        f"({ratios[0]:.2f}-{ratios[-1]:.2f})  sure faces found {found}/{sure}  "
        f"not theirs {invented}/{total}"
    )


def main() -> None:
    """Compare on every clip that is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clips", type=Path, nargs="+")
    parser.add_argument("--frames", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    print(
        f"{date.today()}  torch {torch.__version__}  {platform.machine()}  "
        f"one thread, min_face {MIN_FACE_PX}, median of {arguments.rounds} rounds"
    )
    with torch_threads(1):
        for clip in arguments.clips:
            compare(clip, frames=arguments.frames, rounds=arguments.rounds)


if __name__ == "__main__":
    main()
