"""Events in subtitles: each cue of SubRip (.srt) or WebVTT (.vtt) is one, its text the label."""

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from vidfer.analysis.event_files.event import Event
from vidfer.analysis.text_file import read_text
from vidfer.analysis.time_text import clock_of, seconds_of
from vidfer.errors import UsageError

_ARROW: Final = "-->"
_TAG: Final = re.compile(r"</?[a-zA-Z0-9][^>]*>|\{\\[^}]*\}")


def read_subtitle_events(path: Path) -> list[Event]:
    """Return the cues of a SubRip or WebVTT file as events of all videos.

    Several lines of a cue become one; tags are taken out; cues without text are left out.

    Raises:
        UsageError: it cannot be read, is no such file, or a cue's times are none.
    """
    text = read_text(path)
    if _ARROW not in text and not text.startswith("WEBVTT"):
        raise UsageError(f"{path} holds no cue (00:00:01,000 --> 00:00:02,000).")
    return list(_cues(path, text.split("\n")))


def _cues(path: Path, lines: list[str]) -> Iterator[Event]:
    """A cue is a line of times and the lines below it, up to a blank one.

    Whatever stands elsewhere (numbers, headers, notes, styles) is passed over.
    """
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        if _ARROW not in line:
            continue
        start_s, end_s = _times(path, line, number)
        text = []
        while number < len(lines) and lines[number].strip():
            text.append(lines[number])
            number += 1
        label = html.unescape(_TAG.sub("", " ".join(text))).strip()
        if label:
            yield Event(None, start_s, end_s, label, None, f"cue at {clock_of(start_s)}")


def _times(path: Path, line: str, number: int) -> tuple[float, float]:
    before, after = line.split(_ARROW, 1)
    # WebVTT has settings (align:start) behind the times.
    start_s, end_s = seconds_of(before), seconds_of((after.split() or [""])[0])
    if start_s is None or end_s is None:
        raise UsageError(
            f"{path}, line {number}: {line.strip()!r} are no times; write "
            "00:00:01,000 --> 00:00:02,000."
        )
    return start_s, end_s
