"""The videos of tests.chaos: real faces, tiny clips of many kinds, damaged files, no videos."""

import shutil
from pathlib import Path

from tests.clips import ClipFolder
from tests.results import EXAMPLES

_HEALTHY = ("steady", "b_frames", "raw_h264", "odd_size", "webm", "avi")
_DAMAGED = ("half_mkv", "garbage_mp4", "one_packet_ts", "garbage_webm", "no_frame_left")
_NO_VIDEOS = ("empty", "text", "playlist", "cover_art")


def make_corpus(folder: Path, *, clips: ClipFolder) -> Path:
    """Fill a folder with a score of inputs that end in every way: done, partial and failed."""
    shutil.copytree(EXAMPLES, folder / "faces")
    paths = [clips.healthy(kind).path for kind in _HEALTHY]
    paths += [clips.damaged(kind).path for kind in _DAMAGED]
    paths += [clips.not_video(kind) for kind in _NO_VIDEOS]
    return _copied(paths, folder)


def make_small_corpus(folder: Path, *, clips: ClipFolder) -> Path:
    """Fill a folder with few inputs, for tests."""
    folder.mkdir()
    shutil.copy(EXAMPLES / "two_faces.mp4", folder)
    paths = [clips.healthy("steady").path, clips.damaged("half_mkv").path, clips.not_video("text")]
    return _copied(paths, folder)


def _copied(paths: list[Path], folder: Path) -> Path:
    odd = folder / "odd names"
    odd.mkdir()
    for path in paths:
        shutil.copy(path, odd / f"=cmd('{path.stem}'){path.suffix}")
    return folder
