"""Whether a timeline file is what was written, and fits what is known of its video."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vidfer.timeline.manifest import RESULT_KEY, VideoResult, result_of_json
from vidfer.timeline.schema import TIMELINE_SCHEMA
from vidfer.timeline.seal import fault_of_seal

# What the order and number of rows follow from.
_COLUMNS: Final = ("video", "frame", "face")
_BATCH_ROWS: Final = 65_536


def fault_of_timeline(
    path: Path, *, timeline: str, listed: VideoResult | None, has_manifest: bool
) -> str | None:
    """Say what is wrong with a timeline file; None if nothing is.

    `timeline` is its path below OUT, `listed` its row in the manifest, if it has one, and
    `has_manifest` says whether there is a manifest at all.

    Its bytes are held against its seal, its columns against the schema, its rows against
    the counts in its own metadata, and that against the manifest.
    """
    fault = fault_of_seal(path)
    if fault:
        return fault
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            return _fault_of_content(file, timeline) or (
                _fault_of_row(_result_of(file), listed) if has_manifest else None
            )
    except (OSError, pa.ArrowException, ValueError, KeyError) as error:
        return f"cannot be read ({error})"


def _fault_of_content(file: pq.ParquetFile, timeline: str) -> str | None:
    if not file.schema_arrow.remove_metadata().equals(TIMELINE_SCHEMA):
        return "has other columns than a timeline of this version of vidfer"
    result = _result_of(file)
    if result is None:
        return "does not say which video it is of"
    if result.timeline != timeline:
        return f"belongs elsewhere: it was written as {result.timeline}"
    counts = _counted(file, result.video)
    if counts is None:
        return "holds rows of another video, or rows that are not in the order of frames"
    if counts != _Counts(result.frames_analysed, result.frames_with_face, result.faces):
        return "holds another number of frames or faces than its metadata say"
    return None


def _result_of(file: pq.ParquetFile) -> VideoResult | None:
    text = (file.metadata.metadata or {}).get(RESULT_KEY.encode())
    return None if text is None else result_of_json(text.decode())


def _fault_of_row(own: VideoResult | None, listed: VideoResult | None) -> str | None:
    if listed is None:
        return "has no row in videos.parquet"
    # The same file may have been reached by another path since.
    if own is None or replace(own, path=listed.path) != listed:
        return "does not fit its row in videos.parquet"
    return None


@dataclass(frozen=True)
class _Counts:
    frames: int
    frames_with_face: int
    faces: int


def _counted(file: pq.ParquetFile, video: str) -> _Counts | None:
    """Count a timeline's frames and faces; None where rows are of another video or disordered."""
    frames = with_face = faces = 0
    last_frame, last_face = -1, 0
    for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=list(_COLUMNS)):
        if batch.num_rows == 0:
            continue
        frame = batch["frame"].to_numpy()
        face = batch["face"].fill_null(0).to_numpy()
        # A frame's first row has face 0 or none; its others count on from there.
        first = face == 0
        steps, face_steps = np.diff(frame, prepend=last_frame), np.diff(face, prepend=last_face)
        in_order = np.where(first, steps > 0, (steps == 0) & (face_steps == 1)).all()
        if not in_order or not pc.all(pc.equal(batch["video"], video)).as_py():
            return None
        without_face = batch["face"].null_count
        frames += int(first.sum())
        with_face += int(first.sum()) - without_face
        faces += batch.num_rows - without_face
        last_frame, last_face = int(frame[-1]), int(face[-1])
    return _Counts(frames, with_face, faces)
