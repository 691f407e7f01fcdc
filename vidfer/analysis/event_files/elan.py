"""Events in ELAN's annotation files (.eaf): each annotation of each tier is one."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import NoReturn
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from vidfer.analysis.event_files.event import Event
from vidfer.analysis.text_file import read_text
from vidfer.errors import UsageError


def read_elan_events(path: Path) -> list[Event]:
    """Return the annotations of an ELAN file as events, with their tiers.

    The video is the file name of the first medium that the file links to, whose shift
    against the annotations (TIME_ORIGIN) counts; None where it links to none. Annotations
    that refer to others take their time; those without a text are left out.

    Raises:
        UsageError: it cannot be read, or is no ELAN file.
    """
    document = _parsed(path)
    if document.tag != "ANNOTATION_DOCUMENT":
        raise UsageError(f"{path} is no ELAN file: it begins with <{document.tag}>.")
    medium = _first_medium(path, document)
    stretches = _stretches(path, document, _slot_times_s(path, document))
    return [
        Event(
            medium.video,
            stretches[one.number][0] + medium.origin_s,
            stretches[one.number][1] + medium.origin_s,
            one.text,
            one.tier,
            f"annotation {one.number} of tier {one.tier}",
        )
        for one in _annotations(document)
        if one.text and one.number in stretches
    ]


def _parsed(path: Path) -> Element:
    """Build the tree without document types, so that nothing is expanded or fetched."""
    builder = TreeBuilder()
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data

    def refuse(*_: object) -> NoReturn:
        raise UsageError(f"{path} has a document type, which no ELAN file has: it is not read.")

    parser.StartDoctypeDeclHandler = refuse
    text = read_text(path)
    try:
        # The text is decoded already, whatever encoding its first line claims.
        parser.Parse(text.encode("utf-8"), True)
    except expat.ExpatError as error:
        raise UsageError(f"{path} is no ELAN file: {error}.") from error
    return builder.close()


@dataclass(frozen=True)
class _Medium:
    video: str | None
    origin_s: float


def _first_medium(path: Path, document: Element) -> _Medium:
    media = list(document.iter("MEDIA_DESCRIPTOR"))
    pictures = [one for one in media if one.get("MIME_TYPE", "").startswith("video")] or media
    for one in pictures:
        url = one.get("RELATIVE_MEDIA_URL") or one.get("MEDIA_URL") or ""
        name = PurePosixPath(unquote(urlsplit(url.replace("\\", "/")).path)).name
        if name:
            return _Medium(name, _seconds(path, one.get("TIME_ORIGIN") or "0"))
    return _Medium(None, 0.0)


def _slot_times_s(path: Path, document: Element) -> dict[str, float]:
    """Return the time of each slot; slots without one lie evenly between those around them."""
    slots = [
        (one.get("TIME_SLOT_ID", ""), one.get("TIME_VALUE")) for one in document.iter("TIME_SLOT")
    ]
    times = [None if value is None else _seconds(path, value) for _, value in slots]
    known = [place for place, time in enumerate(times) if time is not None]
    found = {slots[place][0]: times[place] or 0.0 for place in known}
    for left, right in pairwise(known):
        start_s, end_s = times[left] or 0.0, times[right] or 0.0
        for place in range(left + 1, right):
            share = (place - left) / (right - left)
            found[slots[place][0]] = start_s + share * (end_s - start_s)
    return found


def _seconds(path: Path, milliseconds: str) -> float:
    try:
        return int(milliseconds) / 1000
    except ValueError as error:
        raise UsageError(
            f"{path} has the time {milliseconds!r}, which is no whole number of milliseconds."
        ) from error


@dataclass(frozen=True)
class _Annotation:
    number: str
    tier: str
    text: str


def _annotations(document: Element) -> Iterator[_Annotation]:
    for tier in document.iter("TIER"):
        for kind in ("ALIGNABLE_ANNOTATION", "REF_ANNOTATION"):
            for one in tier.iter(kind):
                text = " ".join((one.findtext("ANNOTATION_VALUE") or "").split())
                yield _Annotation(one.get("ANNOTATION_ID", ""), tier.get("TIER_ID", ""), text)


def _stretches(
    path: Path, document: Element, slots: dict[str, float]
) -> dict[str, tuple[float, float]]:
    """Return start and end of each annotation in seconds, by its number."""
    found = {}
    for one in document.iter("ALIGNABLE_ANNOTATION"):
        ends = [slots.get(one.get(key, "")) for key in ("TIME_SLOT_REF1", "TIME_SLOT_REF2")]
        if ends[0] is None or ends[1] is None:
            raise UsageError(f"{path}: annotation {one.get('ANNOTATION_ID')} has no time.")
        found[one.get("ANNOTATION_ID", "")] = (ends[0], ends[1])
    parents = {
        one.get("ANNOTATION_ID", ""): one.get("ANNOTATION_REF", "")
        for one in document.iter("REF_ANNOTATION")
    }
    for number in parents:
        ancestor, seen = number, set[str]()
        while ancestor in parents and ancestor not in seen:
            seen.add(ancestor)
            ancestor = parents[ancestor]
        if ancestor not in found:
            raise UsageError(f"{path}: annotation {number} refers to none that has a time.")
        found[number] = found[ancestor]
    return found
