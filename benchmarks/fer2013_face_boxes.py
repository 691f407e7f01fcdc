"""Where MTCNN's boxes and eyes fall in FER2013's training pictures.

A detected face should be cut as FER2013's faces were. This runs the detector over
enlarged training pictures and prints the medians that `vidfer/faces/crops.py` uses.

    python benchmarks/fer2013_face_boxes.py FOLDER_WITH_TRAINING_PARQUET [--pictures 2000]
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from vidfer.batches import FrameBatch
from vidfer.compute import torch_threads
from vidfer.faces.mtcnn import MtcnnDetector
from vidfer.training.data import read_split

NAMES = (
    "centre_x",
    "centre_y",
    "width",
    "height",
    "side",
    "eyes_x",
    "eyes_y",
    "eyes_apart",
)
SIDE_PX = 144
BORDER_PX = 48


def enlarged(picture: np.ndarray) -> np.ndarray:
    """Return a grey 48x48 picture as RGB, three times as large, in a grey border."""
    image = Image.fromarray(picture).resize((SIDE_PX, SIDE_PX), Image.Resampling.BICUBIC)
    bordered = np.pad(np.asarray(image), BORDER_PX, constant_values=127)
    return np.repeat(bordered[:, :, None], 3, axis=2)


def main() -> None:
    """Print medians and quartiles in shares of the picture's side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--pictures", type=int, default=2000)
    arguments = parser.parse_args()
    faces = read_split(arguments.data, "training")
    chosen = np.random.default_rng(0).choice(len(faces), arguments.pictures, replace=False)
    detector = MtcnnDetector(min_face_px=40, min_score=0.9, device=torch.device("cpu"))
    rows = []
    with torch_threads(1):
        for number in chosen:
            frames = enlarged(faces.pictures[number])[None]
            batch = FrameBatch(frames=frames, index=np.zeros(1, np.int64), time_s=np.zeros(1))
            found = detector.detect(batch)
            if len(found) == 1:
                x, y, w, h = (found.box_px[0] - [BORDER_PX, BORDER_PX, 0, 0]) / SIDE_PX
                eyes = (found.landmarks_px[0, :2].mean(0) - BORDER_PX) / SIDE_PX
                apart = np.linalg.norm(found.landmarks_px[0, 1] - found.landmarks_px[0, 0])
                rows.append([x + w / 2, y + h / 2, w, h, max(w, h), *eyes, apart / SIDE_PX])
    print(f"{len(rows)} of {len(chosen)} pictures with one face; shares of the picture's side")
    for name, (low, middle, high) in zip(NAMES, np.percentile(rows, [25, 50, 75], axis=0).T):
        print(f"{name:>10}  median {middle:.3f}  quartiles {low:.3f} {high:.3f}")


if __name__ == "__main__":
    main()
