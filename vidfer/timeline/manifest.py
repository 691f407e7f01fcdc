"""OUT/videos.parquet: one row per video, what became of it."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from vidfer.atomic import make_folder, replacing
from vidfer.errors import OutputError
from vidfer.timeline.schema import MANIFEST_SCHEMA

MANIFEST_NAME: Final = "videos.parquet"
TIMELINE_FOLDER: Final = "timeline"

# The key of a timeline file's metadata that holds its own manifest row, so that the
# manifest can be made again from the timelines.
RESULT_KEY: Final = "vidfer.result"

Status = Literal["done", "partial", "failed"]


@dataclass(frozen=True, kw_only=True)
class VideoResult:
    """One row of the manifest; the fields are its columns.

    `timeline` is the timeline's path below OUT, None for a video that failed.
    """

    video: str
    path: str
    status: Status
    reason: str | None = None
    error: str | None = None
    bad_packets: int | None = None
    lost_ranges_s: list[tuple[float, float]] = field(default_factory=list)
    decoder: str | None = None
    decoder_why: str | None = None
    codec: str | None = None
    width: int | None = None
    height: int | None = None
    rotation: int | None = None
    duration_s: float | None = None
    frames_expected: int | None = None
    frames_decoded: int = 0
    frames_analysed: int = 0
    frames_with_face: int = 0
    faces: int = 0
    tracks: int = 0
    usable_share: float | None = None
    wall_s: float | None = None
    fps: float | None = None
    model: str | None = None
    settings_id: str | None = None
    source_fingerprint: str | None = None
    timeline: str | None = None

    @property
    def is_unreachable(self) -> bool:
        """Whether the source could only not be reached, as on a disk that is not mounted."""
        return self.reason in ("not_a_file", "io_error")

    def to_json(self) -> str:
        """Return the row as JSON text."""
        return json.dumps(asdict(self))


def result_of_json(text: str) -> VideoResult:
    """Read what `VideoResult.to_json` wrote."""
    values: dict[str, Any] = json.loads(text)
    values["lost_ranges_s"] = [(start, end) for start, end in values["lost_ranges_s"]]
    return VideoResult(**values)


def read_manifest(output: Path) -> dict[str, VideoResult]:
    """Return the manifest's rows by video; empty where there is none yet.

    Raises:
        OutputError: there is one, but it is damaged.
    """
    path = output / MANIFEST_NAME
    if not path.exists():
        return {}
    try:
        rows = pq.read_table(path, schema=MANIFEST_SCHEMA).to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise OutputError(
            f"{path} is damaged or not a vidfer manifest: move it away; it is made again "
            "from the timelines."
        ) from error
    return {row["video"]: _result_of_row(row) for row in rows}


def write_manifest(output: Path, results: Iterable[VideoResult]) -> None:
    """Replace the manifest, sorted by video.

    Raises:
        OutputError: it cannot be written.
    """
    make_folder(output)
    path = output / MANIFEST_NAME
    rows = [_row_of(result) for result in sorted(results, key=lambda result: result.video)]
    table = pa.Table.from_pylist(rows, schema=MANIFEST_SCHEMA)
    with replacing(path) as (temporary,):
        pq.write_table(table, temporary, compression="zstd", write_page_checksum=True)


def read_timeline_metadata(path: Path) -> dict[str, str]:
    """Return a timeline file's key-value metadata; empty if it is missing or damaged."""
    try:
        metadata = pq.read_metadata(path).metadata or {}
    except (OSError, pa.ArrowException):
        return {}
    return {key.decode(): value.decode() for key, value in metadata.items()}


def _row_of(result: VideoResult) -> dict[str, Any]:
    row = {f.name: getattr(result, f.name) for f in fields(result)}
    row["lost_ranges_s"] = [{"start_s": a, "end_s": b} for a, b in result.lost_ranges_s]
    return row


def _result_of_row(row: dict[str, Any]) -> VideoResult:
    ranges = row["lost_ranges_s"] or []
    row["lost_ranges_s"] = [(r["start_s"], r["end_s"]) for r in ranges]
    return VideoResult(**row)
