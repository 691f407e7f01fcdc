"""Progress bars: one over videos, one within the current video."""

import sys
from types import TracebackType

from tqdm import tqdm

from vidfer.job import Progress
from vidfer.outcome import visible


class ProgressBars:
    """Shows progress on stderr while in its `with` block; does nothing when not `shown`."""

    def __init__(self, *, videos: int, shown: bool) -> None:
        self._hidden = not shown
        self._videos = tqdm(
            total=videos, unit="video", desc="videos", disable=self._hidden, file=sys.stderr
        )
        self._frames: tqdm[None] | None = None
        self._current = ""

    def __enter__(self) -> "ProgressBars":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close_frames()
        self._videos.close()

    def update(self, progress: Progress) -> None:
        """Show how far the current video is."""
        if self._hidden:
            return
        if self._frames is None or progress.video != self._current:
            self._close_frames()
            self._current = progress.video
            self._frames = tqdm(
                total=progress.frames_total,
                unit="frame",
                desc=visible(progress.video)[-40:],
                leave=False,
                file=sys.stderr,
            )
        self._frames.set_postfix(faces=progress.faces, refresh=False)
        self._frames.update(progress.frames - self._frames.n)

    def finish_video(self) -> None:
        """Count one more video as finished."""
        self._close_frames()
        self._videos.update()

    def _close_frames(self) -> None:
        if self._frames is not None:
            self._frames.close()
            self._frames = None
