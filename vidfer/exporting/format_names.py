"""The formats by name: light, for the command line's help."""

from typing import Literal

FormatName = Literal[
    "csv", "srt", "vtt", "elan", "textgrid", "pyfeat", "openface", "fer", "deepface"
]
