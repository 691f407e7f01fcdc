"""What a report came to."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Report:
    """What `vidfer.report` wrote.

    Attributes:
        path: the page to open: the index, or the only video's page.
        pages: how many pages of videos there are.
        videos: how many videos the report tells of.
        failed: how many of them could not be analysed.
        flagged: how many others carry a warning.
        size_bytes: of all files together.
    """

    path: Path
    pages: int
    videos: int
    failed: int
    flagged: int
    size_bytes: int

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as JSON's types."""
        return {**vars(self), "path": str(self.path)}

    def as_text(self) -> str:
        """Return one line for people."""
        what = "1 video" if self.videos == 1 else f"{self.videos:,} videos"
        notes = [f"{self.failed:,} failed"] * bool(self.failed)
        notes += [f"{self.flagged:,} with warnings"] * bool(self.flagged)
        said = f" ({', '.join(notes)})" if notes else ""
        return f"{what}{said}, {self.size_bytes / 1e6:,.1f} MB: open {self.path}"
