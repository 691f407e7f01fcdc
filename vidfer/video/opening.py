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

    `auto` takes PyAV where the decoder's planes can be handed on as they are; elsewhere
    decord, but only for files on which a preflight finds it right and its memory bounded.
    `decord` is held to the same rightness: wrong frames or times are refused.

    Raises:
        VideoError: the file cannot be used, or not with this decoder.
    """
    if decoder == "decord":
        return OpenedVideo(_open_decord(path, max_pixels=max_pixels), "asked for")
    tolerant = PyavSource(path, max_pixels=max_pixels)
    if decoder == "pyav":
        return OpenedVideo(tolerant, "asked for")
    if tolerant.has_planes:
        return OpenedVideo(tolerant, "its planes can be used as they are")
    if not is_available():
        return OpenedVideo(tolerant, "decord is not installed")
    try:
        preferred = _open_after_preflight(path, max_pixels=max_pixels)
    except DecordUnfitError as error:
        return OpenedVideo(tolerant, str(error))
    except BaseException:
        tolerant.close()
        raise
    tolerant.close()
    return OpenedVideo(preferred, "passed the preflight")


def _open_decord(path: Path, *, max_pixels: int) -> DecordSource:
    if not is_available():
        raise UnsupportedVideoError(
            "decord is not installed (it has wheels for x86-64 only): use --decoder auto."
        )
    try:
        return _open_after_preflight(path, max_pixels=max_pixels)
    except DecordUnfitError as error:
        raise UnsupportedVideoError(
            f"decord would not decode this file faithfully ({error}): use --decoder auto."
        ) from error


def _open_after_preflight(path: Path, *, max_pixels: int) -> DecordSource:
    found = preflight(path, max_pixels=max_pixels)
    return DecordSource(path, info=found.info, times_s=found.times_s, rotation=found.rotation)
