"""What a reader must know before they trust a video's figures."""

from dataclasses import dataclass
from typing import Final, Literal

from vidfer.timeline.manifest import VideoResult

Level = Literal["failed", "warning", "note"]

# Below these shares a sentence warns. Chosen by us: half is where averages come to rest
# on the smaller part of what was filmed.
LEAST_USABLE_SHARE: Final = 0.5
LEAST_FACE_SHARE: Final = 0.5
# FER2013's seven classes: certainty that would be no better than a guess between two.
LEAST_CONFIDENCE: Final = 0.5
# Each face a few seconds long: the same person got many numbers.
SHORT_TRACK_S: Final = 2.0
MANY_TRACKS: Final = 10


@dataclass(frozen=True)
class Caution:
    """One sentence, and how much it weighs."""

    level: Level
    text: str


def cautions_of(
    result: VideoResult,
    *,
    face_s: float = 0.0,
    usable_s: float = 0.0,
    mean_confidence: float | None = None,
) -> list[Caution]:
    """Return what is to be said of a video, the gravest first.

    Args:
        result: its row of the manifest.
        face_s: seconds of faces, each face counted.
        usable_s: of these, seconds that pass the quality gate.
        mean_confidence: mean probability of the most likely expression.
    """
    if result.status == "failed":
        return [Caution("failed", result.error or "It could not be analysed.")]
    found = [*_lost(result), *_faces(result)]
    if face_s and usable_s / face_s < LEAST_USABLE_SHARE:
        found.append(
            Caution(
                "warning",
                f"Only {_percent(usable_s / face_s)} of the time with a face is usable: the others "
                "are small, blurred, dark, too bright or turned away. Averages rest on little.",
            )
        )
    if mean_confidence is not None and mean_confidence < LEAST_CONFIDENCE:
        found.append(
            Caution(
                "warning",
                f"The model is unsure: the most likely expression gets {_percent(mean_confidence)} "
                "on average. Read differences between expressions with care.",
            )
        )
    if face_s and result.tracks >= MANY_TRACKS and face_s / result.tracks < SHORT_TRACK_S:
        found.append(
            Caution(
                "note",
                f"{result.tracks} tracks of {face_s / result.tracks:.1f} s on average: one person "
                "has several numbers. Do not count tracks as people.",
            )
        )
    return found


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def _lost(result: VideoResult) -> list[Caution]:
    if result.status != "partial":
        return []
    lost_s = sum(end - start for start, end in result.lost_ranges_s)
    said = f" {result.error}" if result.error else ""
    return [
        Caution(
            "warning",
            f"A part of the video could not be decoded: {lost_s:.1f} s are missing.{said}",
        )
    ]


def _faces(result: VideoResult) -> list[Caution]:
    if not result.frames_analysed:
        return [Caution("warning", "No frame was analysed.")]
    share = result.frames_with_face / result.frames_analysed
    if share == 0:
        return [Caution("warning", "No face was found in any frame.")]
    if share < LEAST_FACE_SHARE:
        return [Caution("note", f"A face was found in {_percent(share)} of the frames only.")]
    return []
