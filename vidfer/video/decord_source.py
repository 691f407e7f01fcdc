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
from vidfer.video.container import VideoInfo
from vidfer.video.selection import FrameSelection
from vidfer.video.source import (
    DecodeRecord,
    DecoderName,
    frames_per_chunk,
    note_missing_end,
)

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


class DecordSource:
    """A VideoSource on decord, for files that the preflight has passed."""

    decoder: DecoderName = "decord"

    def __init__(self, path: Path, *, info: VideoInfo, times_s: np.ndarray, rotation: int) -> None:
        """Open `path`, whose frames are shown at `times_s`, float64 (N,), in this order.

        decord turns frames upright by itself; `rotation` (degrees) is for the record.

        Raises:
            UnsupportedVideoError: decord cannot open it, or sees other frames or times.
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
        except (RuntimeError, decord.DECORDError) as error:
            raise UnsupportedVideoError("decord cannot open the file") from error
        if not _same_times(stamps[:, 0], times_s):
            raise UnsupportedVideoError("decord sees other frames or times than the file has")

    def batches(self, *, selection: FrameSelection, chunk_frames: int) -> Iterator[FrameBatch]:
        """Yield the selected frames; see VideoSource.

        Raises:
            DecoderFailedError: decord met damage in the middle of the file.
        """
        size = frames_per_chunk(
            width=self.info.width, height=self.info.height, chunk_frames=chunk_frames
        )
        shown = [i for i, t in enumerate(self._times_s) if not selection.is_over(float(t))]
        for start in range(0, len(shown), size):
            stop = min(start + size, len(shown))
            frames = self._read(start, stop)
            self.record.height, self.record.width = frames.shape[1:3]
            self.record.frames_decoded = stop
            index = np.array(
                [i for i in range(start, stop) if self._is_taken(selection, i)], dtype=np.int64
            )
            if len(index):
                self.record.frames_selected += len(index)
                taken = frames if len(index) == len(frames) else frames[index - start]
                yield FrameBatch(frames=taken, index=index, time_s=self._times_s[index])
        if selection.is_whole:
            frame_s = 1 / self.info.frame_rate if self.info.frame_rate else 0.0
            last_end_s = float(self._times_s[-1]) + frame_s
            note_missing_end(self.record, self.info, last_end_s=last_end_s)

    def close(self) -> None:
        """Let go of the file."""
        del self._reader

    def _is_taken(self, selection: FrameSelection, index: int) -> bool:
        previous_time_s = float(self._times_s[index - 1]) if index else None
        return selection.takes(index, float(self._times_s[index]), previous_time_s=previous_time_s)

    def _read(self, start: int, stop: int) -> np.ndarray:
        try:
            frames: np.ndarray = self._reader.get_batch(range(start, stop)).asnumpy()
        except (RuntimeError, _decord().DECORDError) as error:
            raise DecoderFailedError(
                f"decord stopped after frame {self.record.frames_decoded}, where the file is "
                "damaged: use --decoder auto to keep what can be decoded."
            ) from error
        return frames


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
