"""Boxes, tracks, probabilities and time drawn on pictures."""

from typing import Final

from PIL import Image, ImageDraw

from vidfer.emotions import EMOTIONS
from vidfer.rendering.face_rows import FaceMark, FaceRows
from vidfer.rendering.layout import Page, Rectangle, sides_of
from vidfer.rendering.pens import (
    BLACK,
    COLOURS,
    REST,
    SHADE,
    WHITE,
    face_type_px,
    font,
    ink_on,
    line_px,
    page_type_px,
    width_px,
)

# A panel with names that would lie on other faces and labels by more than this part of it
# gives way to one with bars only.
_MOST_HIDDEN: Final = 0.25

# Bars without names: their height as a part of the type that they stand for, their length
# as one of the face's width.
_THIN: Final = 0.4
_SHORT: Final = 0.6

# The length of a bar of probability 1, as a part of the longest name's.
_BAR_PER_NAME: Final = 1.3

_SIDES: Final = ("right", "left", "below", "above", "inside")

# What part of a side of the box is drawn where the face does not pass the quality gate.
_CORNER: Final = 0.25


class Annotator:
    """Draws what the timeline says; counts the frames with faces."""

    frames_hidden: Final = 0

    def __init__(self, rows: FaceRows) -> None:
        self._rows = rows
        self._sides: dict[int, str] = {}
        self.frames_with_face = 0

    def paint(self, picture: Image.Image, *, frame: int, time_s: float, rows: slice) -> Image.Image:
        """Return the picture with all faces of its rows, and its time."""
        analysed = rows.start < rows.stop
        # Boxes that come and go with the analysed frames could not be looked at.
        marks = self._rows.marks(rows) if analysed else self._rows.marks_between(rows, time_s)
        self.frames_with_face += bool(marks)
        draw = ImageDraw.Draw(picture, "RGBA")
        boxes = [_rectangle(mark) for mark in marks]
        page = Page(picture.size, boxes)
        _draw_time(draw, page, frame=frame, time_s=time_s, analysed=analysed)
        for mark, box in zip(marks, boxes):
            _draw_box(draw, mark, box, size_px=picture.size)
        for mark, box in zip(marks, boxes):
            _draw_name(draw, page, mark, box)
        sides: dict[int, str] = {}
        for mark, box in zip(marks, boxes):
            side = _draw_bars(draw, page, mark, box, last=self._sides.get(mark.track))
            if side is not None:
                sides[mark.track] = side
        self._sides = sides
        return picture


def _rectangle(mark: FaceMark) -> Rectangle:
    x, y, width, height = mark.box_px
    return Rectangle(round(x), round(y), round(x + width), round(y + height))


def _draw_time(
    draw: ImageDraw.ImageDraw, page: Page, *, frame: int, time_s: float, analysed: bool
) -> None:
    type_px = page_type_px(page.size_px)
    missing = [] if analysed else ["not analysed"]
    # What matters most comes first: the rest is left out where there is no room for it.
    words = [f"{time_s:.3f} s", *missing, f"frame {frame}"]
    while words:
        text = "   ".join(words)
        width, height = width_px(text, type_px) + type_px, line_px(type_px)
        if page.has_room_for(width, height):
            bottom = page.size_px[1]
            place = Rectangle(0, bottom - height, width, bottom)
            _draw_label(draw, place, text, type_px, paper=SHADE, ink=WHITE)
            page.take(place)
            return
        words.pop()


def _draw_box(
    draw: ImageDraw.ImageDraw, mark: FaceMark, box: Rectangle, *, size_px: tuple[int, int]
) -> None:
    thick = max(1, face_type_px(size_px, box.right - box.left) // 6)
    colour = COLOURS[mark.emotion]
    lines = _sides_of_box(box) if mark.usable else _corners_of_box(box)
    for margin, ink in ((1, BLACK), (0, colour)):
        for left, top, right, bottom in lines:
            # A dark edge keeps every colour apart from a background of the same.
            draw.rectangle(
                (
                    left - margin - thick // 2,
                    top - margin - thick // 2,
                    right + margin + (thick - 1) // 2,
                    bottom + margin + (thick - 1) // 2,
                ),
                fill=ink,
            )


def _sides_of_box(box: Rectangle) -> list[tuple[int, int, int, int]]:
    left, top, right, bottom = box
    return [
        (left, top, right, top),
        (left, bottom, right, bottom),
        (left, top, left, bottom),
        (right, top, right, bottom),
    ]


def _corners_of_box(box: Rectangle) -> list[tuple[int, int, int, int]]:
    left, top, right, bottom = box
    width, height = round(_CORNER * (right - left)), round(_CORNER * (bottom - top))
    return [
        line
        for y in (top, bottom)
        for line in ((left, y, left + width, y), (right - width, y, right, y))
    ] + [
        line
        for x in (left, right)
        for line in ((x, top, x, top + height), (x, bottom - height, x, bottom))
    ]


def _draw_name(draw: ImageDraw.ImageDraw, page: Page, mark: FaceMark, box: Rectangle) -> None:
    """Draw track, emotion and its probability, as much of them as there is room for."""
    type_px = face_type_px(page.size_px, box.right - box.left)
    colour = COLOURS[mark.emotion]
    for text in (f"{mark.track} {mark.emotion} {mark.confidence:.0%}", str(mark.track)):
        width, height = width_px(text, type_px) + type_px // 2, line_px(type_px)
        if page.has_room_for(width, height):
            places = sides_of(box, width, height, gap=1, order=("above", "below"))
            # Within the box at its top: where it reaches beyond the picture.
            places["top"] = Rectangle(box.left, box.top, box.left + width, box.top + height)
            _, place, _ = page.best(places)
            _draw_label(draw, place, text, type_px, paper=colour, ink=ink_on(colour))
            page.take(place)
            return


def _draw_label(
    draw: ImageDraw.ImageDraw,
    place: Rectangle,
    text: str,
    type_px: int,
    *,
    paper: tuple[int, ...],
    ink: tuple[int, ...],
) -> None:
    draw.rectangle((place.left, place.top, place.right - 1, place.bottom - 1), fill=paper)
    middle = ((place.left + place.right) / 2, (place.top + place.bottom) / 2)
    draw.text(middle, text, font=font(type_px), fill=ink, anchor="mm")


def _draw_bars(
    draw: ImageDraw.ImageDraw, page: Page, mark: FaceMark, box: Rectangle, *, last: str | None
) -> str | None:
    """Draw the seven probabilities beside a face; return on which side, None without room."""
    type_px = round(0.85 * face_type_px(page.size_px, box.right - box.left))
    names_px = max(width_px(name, type_px) for name in EMOTIONS)
    full_px = round(_BAR_PER_NAME * names_px)
    short_px = min(full_px, max(type_px, round(_SHORT * (box.right - box.left))))
    for line, label_px, bar_px in (
        (line_px(type_px), names_px, full_px),
        (max(2, round(_THIN * type_px)), 0, short_px),
    ):
        pad = max(1, type_px // 4)
        width = label_px + bar_px + (3 if label_px else 2) * pad
        height = len(EMOTIONS) * line + 2 * pad
        if not page.has_room_for(width, height):
            continue
        places = sides_of(box, width, height, gap=max(2, type_px // 3), order=_SIDES)
        side, place, hidden = page.best(places, last=last)
        if label_px and hidden > _MOST_HIDDEN:
            continue
        _draw_panel(draw, place, mark, line=line, pad=pad, label_px=label_px, type_px=type_px)
        page.take(place)
        return side
    return None


def _draw_panel(
    draw: ImageDraw.ImageDraw,
    place: Rectangle,
    mark: FaceMark,
    *,
    line: int,
    pad: int,
    label_px: int,
    type_px: int,
) -> None:
    draw.rectangle((place.left, place.top, place.right - 1, place.bottom - 1), fill=SHADE)
    start = place.left + pad + (label_px + pad if label_px else 0)
    room = place.right - pad - start
    for row, (name, probability) in enumerate(zip(EMOTIONS, mark.probabilities.tolist())):
        top = place.top + pad + row * line
        if label_px:
            middle = top + line / 2
            draw.text((start - pad, middle), name, font=font(type_px), fill=WHITE, anchor="rm")
        length = round(probability * room)
        upper, lower = top + line // 6, max(top + line // 6, top + line - line // 6 - 1)
        if length > 0:
            draw.rectangle((start, upper, start + length - 1, lower), fill=COLOURS[name])
        if length < room:
            draw.rectangle((start + length, upper, start + room - 1, lower), fill=REST)
