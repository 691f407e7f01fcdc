"""Timelines with faces as a test wants them, written as an analysis writes them."""

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from vidfer.emotions import EMOTIONS
from vidfer.timeline.manifest import RESULT_KEY, TIMELINE_FOLDER, VideoResult, write_manifest
from vidfer.timeline.schema import TIMELINE_SCHEMA
from vidfer.timeline.writer import TimelineWriter
from vidfer.video.inputs import timeline_name

FPS = 25


@dataclass(frozen=True)
class SeenFace:
    """A face of a track; the other six emotions share what `probability` leaves."""

    track: int = 0
    emotion: str = "happy"
    probability: float = 0.9
    usable: bool = True


def happy(track: int = 0) -> SeenFace:
    return SeenFace(track)


def sad(track: int = 0) -> SeenFace:
    return SeenFace(track, "sad")


def write_video(output: Path, video: str, frames: list[list[SeenFace]], *, path=None) -> Path:
    """Write a timeline of `frames` at 25 frames per second; return its file."""
    timeline = f"{TIMELINE_FOLDER}/{timeline_name(video)}"
    result = VideoResult(
        video=video,
        path=path or f"/videos/{video}",
        status="done",
        width=640,
        height=360,
        duration_s=len(frames) / FPS,
        timeline=timeline,
    )
    rows = [row for number, faces in enumerate(frames) for row in _rows(video, number, faces)]
    with TimelineWriter(output / timeline) as writer:
        writer.write(pa.Table.from_pylist(rows, schema=TIMELINE_SCHEMA))
        created = {"vidfer.created": "2026-01-02T03:04:05+00:00"}
        writer.finish({RESULT_KEY: result.to_json(), **created})
    return output / timeline


def write_failure(output: Path) -> Path:
    """Write the results of a run in which the only video failed."""
    failed = VideoResult(video="bad.mp4", path="/videos/bad.mp4", status="failed", reason="corrupt")
    write_manifest(output, [failed])
    return output


def _rows(video, number, faces):
    start = {"video": video, "frame": number, "time_s": number / FPS}
    if not faces:
        yield {**start, "status": "no_face"}
    for index, face in enumerate(faces):
        rest = (1 - face.probability) / (len(EMOTIONS) - 1)
        x, y = 100.0 * face.track + 10.25, 20.5
        yield {
            **start,
            "status": "ok",
            "face": index,
            "track": face.track,
            "box_x": x,
            "box_y": y,
            "box_w": 60.0,
            "box_h": 80.0,
            "box_source": "detected",
            "face_score": 0.987,
            **_landmarks(x, y),
            **{name: face.probability if name == face.emotion else rest for name in EMOTIONS},
            "emotion": face.emotion,
            "confidence": face.probability,
            "sharpness": 100.0,
            "brightness": 0.5,
            "yaw_deg": 1.0,
            "roll_deg": -2.0,
            "usable": face.usable,
        }


def _landmarks(x, y):
    places = {
        "left_eye": (20, 30),
        "right_eye": (40, 30),
        "nose": (30, 45),
        "mouth_left": (22, 60),
        "mouth_right": (38, 60),
    }
    return {
        f"{name}_{axis}": start + place
        for name, of_name in places.items()
        for axis, start, place in zip("xy", (x, y), of_name)
    }
