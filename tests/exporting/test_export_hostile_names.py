"""Names of videos are text in every format, whatever they hold."""

import csv
import xml.etree.ElementTree as ET

import pandas as pd
import polars as pl
import pytest
import srt
import webvtt
from praatio import textgrid
from pympi import Eaf

import vidfer
from tests.exporting.scripted_timelines import happy, write_video
from vidfer.analysis.cell_text import cell_text
from vidfer.exporting.formats import FORMATS
from vidfer.exporting.xml_text import xml_text
from vidfer.video.inputs import printable

NAMES = {
    "formula": "=cmd|' /C calc'!A0.mp4",
    "formula after a blank": " =1+1.mp4",
    "plus": "+1.mp4",
    "minus": "-5JgFd.mp4",
    "at": "@SUM(A1).mp4",
    "wide formula": "＝1.mp4",
    "tab": "\t=1.mp4",
    "newline": "two\nlines\r\n\n3\n00:00:01,000 --> 00:00:02,000.mp4",
    "quotes": "she said \"no\", 'no'.mp4",
    "tags": "<script>alert(1)</script>&amp;]]>.mp4",
    "separators": "a;=1,b\t|c.mp4",
    "controls": "bell\x07escape\x1b[31m.mp4",
    "250 signs": "x" * 246 + ".mp4",
    "not utf-8": printable("b\udcff\udcfe.mp4"),
    "other scripts": "глава 1 – 第一章 😀.mp4",
}


@pytest.fixture(scope="module", params=NAMES, ids=list(NAMES))
def name(request):
    return NAMES[request.param]


@pytest.fixture(scope="module")
def files(name, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    write_video(folder / "out", name, [[happy()], [], [happy()]] * 10)
    to = folder / "to"
    return {f: vidfer.export(folder / "out", format=f, to=to, **_all_of(f))[0] for f in FORMATS}


def _all_of(format):
    return {"smooth_s": 0} if FORMATS[format].is_of_episodes else {}


def test_csv_gives_the_name_back_and_no_cell_begins_a_formula(files, name):
    with files["csv"].open(newline="", encoding="utf-8") as text:
        rows = list(csv.DictReader(text))
    assert len(rows) == 30
    assert {row["video"].removeprefix("./") for row in rows} == {name}
    for row in rows:
        texts = [row["video"], row["status"], row["emotion"]]
        assert not any(text.lstrip().startswith(tuple("=+-@＝＋－＠")) for text in texts)
    for table in (pd.read_csv(files["csv"]), pl.read_csv(files["csv"], glob=False).to_pandas()):
        assert len(table) == 30
        assert set(table["video"].str.removeprefix("./")) == {name}


def test_every_text_of_a_csv_with_names_is_quoted(files):
    for format in ("csv", "pyfeat"):
        text = files[format].read_text(encoding="utf-8")
        assert text.startswith('"')
        assert all(cell.startswith('"') for cell in text.partition("\n")[0].split(","))


def test_pyfeat_says_where_the_video_was(files, name):
    table = pd.read_csv(files["pyfeat"])
    assert len(table) == 30
    assert set(table["input"]) == {f"/videos/{name}"}


@pytest.mark.parametrize("format", ["openface", "fer", "deepface"])
def test_other_tables_hold_no_name_at_all(format, files):
    assert len(pd.read_csv(files[format])) == (20 if format == "fer" else 30)


def test_subtitles_and_textgrids_hold_no_name_at_all(files):
    (cue,) = srt.parse(files["srt"].read_text(encoding="utf-8"))
    assert cue.content == "track 0: happy 0.90"
    assert [cue.text for cue in webvtt.read(str(files["vtt"]))] == ["track 0: happy 0.90"]
    grid = textgrid.openTextgrid(str(files["textgrid"]), includeEmptyIntervals=False)
    assert grid.tierNames == ("track 0",)


def test_elan_links_the_name_as_text(files, name):
    document = ET.parse(files["elan"]).getroot()
    media = document.find("HEADER/MEDIA_DESCRIPTOR")
    assert media.get("MEDIA_URL") == xml_text(f"file:///videos/{name}")
    assert Eaf(str(files["elan"])).get_tier_names()


def test_only_what_begins_like_a_formula_is_changed():
    plain = ["a=1", "clip.mp4", "./a", "1-2", "", None]
    names = pl.DataFrame({"video": [*plain, "=1", "-a", " +1", "\n=1", "\tx"]})
    shown = names.select(cell_text(pl.col("video")))["video"].to_list()
    assert shown == [*plain, "./=1", "./-a", "./ +1", "./\n=1", "./\tx"]


def test_signs_that_xml_cannot_hold_become_escapes():
    assert xml_text("a\x00b\x1bc\ufffe\udc80") == "a\\x00b\\x1bc\\ufffe\\udc80"
    assert xml_text("tab\t newline\n é 😀") == "tab\t newline\n é 😀"
