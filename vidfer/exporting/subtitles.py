"""SubRip and WebVTT: a cue per episode.

Sources: the de-facto form of SubRip; W3C WebVTT, https://www.w3.org/TR/webvtt1/.
"""

from pathlib import Path
from typing import Final

from vidfer.exporting.episode_list import Episode
from vidfer.exporting.format import EpisodeFormat
from vidfer.exporting.recording import Recording


def _write_srt(recording: Recording, listed: list[Episode], file: Path) -> None:
    """Write SubRip; without episodes the file is empty, which is SubRip, too."""
    file.write_text(_cues(listed, decimal_mark=","), encoding="utf-8")


def _write_vtt(recording: Recording, listed: list[Episode], file: Path) -> None:
    file.write_text(f"WEBVTT\n\n{_cues(listed, decimal_mark='.')}", encoding="utf-8")


def _cues(listed: list[Episode], *, decimal_mark: str) -> str:
    """Return numbered cues; what they say is made of numbers and the seven names alone."""
    return "".join(
        f"{number}\n"
        f"{_clock(one.onset_ms, decimal_mark)} --> {_clock(one.offset_ms, decimal_mark)}\n"
        f"track {one.track}: {one.emotion} {one.mean:.2f}\n\n"
        for number, one in enumerate(listed, start=1)
    )


def _clock(time_ms: int, decimal_mark: str) -> str:
    """Return a time as hh:mm:ss and milliseconds."""
    seconds, milliseconds = divmod(time_ms, 1000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02d}:{minute:02d}:{second:02d}{decimal_mark}{milliseconds:03d}"


SRT: Final = EpisodeFormat(".srt", _write_srt)
VTT: Final = EpisodeFormat(".vtt", _write_vtt)
