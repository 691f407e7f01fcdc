"""Events are read from the files that people have, or refused in one sentence."""

import polars as pl
import pytest

import vidfer
from vidfer.analysis.events import EVENT_SCHEMA
from vidfer.errors import UsageError

CSV = "video,start,end,label\na.mp4,0.5,2,advert\n,00:01:02.5,1:03,pause\n"


def events_in(tmp_path, text: str | bytes, name: str = "events.csv") -> pl.DataFrame:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return vidfer.read_events(path)


def spans(events: pl.DataFrame) -> list[tuple]:
    return events.select("video", "start_s", "end_s", "label").rows()


EXPECTED = [("a.mp4", 0.5, 2.0, "advert"), (None, 62.5, 63.0, "pause")]


def test_a_csv_has_a_line_per_event_and_no_video_means_every_video(tmp_path):
    events = events_in(tmp_path, CSV)
    assert events.schema == EVENT_SCHEMA
    assert spans(events) == EXPECTED


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + CSV.encode(),
        CSV.replace("\n", "\r\n").encode(),
        CSV.replace("\n", "\r").encode(),
        CSV.replace(",", ";").encode(),
        CSV.replace(",", "\t").encode(),
        CSV.encode("utf-16"),
        CSV.replace(".5", ",5").replace("video,start,end,label", "video;start;end;label")
        .replace("a.mp4,0,5,2,advert", "a.mp4;0,5;2;advert")
        .replace(",00:01:02,5,1:03,pause", ";00:01:02,5;1:03;pause").encode(),
        (CSV + "\n,,,\n").encode(),
    ],
    ids=["mark", "windows", "old mac", "semicolons", "tabs", "utf-16", "commas", "blank"],
)  # fmt: skip
def test_marks_line_ends_separators_and_decimal_commas_are_told_apart(tmp_path, content):
    assert spans(events_in(tmp_path, content)) == EXPECTED


@pytest.mark.parametrize(
    ("header", "line"),
    [
        ("File,Onset,Offset,Event", "a.mp4,1,3,x"),
        ("video,start_s,duration_s,label", "a.mp4,1,2,x"),
        ("video,start_ms,end_ms,label", "a.mp4,1000,3000,x"),
        ("onset,duration,trial_type,video", "1,2,x,a.mp4"),
        ("Media file name,Behavior,Start (s),Stop (s)", "a.mp4,x,1,3"),
        ("video,label,Begin Time - hh:mm:ss.ms,End Time - hh:mm:ss.ms", "a.mp4,x,0:00:01,0:00:03"),
        ("video,label,Begin Time - ss.msec,End Time - ss.msec", "a.mp4,x,1.0,3.0"),
        ("video,label,Begin Time - msec,End Time - msec", "a.mp4,x,1000,3000"),
    ],
)
def test_columns_may_have_the_names_that_other_programs_give_them(tmp_path, header, line):
    assert spans(events_in(tmp_path, f"{header}\n{line}\n")) == [("a.mp4", 1.0, 3.0, "x")]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty"),
        ("\n \n", "is empty"),
        ("video,start,end,label\n", "holds no events"),
        ("video,start,label\na,1,x\n", r"no column end \(or duration\)"),
        ("video,end,label\na,1,x\n", "no column start"),
        ("a,b\n1,2\n", "no column start, no column label"),
        ("video,start,end,label\na,soon,2,x\n", "line 2: start is 'soon', which is no time"),
        ("video,start,end,label\na,1,,x\n", "line 2: end is ''"),
        ("video,start,end,label\na,-1,2,x\n", "'-1', which is no time"),
        ("video,start,end,label\na,nan,2,x\n", "'nan', which is no time"),
        ("video,start,end,label\na,1:75,200,x\n", "'1:75', which is no time"),
        ("video,start,end,label\na,2,1,x\n", "line 2: 'x' ends before it starts"),
        ("video,start,end,label\na,2,2,x\n", "line 2: 'x' has no duration"),
        ("video,start,end,label\na,1,2,\n", "line 2, has no label"),
        ("video,start,end,label\na,1,2,x,y\n", "line 2, has 5 cells for 4 columns"),
        (b"video,start,end,label\na,1,2,\xff\n", "is not UTF-8"),
        (b"\x00\x01\x02", "is not text"),
    ],
)
def test_a_table_that_is_none_is_refused_in_one_sentence(tmp_path, text, sentence):
    with pytest.raises(UsageError, match=sentence):
        events_in(tmp_path, text)


def test_a_missing_file_an_unknown_ending_and_a_folder_without_files_are_refused(tmp_path):
    with pytest.raises(UsageError, match="is not there"):
        vidfer.read_events(tmp_path / "none.csv")
    with pytest.raises(UsageError, match=r"ends in none of \.csv"):
        events_in(tmp_path, "x", "events.docx")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="holds no file"):
        vidfer.read_events(tmp_path / "empty")


SRT = """1
00:00:01,000 --> 00:00:02,500
<i>First</i> {\\an8}line
second &amp; line

2
01:00:00,000 --> 01:00:01,000

3
00:00:02,000 --> 00:00:04,000
overlaps
"""

VTT = """WEBVTT - some title

NOTE
not a cue

STYLE
::cue { color: red }

intro
00:01.000 --> 00:02.500 align:start position:0%
First line
second &amp; line

01:00:02.000 --> 01:00:04.000
<v Anna>late
"""


@pytest.mark.parametrize("text", [SRT, "\ufeff" + SRT.replace("\n", "\r\n")])
def test_each_cue_with_a_text_of_a_subrip_file_is_an_event_of_every_video(tmp_path, text):
    assert spans(events_in(tmp_path, text, "talk.srt")) == [
        (None, 1.0, 2.5, "First line second & line"),
        (None, 2.0, 4.0, "overlaps"),
    ]


def test_webvtt_headers_notes_and_settings_are_no_events(tmp_path):
    assert spans(events_in(tmp_path, VTT, "talk.vtt")) == [
        (None, 1.0, 2.5, "First line second & line"),
        (None, 3602.0, 3604.0, "late"),
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty"),
        ("just text\n", "holds no cue"),
        ("1\n00:00:01,000 --> later\nx\n", "line 2: .* are no times"),
        ("1\n00:00:05,000 --> 00:00:01,000\nx\n", "cue at 0:00:05.000: 'x' ends before"),
    ],
)
def test_subtitles_that_are_none_are_refused_in_one_sentence(tmp_path, text, sentence):
    with pytest.raises(UsageError, match=sentence):
        events_in(tmp_path, text, "talk.srt")


def test_a_file_in_a_folder_is_about_the_video_of_its_name(tmp_path):
    events_in(tmp_path, SRT, "codes/day1/a.srt")
    events_in(tmp_path, CSV, "codes/b.csv")
    (tmp_path / "codes/silent.srt").touch()
    events = vidfer.read_events(tmp_path / "codes")
    assert events["video"].to_list() == ["a.mp4", "b", "day1/a", "day1/a"]
