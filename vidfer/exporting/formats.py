"""The table of formats."""

from typing import Final, get_args

from vidfer.errors import UsageError
from vidfer.exporting import (
    deepface,
    elan,
    fer,
    openface,
    pyfeat,
    subtitles,
    textgrid,
    timeline_csv,
)
from vidfer.exporting.format import Format
from vidfer.exporting.format_names import FormatName

FORMATS: Final[dict[FormatName, Format]] = {
    "csv": timeline_csv.FORMAT,
    "srt": subtitles.SRT,
    "vtt": subtitles.VTT,
    "elan": elan.FORMAT,
    "textgrid": textgrid.FORMAT,
    "pyfeat": pyfeat.FORMAT,
    "openface": openface.FORMAT,
    "fer": fer.FORMAT,
    "deepface": deepface.FORMAT,
}


def format_of(name: FormatName) -> Format:
    """Return the format of a name.

    Raises:
        UsageError: there is none.
    """
    if name not in FORMATS:
        raise UsageError(f"There is no format {name!r}: choose {', '.join(get_args(FormatName))}.")
    return FORMATS[name]
