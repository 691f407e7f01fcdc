"""Timelines written by hand: only what a test is about is said."""

from pathlib import Path

import polars as pl
import pyarrow as pa

from vidfer.emotions import EMOTIONS
from vidfer.timeline.reader import table_to_polars
from vidfer.timeline.schema import TIMELINE_SCHEMA
from vidfer.timeline.writer import TimelineWriter

# A good face: of the columns that a test does not name.
FACE = {
    "status": "ok",
    "face": 0,
    "track": 0,
    "box_source": "detected",
    "face_score": 0.99,
    "sharpness": 500.0,
    "brightness": 0.5,
    "yaw_deg": 0.0,
    "roll_deg": 0.0,
    "usable": True,
}
NO_FACE = dict.fromkeys(TIMELINE_SCHEMA.names) | {"status": "no_face"}


def face(frame: int, time_s: float, *, video: str = "clip.mp4", **values) -> dict:
    """Return a row with a face; probabilities that are not given share the rest equally."""
    given = {name: values.pop(name) for name in EMOTIONS if name in values}
    if not given:
        given = {"neutral": 1.0}
    others = [name for name in EMOTIONS if name not in given]
    chances = given | {name: (1 - sum(given.values())) / len(others) for name in others}
    best = max(EMOTIONS, key=lambda name: chances[name])
    plain = dict.fromkeys(TIMELINE_SCHEMA.names, 100.0)
    row = plain | FACE | chances | {"emotion": best, "confidence": chances[best]} | values
    return row | {"video": video, "frame": frame, "time_s": time_s}


def no_face(frame: int, time_s: float, *, video: str = "clip.mp4") -> dict:
    return NO_FACE | {"video": video, "frame": frame, "time_s": time_s}


def table_of(rows: list[dict]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=TIMELINE_SCHEMA)


def timeline(*rows: dict) -> pl.LazyFrame:
    return table_to_polars(table_of(list(rows))).lazy()


def steady(values: list[float], *, fps: float = 10, emotion: str = "happy", **more) -> list[dict]:
    """Return a row per value of one emotion's probability, at a constant rate from 0."""
    return [face(n, n / fps, **{emotion: value}, **more) for n, value in enumerate(values)]


def write_results(output: Path, videos: dict[str, list[dict]]) -> Path:
    """Write timelines as `analyze` lays them out, without a manifest."""
    for video, rows in videos.items():
        path = output / "timeline" / f"{video}.parquet"
        with TimelineWriter(path) as writer:
            writer.write(table_of([row | {"video": video} for row in rows]))
            writer.finish({})
    return output
