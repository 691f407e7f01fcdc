"""Timelines in memory, small enough to reckon by hand."""

import polars as pl

from vidfer.emotions import EMOTIONS
from vidfer.timeline.reader import table_to_polars
from vidfer.timeline.schema import TIMELINE_SCHEMA


def probabilities(emotion: str, value: float = 1.0) -> dict[str, float]:
    """Return `value` for one emotion; the others share the rest."""
    rest = (1 - value) / (len(EMOTIONS) - 1)
    return {name: value if name == emotion else rest for name in EMOTIONS}


def face(frame: int, emotion: str = "neutral", value: float = 0.9, **changed) -> dict:
    """Return a row with a face at 10 frames a second."""
    row = {
        "video": "a.mp4",
        "frame": frame,
        "time_s": frame / 10,
        "status": "ok",
        "face": 0,
        "track": 0,
        "box_x": 100.0,
        "box_y": 100.0,
        "box_w": 80.0,
        "box_h": 80.0,
        "box_source": "detected",
        "face_score": 1.0,
        "emotion": emotion,
        "confidence": value,
        "sharpness": 500.0,
        "brightness": 0.5,
        "yaw_deg": 0.0,
        "roll_deg": 0.0,
        "usable": True,
        **probabilities(emotion, value),
    }
    return row | changed


def no_face(frame: int, video: str = "a.mp4") -> dict:
    return {"video": video, "frame": frame, "time_s": frame / 10, "status": "no_face"}


def timeline(rows: list[dict]) -> pl.DataFrame:
    """Return rows as a timeline with all columns."""
    schema = table_to_polars(TIMELINE_SCHEMA.empty_table()).schema
    complete = [dict.fromkeys(schema) | row for row in rows]
    return pl.DataFrame(complete, schema=schema, infer_schema_length=None)


def write_output(folder, rows: list[dict]):
    """Write a timeline file per video, without a manifest, and return the folder."""
    for (video,), part in timeline(rows).partition_by("video", as_dict=True).items():
        path = folder / "timeline" / f"{video}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_parquet(path)
    return folder
