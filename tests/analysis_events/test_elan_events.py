"""ELAN's annotation files are read as events, checked against files that pympi writes."""

import pytest

import vidfer
from vidfer.errors import UsageError

EAF = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT>
  <HEADER TIME_UNITS="milliseconds">
    <MEDIA_DESCRIPTOR MEDIA_URL="file:///C:/films/my%20film.mp4" MIME_TYPE="video/mp4" {origin}/>
  </HEADER>
  <TIME_ORDER>
    <TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="1000"/>
    <TIME_SLOT TIME_SLOT_ID="ts2"/>
    <TIME_SLOT TIME_SLOT_ID="ts3" TIME_VALUE="3000"/>
  </TIME_ORDER>
  <TIER TIER_ID="face">
    <ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2">
      <ANNOTATION_VALUE>happy</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
    <ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a2" TIME_SLOT_REF1="ts2" TIME_SLOT_REF2="ts3">
      <ANNOTATION_VALUE/></ALIGNABLE_ANNOTATION></ANNOTATION>
  </TIER>
  <TIER TIER_ID="note">
    <ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a3" ANNOTATION_REF="{parent}">
      <ANNOTATION_VALUE>broad</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>
  </TIER>
</ANNOTATION_DOCUMENT>
"""


def written(tmp_path, text: str):
    path = tmp_path / "a.eaf"
    path.write_text(text, encoding="utf-8")
    return path


def test_annotations_of_all_tiers_are_events_of_the_linked_video(tmp_path):
    events = vidfer.read_events(written(tmp_path, EAF.format(origin="", parent="a1")))
    assert events.rows() == [
        ("my film.mp4", 1.0, 2.0, "happy", "face"),
        ("my film.mp4", 1.0, 2.0, "broad", "note"),
    ]


def test_the_shift_of_the_video_against_the_annotations_counts(tmp_path):
    text = EAF.format(origin='TIME_ORIGIN="500"', parent="a1")
    assert vidfer.read_events(written(tmp_path, text))["start_s"].to_list() == [1.5, 1.5]


def test_what_pympi_writes_is_read(tmp_path):
    elan = pytest.importorskip("pympi.Elan")
    document = elan.Eaf()
    document.add_linked_file("film.mp4", mimetype="video/mp4")
    document.add_tier("coder 1")
    document.add_tier("coder 2")
    document.add_annotation("coder 1", 250, 1750, "smile & <wink>")
    document.add_annotation("coder 2", 0, 40, "glad")
    document.to_file(str(tmp_path / "b.eaf"))
    events = vidfer.read_events(tmp_path / "b.eaf")
    assert events.rows() == [
        ("film.mp4", 0.25, 1.75, "smile & <wink>", "coder 1"),
        ("film.mp4", 0.0, 0.04, "glad", "coder 2"),
    ]


BOMB = '<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c SYSTEM "file:///etc/hostname">]>'
WHOLE = EAF.format(origin="", parent="a1")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("<a>", "is no ELAN file"),
        ("<html/>", "begins with <html>"),
        ("<ANNOTATION_DOCUMENT/>", "holds no events"),
        (WHOLE.replace("<ANNOTATION_DOC", f"{BOMB}<ANNOTATION_DOC", 1), "has a document type"),
        (EAF.format(origin="", parent="a9"), "a3 refers to none that has a time"),
        (EAF.format(origin="", parent="a3"), "a3 refers to none that has a time"),
        (WHOLE.replace('"3000"', '"soon"'), "'soon', which is no whole number"),
        (WHOLE.replace('REF2="ts2"', 'REF2="ts7"'), "a1 has no time"),
        (WHOLE.replace('"1000"', '"9000"'), "annotation a1 of tier face: 'happy' ends before"),
    ],
)
def test_files_that_are_none_are_refused_in_one_sentence(tmp_path, text, sentence):
    with pytest.raises(UsageError, match=sentence):
        vidfer.read_events(written(tmp_path, text))
