"""Times as people write them."""

import math
import re
from typing import Final

# Hours and minutes are whole; a comma before the fraction is SubRip's and much of Europe's.
_CLOCK: Final = re.compile(r"(?:(\d+):)?(\d{1,3}):(\d{1,2}(?:[.,]\d+)?)")
_SECONDS: Final = re.compile(r"\d+(?:[.,]\d*)?(?:e[+-]?\d+)?|[.,]\d+", re.IGNORECASE)
_MINUTE_S: Final = 60


def seconds_of(text: str) -> float | None:
    """Return the seconds that `12.5`, `12,5`, `1:02.5` or `00:01:02,500` mean, or None."""
    text = text.strip()
    if _SECONDS.fullmatch(text):
        value = float(text.replace(",", "."))
        return value if math.isfinite(value) else None
    match = _CLOCK.fullmatch(text)
    if match is None:
        return None
    hours, minutes = int(match[1] or 0), int(match[2])
    seconds = float(match[3].replace(",", "."))
    if seconds >= _MINUTE_S or (match[1] and minutes >= _MINUTE_S):
        return None
    return (hours * _MINUTE_S + minutes) * _MINUTE_S + seconds


def clock_of(time_s: float) -> str:
    """Return a time as `h:mm:ss.sss`, for messages."""
    milliseconds = round(time_s * 1000)
    minutes, rest = divmod(milliseconds, _MINUTE_S * 1000)
    hours, minutes = divmod(minutes, _MINUTE_S)
    return f"{hours}:{minutes:02d}:{rest / 1000:06.3f}"
