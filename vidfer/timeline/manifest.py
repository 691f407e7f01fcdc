"""OUT/videos.parquet: one row per video, what became of it."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from vidfer.atomic import make_folder, replacing
from vidfer.errors import OutputError, UsageError
from vidfer.timeline.schema import MANIFEST_SCHEMA
from vidfer.timeline.seal import BLANK_SEAL, fault_of_seal, seal

MANIFEST_NAME: Final = "videos.parquet"
TIMELINE_FOLDER: Final = "timeline"

# The key of a timeline file's metadata that holds its own manifest row, so that the
# manifest can be made again from the timelines.
RESULT_KEY: Final = "vidfer.result"

# Rows that are turned into a table at a time: as Python objects they take ten times the room.
_ROWS_AT_A_TIME: Final = 10_000

Status = Literal["done", "partial", "failed"]


class ManifestDamagedError(OutputError):
    """The manifest is not as it was written: `fault` says how. It can be made again."""

    def __init__(self, path: Path, fault: str) -> None:
        super().__init__(f"{path} {fault}: the next 'vidfer analyze' makes it again.")
        self.fault = fault


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
    source_mtime_ns: int | None = None
    timeline: str | None = None

    @property
    def is_unreachable(self) -> bool:
        """Whether the source could only not be reached, as on a disk that is not mounted."""
        return self.status == "failed" and self.reason in ("not_a_file", "io_error")

    def to_json(self) -> str:
        """Return the row as JSON text."""
        return json.dumps(asdict(self))


def result_of_json(text: str) -> VideoResult:
    """Read what `VideoResult.to_json` wrote."""
    written: dict[str, Any] = json.loads(text)
    # A later version of vidfer may have more to say.
    values = {f.name: written[f.name] for f in fields(VideoResult) if f.name in written}
    values["lost_ranges_s"] = [(start, end) for start, end in values["lost_ranges_s"]]
    return VideoResult(**values)


def read_manifest(output: Path) -> dict[str, VideoResult]:
    """Return the manifest's rows by video; empty where there is none yet.

    Raises:
        ManifestDamagedError: there is one, but it is damaged.
    """
    path = output / MANIFEST_NAME
    if not path.exists():
        return {}
    fault = fault_of_seal(path)
    if fault:
        raise ManifestDamagedError(path, fault)
    rows = pq.read_table(path, schema=MANIFEST_SCHEMA).to_pylist()
    return {row["video"]: _result_of_row(row) for row in rows}


def write_manifest(output: Path, results: Iterable[VideoResult]) -> None:
    """Replace the manifest, sorted by video.

    Raises:
        OutputError: it cannot be written.
    """
    make_folder(output)
    path = output / MANIFEST_NAME
    ordered = sorted(results, key=lambda result: result.video)
    with replacing(path) as (temporary,):
        with pq.ParquetWriter(
            temporary, MANIFEST_SCHEMA, compression="zstd", write_page_checksum=True
        ) as writer:
            for start in range(0, max(1, len(ordered)), _ROWS_AT_A_TIME):
                rows = [_row_of(result) for result in ordered[start : start + _ROWS_AT_A_TIME]]
                writer.write_table(pa.Table.from_pylist(rows, schema=MANIFEST_SCHEMA))
            writer.add_key_value_metadata(BLANK_SEAL)
        seal(temporary)


def timeline_files(output: Path) -> list[Path]:
    """Return all timeline files below an output folder, sorted."""
    files = (output / TIMELINE_FOLDER).rglob("*.parquet")
    return sorted(path for path in files if not path.name.startswith("."))


def refuse_without_results(output: Path) -> None:
    """Refuse a folder that no analysis has written to.

    Raises:
        UsageError: there are no results at `output`, or they cannot be read.
    """
    try:
        found = (output / MANIFEST_NAME).exists() or any(timeline_files(output))
    except OSError as error:
        raise UsageError(f"{output} cannot be read ({error.strerror}).") from error
    if not found:
        raise UsageError(
            f"{output} holds no results: give a folder that 'vidfer analyze -o' wrote."
        )


def read_timeline_result(path: Path) -> VideoResult | None:
    """Return the manifest row that a whole timeline file carries; None if it is damaged."""
    if fault_of_seal(path):
        return None
    text = read_timeline_metadata(path).get(RESULT_KEY)
    return None if text is None else result_of_json(text)


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
