"""`vidfer report`: its files, names and figures; a browser is asked about its looks elsewhere."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

import vidfer
from tests.outputs import flip_a_bit
from tests.reporting.made_results import HOSTILE, Made, write_results
from vidfer.cli import main
from vidfer.emotions import EMOTIONS
from vidfer.errors import UsageError
from vidfer.reporting.document import json_for_html

ASSETS = Path(vidfer.__file__).parent / "reporting" / "assets"


def data_of(page: Path) -> dict:
    """Return what a page's scripts read."""
    text = page.read_text(encoding="utf-8")
    (data,) = re.findall(r'<script type="application/json" id="report-data">(.*?)</script>', text)
    return json.loads(data)


def test_one_video_gives_one_file(tmp_path):
    output = write_results(tmp_path / "results", [Made("one.mp4")])
    written = vidfer.report(output, to=tmp_path / "out" / "report.html")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["report.html"]
    assert written.as_dict() == {
        "path": str(tmp_path / "out" / "report.html"),
        "pages": 1,
        "videos": 1,
        "failed": 0,
        "flagged": 0,
        "size_bytes": written.path.stat().st_size,
    }


def test_many_videos_give_an_index_and_a_page_each_that_name_each_other(tmp_path):
    output = write_results(tmp_path / "results", [Made("a/x.mp4"), Made("b/x.mp4")])
    written = vidfer.report(output, to=tmp_path / "report.html")
    pages = sorted((tmp_path / "report_pages").iterdir())
    assert (written.pages, len(pages)) == (2, 2)
    named = data_of(written.path)["videos"]["page"]
    assert sorted(tmp_path / name for name in named) == pages
    first, second = (data_of(tmp_path / name)["links"] for name in named)
    assert first == {"index": "../report.html", "previous": None, "next": Path(named[1]).name}
    assert second["previous"] == Path(named[0]).name


def test_a_folder_takes_index_and_pages(tmp_path):
    output = write_results(tmp_path / "results", [Made("a.mp4"), Made("b.mp4")])
    written = vidfer.report(output, to=tmp_path / "site")
    assert written.path == tmp_path / "site" / "index.html"
    assert len(list((tmp_path / "site" / "pages").iterdir())) == 2


def test_the_index_can_stand_alone(tmp_path):
    output = write_results(tmp_path / "results", [Made("a.mp4"), Made("b.mp4")])
    written = vidfer.report(output, to=tmp_path / "report.html", pages=False)
    assert not (tmp_path / "report_pages").exists()
    assert data_of(written.path)["videos"]["page"] == [None, None]


def test_pages_of_videos_that_are_gone_are_removed_and_nothing_else(tmp_path):
    output = write_results(tmp_path / "results", [Made("a.mp4"), Made("b.mp4"), Made("c.mp4")])
    vidfer.report(output, to=tmp_path / "report.html")
    foreign = tmp_path / "report_pages" / "mine-0123456789ab.html"
    foreign.write_text("<p>mine</p>")
    vidfer.report(output, to=tmp_path / "report.html", videos=["a.mp4", "b.mp4"])
    names = sorted(path.name for path in (tmp_path / "report_pages").iterdir())
    assert [name.rsplit("-", 1)[0] for name in names] == ["a-mp4", "b-mp4", "mine"]


def test_a_failed_video_has_its_sentence_and_no_page(tmp_path):
    broken = Made("broken.mp4", status="failed", error="It is cut short.")
    output = write_results(tmp_path / "results", [Made("a.mp4"), broken])
    written = vidfer.report(output, to=tmp_path / "report.html")
    data = data_of(written.path)
    assert (written.failed, written.pages) == (1, 1)
    assert data["videos"]["page"][1] is None
    assert ["failed", "It is cut short."] in data["sentences"]


def test_missing_and_damaged_timelines_are_said_and_the_others_are_reported(tmp_path):
    output = write_results(tmp_path / "results", [Made("a.mp4"), Made("b.mp4"), Made("c.mp4")])
    (output / "timeline" / "a.mp4.parquet").unlink()
    flip_a_bit(output / "timeline" / "b.mp4.parquet")
    written = vidfer.report(output, to=tmp_path / "report.html")
    assert (written.failed, written.pages) == (2, 1)
    (missing,), (damaged,), none = data_of(written.path)["videos"]["cautions"]
    sentences = data_of(written.path)["sentences"]
    assert "is missing: 'vidfer verify' tells" in sentences[missing][1]
    assert "b.mp4.parquet" in sentences[damaged][1]
    assert none == []


def test_the_only_timeline_being_damaged_is_said_in_an_index(tmp_path):
    output = write_results(tmp_path / "results", [Made("a.mp4")])
    flip_a_bit(output / "timeline" / "a.mp4.parquet")
    written = vidfer.report(output, to=tmp_path / "report.html")
    assert data_of(written.path)["videos"]["video"] == ["a.mp4"]


def test_hostile_names_are_never_markup(tmp_path):
    output = write_results(tmp_path / "results", [Made(HOSTILE), Made("b.mp4")])
    written = vidfer.report(output, to=tmp_path / "report.html")
    for page in (written.path, *(tmp_path / "report_pages").iterdir()):
        text = page.read_text(encoding="utf-8")
        assert text.count("</script>") == 3
        assert "<img" not in text
        assert re.fullmatch(r"[\w.-]+", page.name)
    assert HOSTILE in data_of(written.path)["videos"]["video"]


def test_data_cannot_end_its_own_element():
    text = json_for_html({"a": "</script><!--\u2028&"})
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == {"a": "</script><!--\u2028&"}


def test_the_policy_names_the_scripts_of_the_page_and_no_host(tmp_path):
    output = write_results(tmp_path / "results", [Made("one.mp4")])
    text = vidfer.report(output, to=tmp_path / "report.html").path.read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)[1]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert "http" not in policy
    outside = re.findall(r'(?:src|href)="(?!data:)[^"]*"', text.split("<script")[0])
    assert outside == []


def test_a_page_names_its_video_relative_to_itself(tmp_path):
    sources = tmp_path / "my videos"
    sources.mkdir()
    (sources / "a#1?.mp4").write_bytes(b"")
    output = write_results(tmp_path / "results", [Made("a#1?.mp4")], folder=sources)
    written = vidfer.report(output, to=tmp_path / "out" / "report.html")
    urls = data_of(written.path)["urls"]
    assert urls[0] == "../my%20videos/a%231%3F.mp4"
    assert urls[1] == (sources / "a#1?.mp4").as_uri()


def test_figures_are_those_of_summarize_and_episodes(tmp_path):
    output = write_results(tmp_path / "results", [Made("one.mp4", faces=2)])
    data = data_of(vidfer.report(output, to=tmp_path / "report.html").path)
    (summary,) = vidfer.summarize(output, by="video").to_dicts()
    assert data["summary"]["mean_happy"] == pytest.approx(summary["mean_happy"], abs=1e-4)
    found = vidfer.episodes(output).collect()
    assert len(data["episodes"]) == found.height > 0
    told = {(row[0], EMOTIONS[row[1]], row[2]) for row in data["episodes"]}
    rows = found.select("track", "emotion", pl.col("onset_s").round(3)).rows()
    assert told == set(rows)


def test_events_reach_the_pages_of_their_videos(tmp_path):
    output = write_results(tmp_path / "results", [Made("a.mp4"), Made("b.mp4")])
    events = tmp_path / "events.csv"
    events.write_text("video,start,end,label\na.mp4,1,2,question\n,0,1,both\n")
    vidfer.report(output, to=tmp_path / "report.html", events=events)
    told = {
        data_of(page)["video"]: data_of(page)["events"]
        for page in (tmp_path / "report_pages").iterdir()
    }
    assert told["a.mp4"] == [[0.0, 1.0, "both"], [1.0, 2.0, "question"]]
    assert told["b.mp4"] == [[0.0, 1.0, "both"]]


def test_an_empty_timeline_is_reported(tmp_path):
    output = write_results(
        tmp_path / "results", [Made("none.mp4", frames=0), Made("bare.mp4", faces=0)]
    )
    written = vidfer.report(output, to=tmp_path / "report.html")
    assert (written.pages, written.flagged) == (2, 2)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"videos": ["onee.mp4"]}, "onee.mp4.*not among the videos.*Did you mean one.mp4"),
        ({"videos": []}, "No video was chosen"),
        ({"smooth_s": 0.0}, "smooth_s|window_s"),
        ({"events": "missing.csv"}, "missing.csv"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(tmp_path, options, sentence):
    output = write_results(tmp_path / "results", [Made("one.mp4")])
    with pytest.raises(UsageError, match=sentence):
        vidfer.report(output, to=tmp_path / "report.html", **options)
    assert not (tmp_path / "report.html").exists()


def test_a_folder_without_results_is_refused(tmp_path):
    with pytest.raises(UsageError, match="holds no results"):
        vidfer.report(tmp_path, to=tmp_path / "report.html")


def test_progress_is_told_video_by_video(tmp_path):
    output = write_results(tmp_path / "results", [Made("a.mp4"), Made("b.mp4")])
    told = []
    vidfer.report(output, to=tmp_path / "r.html", progress=lambda done, of: told.append((done, of)))
    assert told == [(1, 2), (2, 2)]


def test_the_command_writes_and_says_where(tmp_path):
    output = write_results(tmp_path / "results", [Made("a.mp4"), Made("b.mp4", usable=False)])
    to = tmp_path / "report.html"
    done = CliRunner().invoke(main, ["report", str(output), "-o", str(to), "--title", "Pilot"])
    assert done.exit_code == 0, done.output
    assert re.fullmatch(
        r"2 videos \(1 with warnings\), [\d.]+ MB: open .*report\.html\n", done.output
    )
    assert data_of(to)["title"] == "Pilot"
    wrong = CliRunner().invoke(main, ["report", str(tmp_path)])
    assert wrong.exit_code == 2
    assert "holds no results" in wrong.output


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node on this machine")
@pytest.mark.parametrize("script", sorted(path.name for path in ASSETS.glob("*.js")))
def test_scripts_are_valid_and_short(script):
    path = ASSETS / script
    subprocess.run(["node", "--check", path], check=True, timeout=60)
    assert len(path.read_text(encoding="utf-8").splitlines()) < 300


def test_no_script_makes_markup_of_text():
    for path in ASSETS.glob("*.js"):
        if path.name != "uplot.min.js":
            forbidden = (
                r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function"
            )
            assert not re.search(forbidden, path.read_text(encoding="utf-8")), path.name
