"""Decoding with decord: fast on plain files, where a preflight knows it to be right.

The times come from the preflight's packets, not from decord, which keeps them in single
precision and from another zero.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from vidfer.batches import FrameBatch
from vidfer.errors import DecoderFailedError, UnsupportedVideoError
from vidfer.resume_point import ResumePoint
from vidfer.slots import frames_per_chunk
from vidfer.video.container import VideoInfo
from vidfer.video.selection import FrameSelection
from vidfer.video.source import DecodeRecord, DecoderName

# decord fills up what it cannot decode with copies of the last frame; the second such
# copy is an error instead.
_MOST_COPIES: Final = 1

# decord's single precision rounds by 3 ms after ten hours; one frame at 120 Hz is 8 ms.
_TIME_TOLERANCE_S: Final = 0.005


def is_available() -> bool:
    """Tell whether decord is installed; it has wheels for x86-64 only."""
    with contextlib.suppress(ImportError, OSError):
        _decord()
        return True
    return False


class DecordUnfitError(UnsupportedVideoError):
    """decord may not decode this file; another decoder may."""


class DecordSource:
    """A VideoSource on decord, for files that the preflight has passed."""

    decoder: DecoderName = "decord"

    def __init__(self, path: Path, *, info: VideoInfo, times_s: np.ndarray, rotation: int) -> None:
        """Open `path`, whose frames are shown at `times_s`, float64 (N,), in this order.

        decord turns frames upright by itself; `rotation` (degrees) is for the record.

        Raises:
            DecordUnfitError: decord cannot open it, or sees other frames or times.
        """
        self.info = info
        self.record = DecodeRecord(rotation=rotation)
        self._times_s = times_s
        decord = _decord()
        try:
            self._reader = decord.VideoReader(
                str(path.absolute()), num_threads=1, fault_tol=_MOST_COPIES
            )
            stamps = self._reader.get_frame_timestamp(range(len(self._reader)))
        except UnicodeEncodeError as error:
            raise DecordUnfitError("decord cannot take a name that is not UTF-8") from error
        except (RuntimeError, decord.DECORDError) as error:
            raise DecordUnfitError("decord cannot open the file") from error
        if not _same_times(stamps[:, 0], times_s):
            raise DecordUnfitError("decord sees other frames or times than the file has")

    def batches(
        self,
        *,
        selection: FrameSelection,
        chunk_frames: int,
        detect_every: int,
        after: ResumePoint | None = None,
    ) -> Iterator[FrameBatch]:
        """Yield the selected frames, as RGB; see VideoSource.

        The file is read to its end even where the selection ends earlier: only there shows
        whether decord has lost a frame and given the later ones their neighbours' times.

        Raises:
            DecoderFailedError: decord met damage in the middle of the file.
        """
        last = previous = np.empty(0, dtype=np.uint8)
        first = after.frame + 1 if after else 0
        # Whole slots from frame 0 on, whatever is selected of them.
        portion = frames_per_chunk(
            frame_bytes=3 * self.info.width * self.info.height,
            chunk_frames=chunk_frames,
            detect_every=detect_every,
        )
        for start, frames in self._portions(portion):
            previous = frames[-2] if len(frames) > 1 else last
            last = frames[-1]
            yield from self._selected(selection, start, frames, first=first)
        if np.array_equal(last, previous):
            raise DecoderFailedError("decord may have filled up the end with a copy")

    def close(self) -> None:
        """Let go of the file."""
        self._reader = None

    def _portions(self, size: int) -> Iterator[tuple[int, np.ndarray]]:
        """Yield all frames in portions of `size`, each with the number of its first one."""
        for start in range(0, len(self._times_s), size):
            stop = min(start + size, len(self._times_s))
            try:
                yield start, self._reader.get_batch(range(start, stop)).asnumpy()
            except (RuntimeError, _decord().DECORDError) as error:
                raise DecoderFailedError("decord stopped in the middle of the file") from error

    def _selected(
        self, selection: FrameSelection, start: int, frames: np.ndarray, *, first: int
    ) -> Iterator[FrameBatch]:
        self.record.height, self.record.width = frames.shape[1:3]
        times_s = self._times_s[start : start + len(frames)].tolist()
        shown = sum(not selection.is_over(time_s) for time_s in times_s)
        self.record.frames_decoded += shown
        index = np.array(
            [i for i in range(start, start + shown) if self._is_taken(selection, i)],
            dtype=np.int64,
        )
        self.record.frames_selected += len(index)
        index = index[index >= first]
        if len(index):
            taken = frames if len(index) == len(frames) else frames[index - start]
            yield FrameBatch(frames=taken, index=index, time_s=self._times_s[index])

    def _is_taken(self, selection: FrameSelection, index: int) -> bool:
        previous_time_s = float(self._times_s[index - 1]) if index else None
        return selection.takes(index, float(self._times_s[index]), previous_time_s=previous_time_s)


def _decord() -> Any:
    # Imported when needed: it is missing on some processors, and loads FFmpeg a second time.
    import decord

    # It would print the file's own bytes to stderr.
    decord.logging.set_level(decord.logging.QUIET)
    return decord


def _same_times(stamps_s: np.ndarray, times_s: np.ndarray) -> bool:
    """Compare decord's single-precision times, counted from the first frame, with ours."""
    if len(stamps_s) != len(times_s):
        return False
    shift = times_s - times_s[0] - (stamps_s - stamps_s[0])
    return bool(np.abs(shift).max() < _TIME_TOLERANCE_S)
