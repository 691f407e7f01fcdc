"""Results that say what a test wants, of clips that no network has seen."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from vidfer.emotions import EMOTIONS
from vidfer.timeline.manifest import RESULT_KEY, VideoResult, read_manifest, write_manifest
from vidfer.timeline.schema import TIMELINE_SCHEMA
from vidfer.timeline.writer import TimelineWriter
from vidfer.video.fingerprint import identify

# Left, top, width and height in pixels.
Box = tuple[float, float, float, float]


def write_results(
    output: Path,
    video: Path,
    times_s: Sequence[float],
    *,
    faces: Mapping[int, Sequence[Box]] | None = None,
    emotion: str = "happy",
    usable: bool = True,
    without: Sequence[int] = (),
    name: str | None = None,
) -> Path:
    """Write what an analysis of `video` would; return the output folder.

    faces: boxes by frame, each the track of its place. without: frames that were not analysed.
    """
    name = name or video.name
    rows = []
    for frame, time_s in enumerate(times_s):
        if frame not in without:
            boxes = (faces or {}).get(frame, [])
            rows += [
                _row(name, frame, time_s, face, box, emotion, usable)
                for face, box in enumerate(boxes)
            ] or [{"video": name, "frame": frame, "time_s": time_s, "status": "no_face"}]
    identity = identify(video)
    result = VideoResult(
        video=name,
        path=str(video),
        status="done",
        source_fingerprint=identity.fingerprint,
        source_mtime_ns=identity.mtime_ns,
        timeline=f"timeline/{name}.parquet",
    )
    with TimelineWriter(output / f"timeline/{name}.parquet") as writer:
        writer.write(pa.Table.from_pylist(rows, schema=TIMELINE_SCHEMA))
        writer.finish({**identity.as_metadata(), RESULT_KEY: result.to_json()})
    write_manifest(output, [*read_manifest(output).values(), result])
    return output


def _row(
    name: str, frame: int, time_s: float, face: int, box: Box, emotion: str, usable: bool
) -> dict[str, object]:
    return {
        "video": name,
        "frame": frame,
        "time_s": time_s,
        "status": "ok",
        "face": face,
        "track": face,
        "box_source": "detected",
        "face_score": 0.99,
        **dict(zip(["box_x", "box_y", "box_w", "box_h"], box)),
        **{one: 0.7 if one == emotion else 0.05 for one in EMOTIONS},
        "emotion": emotion,
        "confidence": 0.7,
        "usable": usable,
    }
