"""ELAN's annotation format, EAF 3.0: a tier per track, the video linked.

Source: https://www.mpi.nl/tools/elan/EAF_Annotation_Format_3.0_and_ELAN.pdf.
"""

import mimetypes
import os
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from vidfer.exporting.episode_list import Episode, tiers_of
from vidfer.exporting.format import EpisodeFormat
from vidfer.exporting.recording import Recording
from vidfer.exporting.xml_text import xml_text

_TIER_TYPE: Final = "default-lt"
_INSTANCE: Final = "http://www.w3.org/2001/XMLSchema-instance"
_SCHEMA: Final = "http://www.mpi.nl/tools/elan/EAFv3.0.xsd"

# The format demands a date; where nobody knows one, it is this.
_NO_DATE: Final = "1970-01-01T00:00:00+00:00"


def _write(recording: Recording, listed: list[Episode], file: Path) -> None:
    document = Element(
        "ANNOTATION_DOCUMENT",
        {
            "AUTHOR": "vidfer",
            "DATE": recording.created or _NO_DATE,
            "FORMAT": "3.0",
            "VERSION": "3.0",
            "xmlns:xsi": _INSTANCE,
            "xsi:noNamespaceSchemaLocation": _SCHEMA,
        },
    )
    header = SubElement(document, "HEADER", MEDIA_FILE="", TIME_UNITS="milliseconds")
    if recording.path is not None:
        SubElement(header, "MEDIA_DESCRIPTOR", _media(recording.path, file.parent))
    # ELAN numbers what it adds from here on.
    SubElement(header, "PROPERTY", NAME="lastUsedAnnotationId").text = str(2 * len(listed))
    slots = _add_time_slots(document, listed)
    for name, lane in tiers_of(listed).items():
        _add_tier(document, name, lane, slots)
    SubElement(
        document,
        "LINGUISTIC_TYPE",
        GRAPHIC_REFERENCES="false",
        LINGUISTIC_TYPE_ID=_TIER_TYPE,
        TIME_ALIGNABLE="true",
    )
    indent(document)
    ElementTree(document).write(file, encoding="UTF-8", xml_declaration=True)


def _media(path: str, folder: Path) -> dict[str, str]:
    """Return the link to the video: ELAN tries the absolute place, then the relative one."""
    below = os.path.relpath(path, os.path.abspath(folder))
    return {
        # ELAN itself leaves spaces and other signs as they are.
        "MEDIA_URL": xml_text(f"file://{path}"),
        "MIME_TYPE": mimetypes.guess_type(Path(path).name)[0] or "unknown",
        "RELATIVE_MEDIA_URL": xml_text(below if below.startswith("..") else f"./{below}"),
    }


def _add_time_slots(document: Element, listed: list[Episode]) -> dict[Episode, tuple[int, int]]:
    """Add two slots per episode, by time; return their numbers by episode.

    None is shared: an annotation that is moved in ELAN must not take another one along.
    """
    ends = [(one.onset_ms, 0, place) for place, one in enumerate(listed)]
    ends += [(one.offset_ms, 1, place) for place, one in enumerate(listed)]
    order = SubElement(document, "TIME_ORDER")
    numbers = [[0, 0] for _ in listed]
    for number, (time_ms, end, place) in enumerate(sorted(ends), start=1):
        numbers[place][end] = number
        SubElement(order, "TIME_SLOT", TIME_SLOT_ID=f"ts{number}", TIME_VALUE=str(time_ms))
    return {one: (onset, offset) for one, (onset, offset) in zip(listed, numbers)}


def _add_tier(
    document: Element, name: str, lane: list[Episode], slots: dict[Episode, tuple[int, int]]
) -> None:
    tier = SubElement(
        document,
        "TIER",
        ANNOTATOR="vidfer",
        LINGUISTIC_TYPE_REF=_TIER_TYPE,
        PARTICIPANT=f"track {lane[0].track}",
        TIER_ID=name,
    )
    for one in lane:
        onset, offset = slots[one]
        annotation = SubElement(
            SubElement(tier, "ANNOTATION"),
            "ALIGNABLE_ANNOTATION",
            # Whichever slot an episode begins at is its alone.
            ANNOTATION_ID=f"a{onset}",
            TIME_SLOT_REF1=f"ts{onset}",
            TIME_SLOT_REF2=f"ts{offset}",
        )
        SubElement(annotation, "ANNOTATION_VALUE").text = one.emotion


FORMAT: Final = EpisodeFormat(".eaf", _write)
