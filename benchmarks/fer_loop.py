"""`fer` on the first frames of a clip, as its users write it; run by against_others.py.

Runs in an environment of its own, where vidfer is not installed. For every line on the
standard input it does one round and answers with the number of frames, on a line.
"""

import os
import sys

import cv2
from fer.fer import FER


def read_emotions(detector: FER, clip: str, most_frames: int) -> int:
    """Read the emotions of all faces in the first frames; return how many frames."""
    capture = cv2.VideoCapture(clip)
    frames = 0
    while frames < most_frames:
        is_read, picture = capture.read()
        if not is_read:
            break
        detector.detect_emotions(picture)
        frames += 1
    capture.release()
    return frames


def main() -> None:
    """Serve rounds until the input ends."""
    clip, most_frames, detector_name = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    # Its libraries print where answers belong.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    detector = FER(mtcnn=detector_name == "mtcnn")
    for _ in sys.stdin:
        answers.write(f"{read_emotions(detector, clip, most_frames)}\n")
        answers.flush()


if __name__ == "__main__":
    main()
