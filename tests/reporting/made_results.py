"""Results as `analyze` would have written them, of videos that nobody filmed."""

import json
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pyarrow as pa

from vidfer.emotions import EMOTIONS
from vidfer.timeline.manifest import RESULT_KEY, VideoResult, write_manifest
from vidfer.timeline.schema import LANDMARK_COLUMNS, TIMELINE_SCHEMA
from vidfer.timeline.writer import TimelineWriter

WIDTH_PX, HEIGHT_PX, FPS = 320, 180, 25
# Faces stand side by side at this distance, and one is 40 pixels wide and 50 high.
FACE_X_PX, FACE_Y_PX = 100, 60

HOSTILE = '<script>document.title="run"</script><img src=x onerror=alert(1)>&"\'{{data}}.mp4'


@dataclass(frozen=True)
class Made:
    """A video: its name, how many frames and faces, and what became of it."""

    video: str
    frames: int = 75
    faces: int = 1
    status: str = "done"
    error: str | None = None
    usable: bool = True
    lost: tuple[tuple[float, float], ...] = ()
    emotions: tuple[str, ...] = ("happy", "sad", "surprise")


def write_results(output: Path, videos: list[Made], *, folder: Path | None = None) -> Path:
    """Write timelines and manifest; sources lie in `folder`, whether they exist or not."""
    sources = folder or output.parent / "videos"
    write_manifest(output, [_write(output, made, sources) for made in videos])
    return output


def write_clip(path: Path, *, frames: int = 75) -> Path:
    """Write an H.264 video of WIDTH_PX x HEIGHT_PX that is grey all over."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuv420p"
        for number in range(frames):
            picture = np.full((HEIGHT_PX, WIDTH_PX, 3), 90 + number % 20, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode(None))
    return path


def emotion_at(made: Made, frame: int, face: int = 0) -> str:
    """Return the emotion that a face shows: another one every second."""
    return made.emotions[(frame // FPS + face) % len(made.emotions)]


def _write(output: Path, made: Made, sources: Path) -> VideoResult:
    failed = made.status == "failed"
    timeline = None if failed else f"timeline/{made.video}.parquet"
    rows = [] if failed else _rows(made)
    result = VideoResult(
        video=made.video,
        path=str(sources / made.video),
        status=made.status,
        reason="corrupt" if failed or made.lost else None,
        error=made.error,
        lost_ranges_s=list(made.lost),
        codec=None if failed else "h264",
        width=WIDTH_PX,
        height=HEIGHT_PX,
        duration_s=None if failed else made.frames / FPS,
        frames_analysed=0 if failed else made.frames,
        frames_with_face=made.frames if made.faces and not failed else 0,
        faces=made.frames * made.faces,
        tracks=made.faces,
        settings_id="made",
        timeline=timeline,
    )
    if timeline is not None:
        with TimelineWriter(output / timeline) as writer:
            writer.write(pa.Table.from_pylist(rows, schema=TIMELINE_SCHEMA))
            writer.finish(
                {
                    RESULT_KEY: result.to_json(),
                    "vidfer.model": "made",
                    "vidfer.weights_sha256": "0" * 64,
                    "vidfer.settings": json.dumps({"every": 1}),
                }
            )
    return result


def _rows(made: Made) -> list[dict[str, object]]:
    return [
        _face(made, frame, face) if made.faces else _bare(made, frame)
        for frame in range(made.frames)
        for face in range(max(made.faces, 1))
    ]


def _bare(made: Made, frame: int) -> dict[str, object]:
    return {"video": made.video, "frame": frame, "time_s": frame / FPS, "status": "no_face"}


def _face(made: Made, frame: int, face: int) -> dict[str, object]:
    emotion = emotion_at(made, frame, face)
    probabilities = {name: 0.7 if name == emotion else 0.05 for name in EMOTIONS}
    return {
        **_bare(made, frame),
        "status": "ok",
        "face": face,
        "track": face,
        "box_x": 40.0 + FACE_X_PX * face,
        "box_y": float(FACE_Y_PX),
        "box_w": 40.0,
        "box_h": 50.0,
        "box_source": "detected",
        "face_score": 0.99,
        **dict.fromkeys(LANDMARK_COLUMNS, 70.0),
        **probabilities,
        "emotion": emotion,
        "confidence": 0.7,
        "sharpness": 100.0,
        "brightness": 0.5,
        "yaw_deg": 0.0,
        "roll_deg": 0.0,
        "usable": made.usable,
    }
