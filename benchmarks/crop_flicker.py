"""How far heads roll in videos, and how steady probabilities are under each crop rule."""

from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import torch
from crop_rules import Rule

from vidfer.batches import DetectionBatch, FrameBatch
from vidfer.faces.alignment import landmark_squares
from vidfer.faces.crops import cut_squares
from vidfer.faces.mtcnn import MtcnnDetector
from vidfer.faces.surfaces import surfaces_of
from vidfer.faces.tracking import FaceTracker

CPU = torch.device("cpu")
CHUNK_FRAMES = 8
LONG_ENOUGH = 5
PERCENTILES = (5, 25, 50, 75, 95)
# So many pixels of each video are looked at: the large one's frames take longer.
PIXELS = 50_000_000


def chunks(path: Path) -> Iterator[FrameBatch]:
    """Yield the video's first frames, a few at a time."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        count = PIXELS // (stream.width * stream.height)
        frames = []
        for number, frame in enumerate(container.decode(stream)):
            if number == count:
                break
            frames.append(frame.to_ndarray(format="rgb24", threads=1))
    for start in range(0, len(frames), CHUNK_FRAMES):
        some = np.stack(frames[start : start + CHUNK_FRAMES])
        index = np.arange(start, start + len(some), dtype=np.int64)
        yield FrameBatch(frames=some, index=index, time_s=index / 25)


def found_in(path: Path) -> tuple[list[tuple[FrameBatch, DetectionBatch]], np.ndarray]:
    """Return each chunk with its faces, and all faces' tracks."""
    detector = MtcnnDetector(min_face_px=40, device=CPU)
    tracker = FaceTracker(gap_s=1.0)
    pairs, tracks = [], [np.empty(0, np.int32)]
    for batch in chunks(path):
        faces = detector.detect(batch, min_score=0.8)
        pairs.append((batch, faces))
        one_scene = np.zeros(len(batch), np.bool_)
        tracks.append(tracker.update(batch, faces, new_scene=one_scene))
    return pairs, np.concatenate(tracks)


def successive(tracks: np.ndarray) -> np.ndarray:
    """Return pairs of rows that follow each other in a track, int64 (N, 2)."""
    pairs = [np.empty((0, 2), np.int64)]
    for track in np.unique(tracks):
        rows = np.flatnonzero(tracks == track)
        if len(rows) >= LONG_ENOUGH:
            pairs.append(np.stack([rows[:-1], rows[1:]], axis=1))
    return np.concatenate(pairs)


def report_videos(
    folder: Path, rules: dict[str, Rule], classify: Callable[[np.ndarray], np.ndarray]
) -> None:
    """Print the heads' roll, and each rule's mean change of a probability, per video."""
    changes: dict[str, list[float]] = {name: [] for name in rules}
    for path in sorted(p for p in folder.iterdir() if p.suffix in (".mp4", ".mov")):
        pairs, tracks = found_in(path)
        rows = successive(tracks)
        if len(rows) == 0:
            continue
        across = np.concatenate([landmark_squares(faces).across_px for _, faces in pairs])
        roll = np.percentile(np.degrees(np.arctan2(across[:, 1], across[:, 0])), PERCENTILES)
        print(
            f"{path.name}: {len(tracks)} faces, roll in degrees {np.round(roll, 1)} {PERCENTILES}"
        )
        for name, rule in rules.items():
            crops = [
                cut_squares(surfaces_of(batch, device=CPU), faces.frame_row, rule(faces))
                for batch, faces in pairs
            ]
            probabilities = classify(np.concatenate(crops))
            difference = probabilities[rows[:, 1]] - probabilities[rows[:, 0]]
            changes[name].append(float(np.abs(difference).mean()))
    print("mean absolute change of a probability from frame to frame; mean over the videos")
    for name, values in changes.items():
        each = " ".join(f"{value:.4f}" for value in values)
        print(f"{name:<26} {np.mean(values):.4f}  ({each})")
