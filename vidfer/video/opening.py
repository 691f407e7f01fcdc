"""Choosing the decoder of a file: by the file alone, never by timing."""

from dataclasses import dataclass
from pathlib import Path

from vidfer.config import DecoderChoice
from vidfer.errors import UnsupportedVideoError
from vidfer.video.decord_source import DecordSource, DecordUnfitError, is_available
from vidfer.video.preflight import preflight
from vidfer.video.pyav_source import PyavSource
from vidfer.video.source import VideoSource


@dataclass(frozen=True)
class OpenedVideo:
    """A source, and why its decoder was taken, for the manifest."""

    source: VideoSource
    why: str


def open_video(path: Path, *, decoder: DecoderChoice, max_pixels: int) -> OpenedVideo:
    """Open a video with the decoder asked for.

    `auto` takes decord only for files on which a preflight finds it right and its memory
    bounded. `decord` is held to the same rightness: wrong frames or times are refused.

    Raises:
        VideoError: the file cannot be used, or not with this decoder.
    """
    if decoder == "pyav":
        return OpenedVideo(PyavSource(path, max_pixels=max_pixels), "asked for")
    if not is_available():
        if decoder == "decord":
            raise UnsupportedVideoError(
                "decord is not installed (it has wheels for x86-64 only): use --decoder auto."
            )
        return OpenedVideo(PyavSource(path, max_pixels=max_pixels), "decord is not installed")
    try:
        found = preflight(path, max_pixels=max_pixels)
        source = DecordSource(path, info=found.info, times_s=found.times_s, rotation=found.rotation)
    except DecordUnfitError as error:
        if decoder == "decord":
            raise UnsupportedVideoError(
                f"decord would not decode this file faithfully ({error}): use --decoder auto."
            ) from error
        return OpenedVideo(PyavSource(path, max_pixels=max_pixels), str(error))
    return OpenedVideo(source, "asked for" if decoder == "decord" else "passed the preflight")
