"""One page after the other: from videos' timelines to their files and rows of the index."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from vidfer.atomic import make_folder, replacing
from vidfer.reporting.cautions import Caution, cautions_of
from vidfer.reporting.document import GENERATOR, render_document
from vidfer.reporting.findings import VideoFindings, find
from vidfer.reporting.index_data import IndexRow, empty_line, line_of
from vidfer.reporting.places import Places, page_name, relative_url, video_urls
from vidfer.reporting.video_data import video_data
from vidfer.timeline.manifest import VideoResult
from vidfer.timeline.seal import fault_of_seal

# How much of a page is read to see whether we wrote it.
_HEAD_BYTES: Final = 200

# Timelines that are worked on together: some hundred thousand rows.
_BATCH_BYTES: Final = 8 * 2**20
_BATCH_VIDEOS: Final = 200


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a report is to be made of, and where."""

    output: Path
    places: Places
    results: list[VideoResult]
    events: pl.DataFrame | None
    smooth_s: float
    pages: bool

    @property
    def single(self) -> bool:
        """Whether the one page is all there is."""
        return len(self.results) == 1 and self.results[0].timeline is not None

    def timeline_of(self, number: int) -> Path:
        """Return where a video's timeline is; the output itself where it has none."""
        return self.output / (self.results[number].timeline or "")

    def page_of(self, result: VideoResult) -> Path | None:
        """Return where a video's page lies; None if it gets none."""
        if result.timeline is None or not (self.single or self.pages):
            return None
        return self.places.front if self.single else self.places.page_of(result.video)


def write_pages(order: Order) -> Iterator[IndexRow]:
    """Write the pages of all videos, and yield each one's row of the index."""
    for batch in _batches(order):
        faults = {number: _fault(order, number) for number in batch}
        sound = [number for number in batch if faults[number] is None]
        found = find(
            [order.results[number] for number in sound],
            [order.timeline_of(number) for number in sound],
            smooth_s=order.smooth_s,
            episodes_too=order.pages or order.single,
        )
        for number in batch:
            fault = faults[number]
            if fault is None:
                yield _write_page(order, number, next(found))
            else:
                yield _row_without_figures(order.results[number], fault)


def _batches(order: Order) -> Iterator[list[int]]:
    """Yield the numbers of videos that are worked on together."""
    batch: list[int] = []
    size = 0
    for number, result in enumerate(order.results):
        file = order.timeline_of(number)
        batch.append(number)
        size += file.stat().st_size if result.timeline and file.is_file() else 0
        if size >= _BATCH_BYTES or len(batch) >= _BATCH_VIDEOS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _fault(order: Order, number: int) -> list[Caution] | None:
    """Return why there are no figures of a video; None if there are."""
    result = order.results[number]
    if result.timeline is None:
        return cautions_of(result)
    fault = fault_of_seal(order.timeline_of(number))
    if fault is None:
        return None
    return [Caution("failed", f"{result.timeline} {fault}: 'vidfer verify' tells what to do.")]


def _write_page(order: Order, number: int, found: VideoFindings) -> IndexRow:
    page = order.page_of(found.result)
    if page is not None:
        write_text(page, _page_text(order, number, found, page))
    return IndexRow(
        result=found.result,
        page=relative_url(page, page=order.places.front) if page else None,
        summary=found.summary,
        line=line_of(found.points.table, duration_s=_length_s(found)),
        cautions=found.cautions,
    )


def _page_text(order: Order, number: int, found: VideoFindings, page: Path) -> str:
    video = found.result.video
    data = video_data(
        found,
        urls=video_urls(found.result.path, page=page),
        events=None if order.events is None else _events_of(order.events, video),
        links=_links(order, number, page),
        smooth_s=order.smooth_s,
    )
    return render_document("video", title=f"{video} · vidfer", data=data)


def _links(order: Order, number: int, page: Path) -> dict[str, str | None]:
    if order.single:
        return {"index": None, "previous": None, "next": None}

    def first_page(results: Sequence[VideoResult]) -> str | None:
        found = next((order.page_of(r) for r in results if r.timeline is not None), None)
        return relative_url(found, page=page) if found else None

    return {
        "index": relative_url(order.places.front, page=page),
        "previous": first_page(order.results[:number][::-1]),
        "next": first_page(order.results[number + 1 :]),
    }


def _events_of(events: pl.DataFrame, video: str) -> pl.DataFrame:
    return events.filter(pl.col("video").is_null() | (pl.col("video") == video))


def _length_s(found: VideoFindings) -> float:
    """Return how long a video is: what it claims, or as far as there is a face."""
    table = found.points.table
    seen = (
        0.0
        if table.is_empty()
        else float(table.select((pl.col("start_s") + pl.col("hold_s")).max()).item())
    )
    return max(found.result.duration_s or 0.0, seen)


def _row_without_figures(result: VideoResult, cautions: Sequence[Caution]) -> IndexRow:
    return IndexRow(result=result, page=None, summary={}, line=empty_line(), cautions=cautions)


def write_text(path: Path, text: str) -> None:
    """Write a page and the folder that it lies in; it is there when it is complete.

    Raises:
        OutputError: it cannot be written.
    """
    make_folder(path.parent)
    with replacing(path) as (temporary,):
        temporary.write_text(text, encoding="utf-8", newline="\n")


def remove_old_pages(order: Order) -> None:
    """Remove pages of an earlier report whose videos are in this one no more."""
    if not order.places.folder.is_dir():
        return
    kept = {page_name(r.video) for r in order.results if order.page_of(r) is not None}
    for path in order.places.folder.glob("*-????????????.html"):
        if path.name not in kept and _is_ours(path):
            path.unlink()


def _is_ours(path: Path) -> bool:
    with path.open("rb") as file:
        return GENERATOR.encode() in file.read(_HEAD_BYTES)
