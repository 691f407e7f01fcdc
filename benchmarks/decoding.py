"""How fast frames are decoded: to RGB by decord and PyAV, and to planes as vidfer takes them.

    python benchmarks/decoding.py CLIP... [--rounds 7]

Alternates all of them in one run, the bare decoders with one and two threads, vidfer's
source with its one, and prints medians and ratios. `bare` decodes and throws away.
"""

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

import av
import decord
import numpy as np

from vidfer.video.pyav_source import PyavSource
from vidfer.video.selection import FrameSelection

CHUNK_FRAMES = 16
MAX_PIXELS = 100_000_000


def pyav_bare(clip: Path, threads: int) -> int:
    """Decode every frame, and convert none."""
    with av.open(str(clip)) as container:
        container.streams.video[0].thread_count = threads
        return sum(1 for _ in container.decode(video=0))


def pyav_rgb(clip: Path, threads: int) -> int:
    """Convert every frame to RGB, on as many threads as decode."""
    with av.open(str(clip)) as container:
        container.streams.video[0].thread_count = threads
        frames = container.decode(video=0)
        return sum(len(f.to_ndarray(format="rgb24", threads=threads)) > 0 for f in frames)


def decord_rgb(clip: Path, threads: int) -> int:
    """Read every frame in chunks; decord gives nothing but RGB."""
    reader = decord.VideoReader(str(clip), num_threads=threads)
    for start in range(0, len(reader), CHUNK_FRAMES):
        reader.get_batch(range(start, min(start + CHUNK_FRAMES, len(reader)))).asnumpy()
    return len(reader)


def vidfer_planes(clip: Path, every: int) -> int:
    """Take every frame or every n-th one from vidfer's source, as planes."""
    source = PyavSource(clip, max_pixels=MAX_PIXELS)
    selection = FrameSelection(every=every)
    for _ in source.batches(selection=selection, chunk_frames=CHUNK_FRAMES, detect_every=5):
        pass
    source.close()
    return source.record.frames_decoded


READERS: dict[str, Callable[[Path], int]] = {
    "PyAV bare, 1 thread": partial(pyav_bare, threads=1),
    "vidfer planes": partial(vidfer_planes, every=1),
    "vidfer planes, every 10th": partial(vidfer_planes, every=10),
    "PyAV RGB, 1 thread": partial(pyav_rgb, threads=1),
    "decord RGB, 1 thread": partial(decord_rgb, threads=1),
    "PyAV bare, 2 threads": partial(pyav_bare, threads=2),
    "PyAV RGB, 2 threads": partial(pyav_rgb, threads=2),
    "decord RGB, 2 threads": partial(decord_rgb, threads=2),
}


def frames_per_second(read: Callable[[Path], int], clip: Path) -> float:
    """Return how fast a reader decodes a clip."""
    started = time.perf_counter()
    frames = read(clip)
    return frames / (time.perf_counter() - started)


def compare(clip: Path, *, rounds: int) -> None:
    """Print one clip's table; ratios are of the same round, against the bare decoder."""
    for read in READERS.values():
        read(clip)
    speeds = [
        {name: frames_per_second(r, clip) for name, r in READERS.items()} for _ in range(rounds)
    ]
    with av.open(str(clip)) as container:
        context = container.streams.video[0].codec_context
        print(f"\n{clip.name}  {context.width}x{context.height} {context.name} {context.pix_fmt}")
    for name in READERS:
        rates = [row[name] for row in speeds]
        ratio = statistics.median(row[name] / row["PyAV bare, 1 thread"] for row in speeds)
        print(
            f"  {name:<26} {statistics.median(rates):7.0f} frames/s "
            f"({min(rates):.0f} to {max(rates):.0f})  ratio {ratio:.2f}"
        )


def main() -> None:
    """Compare on every clip that is named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", type=Path, nargs="+")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    print(
        f"{date.today()}, {platform.machine()}, {cores} cores, load {os.getloadavg()[0]:.1f}, "
        f"PyAV {av.__version__} (libavcodec {av.library_versions['libavcodec'][0]}), "
        f"decord {decord.__version__}, numpy {np.__version__}, median of {options.rounds} rounds"
    )
    for clip in options.clips:
        compare(clip, rounds=options.rounds)


if __name__ == "__main__":
    main()
