"""`vidfer.report`: results as pages for a browser."""

from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl

from vidfer.analysis.events import check_event_videos, read_events
from vidfer.analysis.smoothing import BEST_WINDOW_S
from vidfer.analysis.video_names import resolve_videos, unknown_videos
from vidfer.errors import UsageError
from vidfer.reporting.document import render_document
from vidfer.reporting.index_data import IndexRow, index_data
from vidfer.reporting.outcome import Report
from vidfer.reporting.pages import Order, remove_old_pages, write_pages, write_text
from vidfer.reporting.places import places_of
from vidfer.reporting.totals import total_of
from vidfer.timeline.manifest import VideoResult, read_manifest, refuse_without_results


def report(
    output: str | Path,
    *,
    to: str | Path,
    videos: Sequence[str] | None = None,
    events: pl.DataFrame | str | Path | None = None,
    title: str | None = None,
    smooth_s: float = BEST_WINDOW_S,
    pages: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Write the results of `analyze` as pages that open offline in any browser.

    For one video that is one file; for many an index at `to` and a page for each in a
    folder beside it (`report.html`, `report_pages/`), or all in the folder `to` if that
    does not end in .html. Each file holds all that it needs and loads nothing from the
    network; videos are not copied, a page plays the file where it lies.

    Args:
        output: the folder that `analyze` wrote.
        to: the file or folder to write.
        videos: names as in the column `video`, file names or stems; None means all.
        events: a table as `read_events` returns it, or a file that it reads.
        title: heading of the index; the folder's name if not given.
        smooth_s: width of the mean over time, in seconds.
        pages: whether an index of many comes with a page for each.
        progress: called with the number of videos done and of all.

    Raises:
        UsageError: there are no results, or a video or event file cannot be used.
        OutputError: a page cannot be written.
    """
    folder = Path(output)
    refuse_without_results(folder)
    manifest = read_manifest(folder)
    order = Order(
        output=folder,
        places=places_of(Path(to)),
        results=_chosen(manifest, videos),
        events=_events(events, manifest),
        smooth_s=smooth_s,
        pages=pages,
    )
    rows = []
    for row in write_pages(order):
        rows.append(row)
        if progress:
            progress(len(rows), len(order.results))
    if not (order.single and rows[0].page):
        _write_index(order, rows, title=title or folder.absolute().name)
    return _outcome(order, rows)


def _write_index(order: Order, rows: Sequence[IndexRow], *, title: str) -> None:
    data = index_data(rows, title=title, total=total_of(rows))
    write_text(order.places.front, render_document("index", title=title, data=data))
    remove_old_pages(order)


def _chosen(manifest: dict[str, VideoResult], videos: Sequence[str] | None) -> list[VideoResult]:
    if not manifest:
        raise UsageError("The results hold no videos: there is nothing to report.")
    if videos is None:
        return list(manifest.values())
    resolved = resolve_videos(videos, manifest)
    if resolved.unknown:
        raise unknown_videos("The choice of videos", resolved.unknown, manifest)
    wanted = set(resolved.videos.values())
    if not wanted:
        raise UsageError("No video was chosen: name at least one, or leave the choice out.")
    return [result for video, result in manifest.items() if video in wanted]


def _events(
    events: pl.DataFrame | str | Path | None, manifest: dict[str, VideoResult]
) -> pl.DataFrame | None:
    if events is None:
        return None
    table = events if isinstance(events, pl.DataFrame) else read_events(events)
    where = "The table of events" if isinstance(events, pl.DataFrame) else str(events)
    return check_event_videos(table, manifest, where=where)


def _outcome(order: Order, rows: Sequence[IndexRow]) -> Report:
    levels = [{caution.level for caution in row.cautions} for row in rows]
    pages = [page for row in rows if row.page and (page := order.page_of(row.result))]
    files = {order.places.front, *pages}
    return Report(
        path=order.places.front,
        pages=len(pages),
        videos=len(rows),
        failed=sum("failed" in found for found in levels),
        flagged=sum("warning" in found and "failed" not in found for found in levels),
        size_bytes=sum(file.stat().st_size for file in files),
    )
