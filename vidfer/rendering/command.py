"""`vidfer.render`: a copy of a video with its timeline drawn on it, or its faces covered."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from vidfer.atomic import make_folder, replacing
from vidfer.config import AnalyzeSettings
from vidfer.errors import UsageError
from vidfer.rendering.annotating import Annotator
from vidfer.rendering.copying import Copying, copy_painted
from vidfer.rendering.covering import FaceCover
from vidfer.rendering.face_rows import read_face_rows
from vidfer.rendering.lookup import find_analysed
from vidfer.rendering.painting import FaceHider, NotAnalysed
from vidfer.rendering.result import Rendering
from vidfer.rendering.writing import best_codec, container_of

_MAX_PIXELS: Final = AnalyzeSettings().max_pixels

_MOST_MARGIN: Final = 10.0
_MOST_HOLD_S: Final = 60.0


def render(
    video: str | Path,
    *,
    timeline: str | Path,
    to: str | Path,
    blur: bool = False,
    not_analysed: NotAnalysed = "refuse",
    margin: float = 0.4,
    hold_s: float = 0.5,
    audio: bool = True,
    overwrite: bool = False,
    max_pixels: int = _MAX_PIXELS,
    on_progress: Callable[[int, int | None], None] | None = None,
) -> Rendering:
    """Write a copy of a video with boxes, tracks, probabilities and time, or with blurred faces.

    video: path, or name as in the manifest. timeline: the output folder of its analysis, or
    its timeline file. to: .mp4, .m4v, .mov or .mkv. blur: make faces unrecognisable instead.
    not_analysed: with `blur`, what becomes of frames without a row: `refuse` the video,
    `hide` the whole frame, or `cover` only faces known from the frames around.
    margin: by what part of its size a blurred box is widened on each side. hold_s: how long
    in seconds a blurred face stays covered before its first, after its last row, and on
    both sides of a gap. on_progress: told frames written, and how many there will be if known.

    Presentation times are kept, the picture stands upright, sound is copied where the
    container takes it and encoded as AAC elsewhere. The file appears only when complete.

    Raises:
        UsageError: there is no timeline of this very video, or an option cannot be.
        VideoError: the video cannot be decoded.
        OutputError: the file cannot be written.
    """
    video, timeline, to = Path(video), Path(timeline), Path(to)
    _check(to, not_analysed=not_analysed, margin=margin, hold_s=hold_s, overwrite=overwrite)
    found = find_analysed(video, timeline)
    _refuse_same(to, found.path, found.timeline)
    rows = read_face_rows(found.timeline)
    painter = (
        FaceHider(FaceCover(rows, margin=margin, hold_s=hold_s), not_analysed=not_analysed)
        if blur
        else Annotator(rows)
    )
    copying = Copying(
        source=found.path,
        container=container_of(to),
        codec=best_codec(),
        audio=audio,
        max_pixels=max_pixels,
    )
    make_folder(to.parent)
    with replacing(to) as (temporary,):
        copied = copy_painted(copying, temporary, rows=rows, painter=painter, tell=on_progress)
    return Rendering(
        path=to,
        frames=copied.frames,
        frames_with_face=painter.frames_with_face,
        frames_not_analysed=copied.frames_not_analysed,
        frames_hidden=painter.frames_hidden,
        sound=copied.sound,
        lost_ranges_s=copied.lost_ranges_s,
        fault=copied.fault,
    )


def _check(to: Path, *, not_analysed: str, margin: float, hold_s: float, overwrite: bool) -> None:
    container_of(to)
    if not_analysed not in ("refuse", "hide", "cover"):
        raise UsageError(f"not_analysed must be refuse, hide or cover, not {not_analysed!r}.")
    if not 0 <= margin <= _MOST_MARGIN:
        raise UsageError(f"margin must be from 0 to {_MOST_MARGIN:g}, not {margin}.")
    if not 0 <= hold_s <= _MOST_HOLD_S:
        raise UsageError(f"hold_s must be from 0 to {_MOST_HOLD_S:g} seconds, not {hold_s}.")
    if os.path.lexists(to) and (to.is_dir() or not overwrite):
        what = "is a folder" if to.is_dir() else "exists already"
        raise UsageError(
            f"{to} {what}: choose another file, or give --overwrite to replace a file."
        )


def _refuse_same(to: Path, *sources: Path) -> None:
    """Refuse to write over what is read, by whatever name or link."""
    for source in sources:
        if to.exists() and to.samefile(source):
            raise UsageError(f"{to} is what is read here: choose another file to write.")
