"""Which columns of another tool's table hold what, told from their names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from vidfer.emotions import EMOTIONS, emotion_of

_FRAMES: Final = ("frame", "frame_idx", "frame_number")
# LibreFace writes seconds under the name frame_time_in_ms.
_TIMES: Final = ("time_s", "timestamp", "time", "pts_s", "frame_time_in_ms")
_VIDEOS: Final = ("video", "input")
_LABELS: Final = ("dominant_emotion", "emotion", "facial_expression")
_ORDERS: Final = ("face", "face_id")
_BOXES: Final = (
    ("box_x", "box_y", "box_w", "box_h"),
    ("facerectx", "facerecty", "facerectwidth", "facerectheight"),
    ("region.x", "region.y", "region.w", "region.h"),
    ("region_x", "region_y", "region_w", "region_h"),
)
_BOX_TEXTS: Final = ("box", "region", "bbox", "face_box")
# Of the picture: OpenFace's X_0 and Y_0 are millimetres in space.
_LANDMARK_X: Final = re.compile(r"x_\d+")
_LANDMARK_Y: Final = re.compile(r"y_\d+")
# deepface's nested `emotion` becomes emotion.angry or emotion_angry when flattened.
_NESTED: Final = re.compile(r"^emotion[._]")
_FACE_NUMBER: Final = re.compile(r"(?:box|angry|disgust|fear|happy|sad|surprise|neutral)(\d+)")


@dataclass(frozen=True, kw_only=True)
class FaceColumns:
    """The file's names of the columns of one face: an empty tuple or None where there are none.

    emotions: of the seven probabilities, in the order of EMOTIONS. label: of one word for
    the emotion. box: of left, top, width, height. box_text: of all four in one cell.
    landmarks: of x and of y coordinates. success: 1 where there is a face. order: of the
    face's number in its frame.
    """

    emotions: tuple[str, ...]
    label: str | None
    box: tuple[str, ...]
    box_text: str | None
    landmarks: tuple[tuple[str, ...], tuple[str, ...]]
    success: str | None
    order: str | None

    @property
    def names(self) -> list[str]:
        """All of these columns, each once."""
        single = (self.label, self.box_text, self.success, self.order)
        found = [*self.emotions, *self.box, *self.landmarks[0], *self.landmarks[1]]
        return list(dict.fromkeys([*found, *(one for one in single if one is not None)]))


@dataclass(frozen=True, kw_only=True)
class ForeignColumns:
    """The columns of a table with one row per face, or of one with several faces to a row."""

    video: str | None
    frame: str | None
    time: str | None
    faces: tuple[FaceColumns, ...]

    @property
    def tells_emotions(self) -> bool:
        """Whether there is more to compare than where faces are."""
        return any(face.emotions or face.label for face in self.faces)


def find_columns(columns: Sequence[str]) -> ForeignColumns | None:
    """Return what columns of these names hold; None if they are no table of faces.

    Told from the names alone, so that columns that were added, left out or moved do not
    matter: the layouts of py-feat 1 and 2, OpenFace 2 and 3, fer, deepface (flattened),
    LibreFace, and vidfer's own.
    """
    plain = {name.strip().casefold(): name for name in reversed(columns)}
    numbers = sorted({int(match[1]) for match in map(_FACE_NUMBER.fullmatch, plain) if match})
    numbered = tuple(_numbered(plain, number) for number in numbers)
    faces = numbered or (_single(plain, columns),)
    if not any(_tells(face) for face in faces):
        return None
    return ForeignColumns(
        video=_first(plain, _VIDEOS),
        frame=_first(plain, _FRAMES),
        time=_first(plain, _TIMES),
        faces=faces,
    )


def _tells(face: FaceColumns) -> bool:
    return bool(face.emotions or face.label or face.box or face.success)


def _single(plain: dict[str, str], columns: Sequence[str]) -> FaceColumns:
    box = next((names for names in _BOXES if all(name in plain for name in names)), ())
    landmarks = [
        tuple(name for name in columns if kind.fullmatch(name.strip()))
        for kind in (_LANDMARK_X, _LANDMARK_Y)
    ]
    emotions = _emotions(plain)
    label = _first(plain, _LABELS)
    return FaceColumns(
        emotions=emotions,
        label=label,
        box=tuple(plain[name] for name in box),
        box_text=_first(plain, _BOX_TEXTS),
        landmarks=(landmarks[0], landmarks[1]),
        success=_first(plain, ("success",)),
        order=_first(plain, _ORDERS),
    )


def _numbered(plain: dict[str, str], number: int) -> FaceColumns:
    """Return the columns of one of several faces of a row, as `fer` writes them."""
    names = [f"{name}{number}" for name in EMOTIONS]
    return FaceColumns(
        emotions=tuple(plain[name] for name in names) if all(n in plain for n in names) else (),
        label=None,
        box=(),
        box_text=plain.get(f"box{number}"),
        landmarks=((), ()),
        success=None,
        order=None,
    )


def _emotions(plain: dict[str, str]) -> tuple[str, ...]:
    """Return the seven columns of probabilities in the order of EMOTIONS, or none."""
    found: dict[int, str] = {}
    for key, name in plain.items():
        word = _NESTED.sub("", key)
        emotion = None if word.isdigit() else emotion_of(word)
        if emotion is not None:
            found.setdefault(emotion, name)
    complete = len(found) == len(EMOTIONS)
    return tuple(found[index] for index in range(len(EMOTIONS))) if complete else ()


def _first(plain: dict[str, str], names: Sequence[str]) -> str | None:
    return next((plain[name] for name in names if name in plain), None)
