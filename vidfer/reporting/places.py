"""Where pages lie, and how they name each other and their videos."""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

_SLUG_LENGTH: Final = 40


@dataclass(frozen=True)
class Places:
    """The files of a report.

    Attributes:
        front: the index, or the only video's page.
        folder: where the pages of many videos lie.
    """

    front: Path
    folder: Path

    def page_of(self, video: str) -> Path:
        """Return the file of a video's page: the same one in every report."""
        return self.folder / page_name(video)


def places_of(to: Path) -> Places:
    """Return where a report goes that was asked for at `to`.

    `FILE.html` takes the index, with `FILE_pages/` beside it; anything else is a folder.
    """
    if to.suffix.lower() in (".html", ".htm") and not to.is_dir():
        return Places(to, to.with_name(f"{to.stem}_pages"))
    return Places(to / "index.html", to / "pages")


def page_name(video: str) -> str:
    """Return a file name that any system and browser takes, for any name of a video.

    The readable part may be the same for two videos; what follows it is not.
    """
    slug = re.sub(r"[^A-Za-z0-9]+", "-", video).strip("-")[-_SLUG_LENGTH:].strip("-")
    digest = hashlib.sha256(video.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{slug or 'video'}-{digest}.html"


def relative_url(target: Path, *, page: Path) -> str | None:
    """Return how `page` names another file, as a URL; None where no relative path leads there."""
    try:
        relative = os.path.relpath(target.absolute(), page.parent.absolute())
    except ValueError:  # another drive
        return None
    return quote(relative.replace(os.sep, "/").encode("utf-8", "surrogateescape"))


def video_urls(recorded: str, *, page: Path) -> list[str]:
    """Return where a page may find its video, best first.

    The recorded place as seen from the page, so that both can be moved together, and as it
    is; and, if the file is not there now, its name beside the page.
    """
    path = Path(recorded)
    urls = [relative_url(path, page=page)]
    if path.is_absolute():
        urls.append("file://" + quote(recorded.encode("utf-8", "surrogateescape")))
    if not path.is_file():
        urls.append("./" + quote(path.name.encode("utf-8", "surrogateescape")))
    return [url for number, url in enumerate(urls) if url and url not in urls[:number]]
