"""Where MTCNN's boxes and landmarks fall in FER2013's training pictures.

A detected face should be cut as FER2013's faces were. This runs the detector over
enlarged training pictures and prints the medians that `vidfer/faces/alignment.py` uses.

    python benchmarks/fer2013_face_boxes.py FOLDER_WITH_TRAINING_PARQUET [--pictures 2000]
"""

import argparse
from pathlib import Path

import numpy as np
from crop_scenes import FoundFaces, find_faces

from vidfer.batches import LANDMARKS
from vidfer.compute import torch_threads
from vidfer.training.data import read_split


def measures(found: FoundFaces) -> dict[str, np.ndarray]:
    """Return each figure, (F,), in sides of the picture and from its middle."""
    side = found.truth.across_px[:, :1]
    box = found.detections.box_px / side
    middle = found.truth.centre_px / side
    centre = box[:, :2] + box[:, 2:] / 2 - middle
    landmarks = found.detections.landmarks_px / side[:, None] - middle[:, None]
    eyes = landmarks[:, 1] - landmarks[:, 0]
    places = {
        f"{name} {axis}": landmarks[:, row, column]
        for row, name in enumerate(LANDMARKS)
        for column, axis in enumerate("xy")
    }
    return {
        "box, longer side": box[:, 2:].max(axis=1),
        "box, mean side": box[:, 2:].mean(axis=1),
        "box centre x": centre[:, 0],
        "box centre y": centre[:, 1],
        **places,
        "eyes apart": np.linalg.norm(eyes, axis=1),
        "roll, degrees": np.degrees(np.arctan2(eyes[:, 1], eyes[:, 0])),
    }


def main() -> None:
    """Print percentiles over the pictures in which the face was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--pictures", type=int, default=2000)
    arguments = parser.parse_args()
    faces = read_split(arguments.data, "training")
    chosen = np.random.default_rng(0).choice(len(faces), arguments.pictures, replace=False)
    with torch_threads(1):
        found = find_faces(faces, chosen, turns_deg=(0.0,))
    print(f"face found in {len(found.picture)} of {found.tried} pictures; percentiles")
    print(f"{'':>18} {'5':>8} {'25':>8} {'50':>8} {'75':>8} {'95':>8}")
    for name, values in measures(found).items():
        levels = np.percentile(values, [5, 25, 50, 75, 95])
        print(f"{name:>18} " + " ".join(f"{level:8.3f}" for level in levels))


if __name__ == "__main__":
    main()
