"""Frames of a clip, decoded without vidfer."""

from pathlib import Path

import av
import numpy as np


def decoded_frames(path: Path, *, end_s: float) -> tuple[np.ndarray, np.ndarray]:
    """Return RGB frames shown before `end_s`, uint8 (N, height, width, 3), and their times."""
    frames, times = [], []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            if frame.time >= end_s:
                break
            frames.append(frame.to_ndarray(format="rgb24"))
            times.append(frame.time)
    return np.stack(frames), np.array(times)
