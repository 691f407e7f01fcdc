"""The small healthy clips that a fuzzer mutates: half a second each, of every container."""

from pathlib import Path
from typing import Any

from tests.clips import steady, write_video

_FRAMES = 14
_SHORT_GROUPS = {"preset": "ultrafast", "crf": "28", "g": "5", "bf": "0"}
_B_FRAMES = {**_SHORT_GROUPS, "bf": "2", "b_strategy": "0"}
_INDEX_FIRST = {"movflags": "faststart"}
_FRAGMENTED = {"movflags": "frag_keyframe+empty_moov"}

CLIPS: dict[str, dict[str, Any]] = {
    "index_last.mp4": dict(options=_SHORT_GROUPS),
    "index_first.mp4": dict(options=_B_FRAMES, container_options=_INDEX_FIRST),
    "fragmented.mp4": dict(options=_SHORT_GROUPS, container_options=_FRAGMENTED),
    # Frames that `auto` leaves to decord.
    "colour_444.mp4": dict(options=_SHORT_GROUPS, pixel_format="yuv444p"),
    "with_sound.mkv": dict(options=_SHORT_GROUPS, sound_s=0.5),
    "clusters.mkv": dict(options=_SHORT_GROUPS, container_options={"cluster_time_limit": "100"}),
    "vp9.webm": dict(codec="libvpx-vp9", options={"deadline": "realtime", "cpu-used": "8"}),
    "mpeg4.avi": dict(codec="mpeg4", options={"g": "5"}, ticks_per_s=25),
    "h264.avi": dict(options=_B_FRAMES, ticks_per_s=25),
    "h264.ts": dict(options=_SHORT_GROUPS),
    "mpeg2.ts": dict(codec="mpeg2video", options={"g": "5", "bf": "2"}, ticks_per_s=25),
}


def make_clips(folder: Path) -> dict[str, bytes]:
    """Return the clips' contents by name."""
    return {
        name: write_video(folder, name=name, stamps_ms=steady(_FRAMES), **how).path.read_bytes()
        for name, how in CLIPS.items()
    }
