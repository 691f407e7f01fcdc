"""What must come of every file of the fault corpus: ../shared/faults/make.sh makes it.

`docs/faults.md` shows this table; a test holds that.
"""

from dataclasses import dataclass
from typing import Literal

from vidfer.errors import Reason

Status = Literal["done", "partial", "failed"]


@dataclass(frozen=True)
class Case:
    """What must come of a file.

    frames: how many are kept; None where it is ffprobe that says so. says: a part of the
    sentence. most_s: how long its analysis may take, every eighth frame, on one busy core.
    """

    status: Status
    reason: Reason | None = None
    frames: int | None = 0
    says: str = ""
    most_s: float = 30.0


def _failed(reason: Reason, says: str) -> Case:
    # Before anything is decoded.
    return Case("failed", reason, 0, says, most_s=5.0)


def _partial(says: str = "damaged") -> Case:
    return Case("partial", "corrupt", None, says)


def _done(frames: int | None = 96) -> Case:
    return Case("done", None, frames)


CASES: dict[str, Case] = {
    "bad_audio_only.m4a": _failed("no_video", "only sound"),
    "bad_audio_only.mp4": _failed("no_video", "only sound"),
    "bad_concat.mp4": _failed("unsupported", "playlist or script"),
    "bad_cover_art.m4a": _failed("no_video", "cover picture"),
    "bad_empty.mp4": _failed("corrupt", "empty"),
    "bad_no_moov.mp4": _failed("corrupt", "no index (moov box)"),
    "bad_playlist.mp4": _failed("unsupported", "playlist or script"),
    "bad_random.mp4": _failed("unsupported", "does not begin like any video"),
    "bad_text.mp4": _failed("unsupported", "does not begin like any video"),
    # Its index lies about the sizes of all frames: FFmpeg, too, can open nothing.
    "part_bad_index.mp4": _failed("corrupt", "headers are damaged"),
    "part_bit_flips.mp4": _partial(),
    "part_garbage_middle.mp4": _partial(),
    "part_half.mkv": _partial("breaks off"),
    "part_half.mp4": _partial("breaks off"),
    "part_one_byte_short.mp4": _partial(),
    "part_zeros_middle.mp4": _partial(),
    "base.mkv": _done(),
    "base.mp4": _done(),
    "odd name, with 'quotes' & ünïcödé <b>.mp4": _done(),
    "odd_240fps.mp4": _done(None),
    "odd_333x187.mp4": _done(),
    "odd_4096x16.mp4": _done(25),
    "odd_4k.mp4": _done(None),
    "odd_edit_list.mp4": _done(None),
    "odd_one_frame.mp4": _done(1),
    "odd_one_keyframe.mp4": _done(),
    "odd_pixel_aspect.mp4": _done(),
    "odd_rotated_180.mp4": _done(),
    "odd_rotated_270.mp4": _done(),
    "odd_rotated_90.mp4": _done(),
    "odd_size_changes.ts": _done(192),
    "odd_starts_at_5s.mkv": _done(),
    "odd_tiny.mkv": _done(),
    "odd_vfr_gap.mp4": _done(None),
    "same/a/clip.mp4": _done(),
    "same/b/clip.mp4": _done(),
    "codec_av1.mp4": _done(),
    "codec_fragmented.mp4": _done(),
    "codec_gif.gif": _done(20),
    "codec_h264.ts": _done(),
    "codec_hevc.mp4": _done(),
    "codec_hevc_10bit.mp4": _done(),
    "codec_mjpeg.avi": _done(),
    "codec_mpeg2.mpg": _done(),
    "codec_mpeg4.avi": _done(),
    "codec_prores.mov": _done(None),
    "codec_raw.h264": _done(),
    "codec_vp9.webm": _done(),
    "codec_wmv2.wmv": _done(),
}

DECODED = [name for name, case in CASES.items() if case.status != "failed"]
WHOLE = [name for name, case in CASES.items() if case.status == "done"]
