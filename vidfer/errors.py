"""Every error that vidfer raises on purpose.

VidferError
├── UsageError            wrong arguments or nothing to work on: exit code 2
│   └── SettingsError     a setting outside its range
├── VideoError            one video cannot be used: recorded, the batch goes on
│   ├── NotAFileError     missing, a folder, a pipe, a device
│   ├── NoVideoError      a readable file without a video stream
│   ├── UnsupportedVideoError
│   ├── CorruptVideoError
│   │   └── DecoderFailedError  another decoder may get further
│   ├── TooLargeError
│   └── VideoReadError    the operating system could not read it
├── OutputError           the output cannot be written: the run stops
├── WeightsError          weights that are missing, altered or of another shape
└── DataError             training or evaluation data that cannot be read
"""

from typing import ClassVar, Literal

Reason = Literal[
    "not_a_file",
    "no_video",
    "unsupported",
    "corrupt",
    "too_large",
    "crashed",
    "timeout",
    "oom",
    "io_error",
]


class VidferError(Exception):
    """The base of all errors that vidfer raises on purpose."""


class UsageError(VidferError):
    """The arguments are wrong, or there is nothing to work on."""


class SettingsError(UsageError):
    """A setting is outside its range."""


class VideoError(VidferError):
    """One video cannot be used; `reason` is its code in the manifest."""

    reason: ClassVar[Reason] = "corrupt"


class NotAFileError(VideoError):
    """The path is missing or is not a regular file."""

    reason: ClassVar[Reason] = "not_a_file"


class NoVideoError(VideoError):
    """The file can be read but holds no video."""

    reason: ClassVar[Reason] = "no_video"


class UnsupportedVideoError(VideoError):
    """The file is no video, or one that the chosen decoder cannot read."""

    reason: ClassVar[Reason] = "unsupported"


class CorruptVideoError(VideoError):
    """The file is a video, but not one frame of it can be decoded."""

    reason: ClassVar[Reason] = "corrupt"


class DecoderFailedError(CorruptVideoError):
    """A decoder gave up in the middle of a file; a more tolerant one may get further."""


class TooLargeError(VideoError):
    """A frame has more pixels than vidfer accepts."""

    reason: ClassVar[Reason] = "too_large"


class VideoReadError(VideoError):
    """The operating system could not read the file."""

    reason: ClassVar[Reason] = "io_error"


class OutputError(VidferError):
    """The output folder or file cannot be written."""


class WeightsError(VidferError):
    """Weights are missing, altered, or of another shape than their card says."""


class DataError(VidferError):
    """Training or evaluation data cannot be read."""
