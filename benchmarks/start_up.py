"""How much longer than importing torch it takes to analyse a one-second clip.

    python benchmarks/start_up.py [--rounds 7]

Alternates `python -c "import torch"` and `vidfer analyze` of a synthetic clip (360p, 25
frames, no face), each in a process of its own, and prints medians, spread and the ratio.
"""

import argparse
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from importlib.metadata import version
from pathlib import Path

import av
import numpy as np

FRAMES = 25
HEIGHT_PX, WIDTH_PX = 360, 640


def write_clip(path: Path) -> None:
    """Write a second of moving stripes."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FRAMES)
        stream.width, stream.height, stream.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuv420p"
        columns = np.arange(WIDTH_PX)
        for number in range(FRAMES):
            stripes = 128 + 80 * np.sin((columns + 4 * number) / 20)
            picture = np.broadcast_to(stripes[None, :, None], (HEIGHT_PX, WIDTH_PX, 3))
            frame = av.VideoFrame.from_ndarray(
                np.ascontiguousarray(picture, dtype=np.uint8), "rgb24"
            )
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def seconds(command: list[str]) -> float:
    """Return how long a command takes; fail if it does."""
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        clip, output = Path(folder) / "clip.mp4", Path(folder) / "out"
        write_clip(clip)
        analyze = [sys.executable, "-m", "vidfer", "analyze", str(clip), "-o", str(output)]
        commands = {
            "import torch": [sys.executable, "-c", "import torch"],
            "vidfer analyze": [*analyze, "--overwrite", "--quiet"],
        }
        times_s: dict[str, list[float]] = {name: [] for name in commands}
        for number in range(rounds + 1):
            for name, command in commands.items():
                taken_s = seconds(command)
                if number:  # the first round fills the disk cache
                    times_s[name].append(taken_s)
    print(f"{date.today()}, {platform.machine()}, torch {version('torch')}, {rounds} rounds")
    for name, taken in times_s.items():
        print(
            f"{name:<15} median {statistics.median(taken):.2f} s  "
            f"({min(taken):.2f} to {max(taken):.2f})"
        )
    ratios = [ours / theirs for theirs, ours in zip(*times_s.values())]
    print(f"ratio           median {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
