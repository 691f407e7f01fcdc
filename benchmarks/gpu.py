"""What a GPU allows: decoding only, computing only, and from end to end.

    python benchmarks/gpu.py CLIP [--height 720] [--frames 2000] [--threads 4] [--write]

CLIP shows one face; it is scaled to --height and looped in a temporary folder. Without a
GPU this says so and ends.
"""

import os
import tempfile
from functools import partial
from pathlib import Path

import torch
from material import (
    Analysis,
    pictures_of,
    reads,
    rgb_by_decord,
    rgb_by_pyav,
    title_of,
    write_looped,
    write_pictures,
)
from measuring import Report, Work, alternate, cpu_ms, fastest, parser, ratio, speeds

from vidfer.batches import FrameBatch
from vidfer.config import AnalyzeSettings
from vidfer.stages import Stages
from vidfer.video.opening import open_video
from vidfer.video_worker import selection_of

QUESTION = (
    "What does a GPU allow: decoding only (to full RGB, on all cores, the better of PyAV and "
    "decord counts), computing only (decoded frames in host memory, to rows), and from file to "
    "timeline?"
)
PYAV, DECORD = "decode only, PyAV", "decode only, decord"
COMPUTE, WHOLE = "compute only", "end to end"
CODED_FRAMES = 250


def chunks_of(clip: Path, settings: AnalyzeSettings) -> list[FrameBatch]:
    """Decode a clip into memory, as the worker's source hands it on."""
    source = open_video(clip, decoder=settings.decoder, max_pixels=settings.max_pixels).source
    chunks = list(
        source.batches(
            selection=selection_of(settings),
            chunk_frames=settings.chunk_frames,
            detect_every=settings.detect_every,
        )
    )
    source.close()
    return chunks


def compute(stages: Stages, chunks: list[FrameBatch]) -> int:
    """Bring decoded frames to rows."""
    return stages.run(chunks, video="clip", write=lambda rows: None).frames


def works_on(
    clip: Path, folder: Path, *, settings: AnalyzeSettings, threads: int
) -> dict[str, Work]:
    """Return all contestants on a clip."""
    cores = len(os.sched_getaffinity(0))
    analysis = Analysis(folder, settings=settings, threads=threads)
    works: dict[str, Work] = {PYAV: partial(rgb_by_pyav, clip, threads=cores)}
    if reads(clip, frames=analysis.frames(clip)):
        works[DECORD] = partial(rgb_by_decord, clip, threads=cores)
    stages = Stages(settings, threads=threads)
    works[COMPUTE] = partial(compute, stages, chunks_of(clip, settings))
    works[WHOLE] = partial(analysis.frames, clip)
    return works


def made_clip(clip: Path, folder: Path, *, height: int, frames: int) -> Path:
    """Return a clip of another height, at least so long."""
    short, long = folder / "short.mp4", folder / "long.mp4"
    write_pictures(pictures_of(clip, count=min(frames, CODED_FRAMES), height=height), short)
    write_looped(short, long, frames=frames)
    return long


def main() -> None:
    """Compare, if there is a GPU."""
    options = parser(__doc__, rounds=5)
    options.add_argument("clip", type=Path)
    options.add_argument("--height", type=int, default=720)
    options.add_argument("--frames", type=int, default=2000)
    options.add_argument("--threads", type=int, default=4, help="compute threads of vidfer")
    options.add_argument("--device", default="cuda", help="cpu to try this without a GPU")
    chosen = options.parse_args()
    if chosen.device != "cpu" and not torch.cuda.is_available():
        print("There is no GPU that torch can use here, so there is nothing to measure.")
        return
    report = Report("gpu", QUESTION)
    settings = AnalyzeSettings(device=chosen.device)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clip = made_clip(chosen.clip, folder, height=chosen.height, frames=chosen.frames)
        works = works_on(clip, folder, settings=settings, threads=chosen.threads)
        taken = alternate(works, rounds=chosen.rounds)
        report.say(f"{chosen.clip.name} as **{title_of(clip)}**, {chosen.threads} threads")
    decoders = [name for name in (PYAV, DECORD) if name in taken]
    best = taken[fastest(taken, decoders)]
    rows = [[name, speeds(one), cpu_ms(one), ratio(one, best)] for name, one in taken.items()]
    report.table(["", "frames/s", "CPU ms a frame", "of the better decoder"], rows)
    report.finish(chosen.write, rounds=chosen.rounds)


if __name__ == "__main__":
    main()
