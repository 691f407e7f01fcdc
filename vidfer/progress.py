"""Progress bars: one over videos, one over the frames of those that are being analysed."""

import sys
from types import TracebackType

from tqdm import tqdm

from vidfer.job import Progress
from vidfer.visible import visible

# Signs of a video's name that fit beside a bar.
_NAME_SIGNS = 40


class ProgressBars:
    """Shows progress on stderr while in its `with` block; does nothing when not `shown`."""

    def __init__(self, *, videos: int, shown: bool) -> None:
        self._hidden = not shown
        self._videos = tqdm(
            total=videos, unit="video", desc="videos", disable=self._hidden, file=sys.stderr
        )
        self._frames: tqdm[None] | None = None
        self._running: dict[str, Progress] = {}
        self._finished_frames = 0
        self._finished_faces = 0

    def __enter__(self) -> "ProgressBars":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._frames is not None:
            self._frames.close()
        self._videos.close()

    def update(self, progress: Progress) -> None:
        """Show how far a video is, beside the others that are being analysed."""
        if self._hidden:
            return
        self._running[progress.video] = progress
        if self._frames is None:
            self._frames = tqdm(unit="frame", leave=False, file=sys.stderr)
        self._show(self._frames)

    def finish_video(self, video: str) -> None:
        """Count one more video as finished."""
        last = self._running.pop(video, None)
        if last is not None:
            self._finished_frames += last.frames
            self._finished_faces += last.faces
        self._videos.update()

    def _show(self, bar: "tqdm[None]") -> None:
        """Bring the bar over frames up to date: all frames so far, of all that are known of."""
        running = list(self._running.values())
        totals = [progress.frames_total for progress in running]
        known = [total for total in totals if total is not None]
        bar.total = self._finished_frames + sum(known) if len(known) == len(totals) else None
        bar.set_description_str(_title(running), refresh=False)
        faces = self._finished_faces + sum(progress.faces for progress in running)
        bar.set_postfix(faces=faces, refresh=False)
        bar.update(self._finished_frames + sum(progress.frames for progress in running) - bar.n)


def _title(running: list[Progress]) -> str:
    if len(running) > 1:
        return f"{len(running)} videos at a time"
    return visible(running[0].video)[-_NAME_SIGNS:]
