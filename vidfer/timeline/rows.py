"""One chunk's results to timeline rows."""

from typing import Final

import numpy as np
import pyarrow as pa

from vidfer.batches import EmotionBatch, FaceBatch, FrameBatch
from vidfer.emotions import EMOTIONS
from vidfer.timeline.schema import LANDMARK_COLUMNS, TIMELINE_SCHEMA

_QUALITY_COLUMNS: Final = ("sharpness", "brightness", "yaw_deg", "roll_deg", "usable")


def timeline_rows(
    video: str, frames: FrameBatch, faces: FaceBatch, track: np.ndarray, emotions: EmotionBatch
) -> pa.Table:
    """Return a row per face, and one with null face columns per frame without a face.

    `track` is the number of each face's person within the video, from 0, int32 (F,).
    Sorted by frame, then face. The table has TIMELINE_SCHEMA.
    """
    found = faces.detections
    per_frame = np.bincount(found.frame_row, minlength=len(frames))
    # A frame without a face still takes one row.
    frame_row = np.repeat(np.arange(len(frames)), np.maximum(per_frame, 1))
    has_face = per_frame[frame_row] > 0
    first_face = np.cumsum(per_frame) - per_frame
    # Faces stand in frame order, so the k-th row with a face shows the k-th face.
    face_row = np.cumsum(has_face) - 1
    columns: dict[str, np.ndarray] = {
        "face": np.arange(len(faces)) - first_face[found.frame_row],
        "track": track,
        "box_x": found.box_px[:, 0],
        "box_y": found.box_px[:, 1],
        "box_w": found.box_px[:, 2],
        "box_h": found.box_px[:, 3],
        "box_source": np.where(found.tracked, "tracked", "detected").astype(object),
        "face_score": found.score,
        **dict(
            zip(LANDMARK_COLUMNS, found.landmarks_px.reshape(len(faces), len(LANDMARK_COLUMNS)).T)
        ),
        **dict(zip(EMOTIONS, emotions.probabilities.T)),
        **_most_likely(emotions),
        **{name: getattr(faces.quality, name) for name in _QUALITY_COLUMNS},
    }
    arrays = {
        "video": np.full(len(frame_row), video, dtype=object),
        "frame": frames.index[frame_row],
        "time_s": frames.time_s[frame_row],
        "status": np.where(has_face, "ok", "no_face").astype(object),
    }
    table: dict[str, pa.Array] = {
        name: pa.array(values).cast(TIMELINE_SCHEMA.field(name).type)
        for name, values in arrays.items()
    }
    for name, values in columns.items():
        table[name] = _spread(values, face_row, has_face, TIMELINE_SCHEMA.field(name).type)
    return pa.table(table, schema=TIMELINE_SCHEMA)


def _most_likely(emotions: EmotionBatch) -> dict[str, np.ndarray]:
    best = emotions.probabilities.argmax(axis=1)
    return {
        "emotion": np.array(EMOTIONS, dtype=object)[best],
        "confidence": emotions.probabilities[np.arange(len(best)), best],
    }


def _spread(
    values: np.ndarray, face_row: np.ndarray, has_face: np.ndarray, type_: pa.DataType
) -> pa.Array:
    """Put each face's value on its row, null elsewhere."""
    indices = pa.array(face_row, mask=~has_face, type=pa.int64())
    value_type = type_.value_type if pa.types.is_dictionary(type_) else type_
    return pa.array(values, type=value_type).take(indices).cast(type_)
