"""Hold decord, on every file that vidfer lets it decode, against PyAV.

    python -m tests.differential FOLDER...

Frames, times and pixels must be the same: as many frames, each at the same time to a millisecond,
and a mean difference of less than two levels of 255 in each. Prints a table. Exit code 0: no
file differs, 1: one does.
"""

import argparse
import itertools
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from vidfer.errors import DecoderFailedError, VideoError
from vidfer.video.inputs import find_videos
from vidfer.video.opening import open_video
from vidfer.video.selection import FrameSelection
from vidfer.video.source import VideoSource

# As `vidfer analyze` has it.
MAX_PIXELS = 40_000_000

MOST_LEVELS = 2.0
MOST_APART_S = 1e-3

Kind = Literal["same", "different", "not for decord", "decord gave up", "no video"]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What came of one file.

    taken: whether `auto` takes decord for it. frames: how many both gave. apart_s: the largest
    difference in time. levels: the largest mean difference of a frame. why: what was said.
    """

    path: Path
    kind: Kind
    taken: bool = False
    frames: int = 0
    apart_s: float = 0.0
    levels: float = 0.0
    why: str = ""

    def as_text(self) -> str:
        """Return a line of the table."""
        figures = f"{self.frames:6} {self.apart_s:9.6f} {self.levels:6.2f}"
        if not self.frames:
            figures = " " * len(figures)
        by_auto = "auto" if self.taken else ""
        return f"{self.path.name[:40]:40} {self.kind:14} {by_auto:4} {figures} {self.why}".rstrip()


def compare(path: Path) -> Comparison:
    """Decode a file with both decoders, frame by frame, if vidfer lets decord decode it."""
    try:
        reference = open_video(path, decoder="pyav", max_pixels=MAX_PIXELS).source
        taken = _is_taken(path)
    except VideoError as error:
        return Comparison(path=path, kind="no video", why=str(error))
    try:
        decord = open_video(path, decoder="decord", max_pixels=MAX_PIXELS).source
    except VideoError as error:
        reference.close()
        return Comparison(path=path, kind="not for decord", taken=taken, why=_objection(error))
    try:
        return _compared(path, decord, reference, taken=taken)
    except DecoderFailedError as error:
        # Under `auto` the file is then decoded with PyAV, from its start.
        return Comparison(path=path, kind="decord gave up", taken=taken, why=str(error))
    finally:
        decord.close()
        reference.close()


def _compared(
    path: Path, decord: VideoSource, reference: VideoSource, *, taken: bool
) -> Comparison:
    frames, apart_s, levels = 0, 0.0, 0.0
    why = ""
    # Both to their ends: only there decord gives up where it has filled up frames.
    for ours, theirs in itertools.zip_longest(_frames(decord), _frames(reference)):
        if ours is None or theirs is None:
            why = "the one gave more frames than the other"
            continue
        apart_s = max(apart_s, abs(ours[0] - theirs[0]))
        same_size = ours[1].shape == theirs[1].shape
        difference = np.abs(ours[1] - theirs[1].astype(np.int16)).mean() if same_size else 255.0
        levels = max(levels, float(difference))
        frames += 1
    why = why or reference.record.fault or ""
    same = apart_s < MOST_APART_S and levels < MOST_LEVELS and not why
    return Comparison(
        path=path,
        kind="same" if same else "different",
        taken=taken,
        frames=frames,
        apart_s=apart_s,
        levels=levels,
        why=why,
    )


def _frames(source: VideoSource) -> Iterator[tuple[float, np.ndarray]]:
    """Yield every frame's time and its pixels, RGB."""
    for batch in source.batches(selection=FrameSelection(), chunk_frames=16, detect_every=1):
        yield from zip(batch.time_s.tolist(), batch.rgb())


def _is_taken(path: Path) -> bool:
    source = open_video(path, decoder="auto", max_pixels=MAX_PIXELS).source
    source.close()
    return source.decoder == "decord"


def _objection(error: VideoError) -> str:
    """Return what stands in brackets: why decord may not decode the file."""
    return str(error).partition("(")[2].rpartition(")")[0] or str(error)


def main() -> int:
    """Run the command of this module."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(prog="python -m tests.differential", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("folders", nargs="+", type=Path)
    folders = parser.parse_args().folders
    different = compared = taken = 0
    print(f"{'file':40} {'':14} {'':4} {'frames':>6} {'apart s':>9} {'levels':>6}")
    for video in find_videos(folders, exclude=Path("no such output")).videos:
        comparison = compare(video.path)
        print(comparison.as_text())
        different += comparison.kind == "different"
        compared += comparison.kind in ("same", "different")
        taken += comparison.taken
    print(f"{compared} files compared, {taken} of them decord's under auto, {different} different")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
