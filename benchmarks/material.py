"""What the benchmarks measure with: clips made from a clip, bare decoders, vidfer at work."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import decord
import numpy as np
from av.video.frame import VideoFrame

from vidfer.config import AnalyzeSettings
from vidfer.job import Progress, VideoJob
from vidfer.profiling import NO_PROFILE
from vidfer.timeline.manifest import VideoResult
from vidfer.video_worker import VideoWorker

CHUNK_FRAMES = 16

# PyAV converts with a thread per core unless told otherwise: slower beside a decoder's.
ONE_THREAD = {"threads": 1} if int(av.__version__.split(".")[0]) >= 17 else {}


def rgb_by_pyav(clip: Path, *, threads: int) -> int:
    """Decode and convert every frame to RGB at full size, as a user would; return their number."""
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        stream.thread_type, stream.thread_count = "AUTO", threads
        frames = container.decode(video=0)
        return sum(len(rgb_of(frame)) > 0 for frame in frames)


def rgb_by_decord(clip: Path, *, threads: int) -> int:
    """Read every frame in chunks; decord gives nothing but RGB."""
    reader = decord.VideoReader(str(clip), num_threads=threads)
    for start in range(0, len(reader), CHUNK_FRAMES):
        reader.get_batch(range(start, min(start + CHUNK_FRAMES, len(reader)))).asnumpy()
    return len(reader)


def reads(clip: Path, *, frames: int) -> bool:
    """Tell whether decord finds the clip's frames: it is no measure where it does not."""
    try:
        return rgb_by_decord(clip, threads=1) == frames
    except decord.DECORDError:
        return False


def rgb_of(frame: VideoFrame) -> np.ndarray:
    """Return a frame as uint8 (height, width, 3)."""
    return frame.to_ndarray(format="rgb24", **ONE_THREAD)


def title_of(clip: Path) -> str:
    """Return a clip's name, size, codec and pixel format."""
    with av.open(str(clip)) as container:
        context = container.streams.video[0].codec_context
        size = f"{context.width}x{context.height}"
        return f"{clip.name}, {size}, {context.name} {context.pix_fmt}"


class Analysis:
    """vidfer's worker in this process: libraries and networks are loaded before it is timed."""

    def __init__(self, folder: Path, *, settings: AnalyzeSettings, threads: int) -> None:
        """Prepare; the timeline is written to `folder`."""
        self._worker = VideoWorker(replace(settings, threads=threads), profile=True)
        self.profile = NO_PROFILE
        self.timeline = folder / "timeline.parquet"

    def run(self, clip: Path) -> VideoResult:
        """Analyse a clip from file to timeline."""
        job = VideoJob(clip, clip.name, self.timeline, self.timeline.name)
        result = self._worker.run(job, self._keep_profile)
        if result.status != "done":
            raise SystemExit(f"{clip} is no clip to measure with: {result.error}")
        return result

    def _keep_profile(self, progress: Progress) -> None:
        self.profile = progress.profile or self.profile

    def frames(self, clip: Path) -> int:
        """Analyse a clip; return how many frames it has."""
        return self.run(clip).frames_analysed


def analyze_command(inputs: Path, output: Path, *options: str) -> list[str]:
    """Return the command that a user types, as a fresh process would run it."""
    command = [sys.executable, "-m", "vidfer", "analyze", os.fspath(inputs), "-o"]
    return [*command, os.fspath(output), "--overwrite", "--quiet", *options]


def run_quietly(command: list[str]) -> None:
    """Run a command; if it fails, end with what it said."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def write_looped(clip: Path, target: Path, *, frames: int) -> None:
    """Write a clip's coded frames again and again, until there are about `frames`.

    The copy costs as much to decode as the clip: nothing is coded anew.
    """
    with av.open(str(clip)) as source, av.open(str(target), "w") as container:
        stream = source.streams.video[0]
        copy = container.add_stream_from_template(stream)
        times = sorted(packet.pts for packet in source.demux(stream) if packet.size)
        span = times[-1] - times[0] + times[-1] - times[-2]
        for number in range(-(-frames // len(times))):
            source.seek(0)
            for packet in source.demux(stream):
                if packet.size:
                    packet.pts += number * span
                    packet.dts += number * span
                    packet.stream = copy
                    container.mux(packet)


def write_pictures(pictures: Sequence[np.ndarray], target: Path, *, rate: int = 25) -> None:
    """Code pictures, uint8 (height, width, 3) of one even size, as H.264."""
    height, width = pictures[0].shape[:2]
    with av.open(str(target), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(rate))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for picture in pictures:
            container.mux(stream.encode(VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode(None))


def pictures_of(clip: Path, *, count: int, height: int | None = None) -> list[np.ndarray]:
    """Return a clip's first frames as RGB, scaled to a height if one is given."""
    with av.open(str(clip)) as container:
        frames = islice(container.decode(video=0), count)
        return [rgb_of(frame if height is None else scaled(frame, height)) for frame in frames]


def scaled(frame: VideoFrame, height: int) -> VideoFrame:
    """Return a frame of another height, as wide as its shape asks for, but even."""
    width = round(frame.width * height / frame.height / 2) * 2
    return frame.reformat(width=width, height=height)
