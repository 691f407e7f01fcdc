"""What a run came to, as a notebook shows it."""

from html.parser import HTMLParser
from pathlib import Path

import pytest

from vidfer.outcome import AnalyzeOutcome
from vidfer.timeline.manifest import VideoResult

NASTY = "<script>alert(1)</script>\x1b[31m&\"'.mp4"


def outcome_of(*results):
    return AnalyzeOutcome(
        output=Path("<out>"), results=list(results), skipped=[], passed_over=0, wall_s=2.0
    )


def done(video="a.mp4"):
    return VideoResult(
        video=video,
        path=video,
        status="done",
        duration_s=4.04,
        frames_analysed=100,
        frames_with_face=50,
        usable_share=0.25,
        tracks=3,
    )


class Page(HTMLParser):
    """Collects the elements and the cells of a page."""

    def __init__(self, html):
        super().__init__()
        self.elements = set()
        self.rows = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.add(tag)
        assert not attrs
        if tag == "tr":
            self.rows.append([])
        elif tag in ("th", "td"):
            self.rows[-1].append("")

    def handle_data(self, data):
        if self.rows:
            self.rows[-1][-1] += data


def test_a_notebook_shows_a_row_per_video_failures_first():
    failed = VideoResult(video="b.mp4", path="b.mp4", status="failed", error="It is empty.")
    page = Page(outcome_of(done(), failed)._repr_html_())
    assert page.rows[0][:2] == ["video", "status"]
    assert page.rows[1] == ["b.mp4", "failed", "", "0", "", "", "0", "It is empty."]
    assert page.rows[2] == ["a.mp4", "done", "4.0", "100", "50.0%", "25.0%", "3", ""]


def test_names_stay_text():
    html = outcome_of(done(NASTY), VideoResult(video=NASTY, path="x", status="failed", error=NASTY))
    page = Page(html._repr_html_())
    assert page.elements == {"pre", "table", "tr", "th", "td"}
    assert page.rows[1][0] == NASTY.replace("\x1b", "\\x1b")


def test_long_tables_end_with_how_many_more_there_are():
    html = outcome_of(*(done(f"{k}.mp4") for k in range(1050)))._repr_html_()
    assert "and 1,000 more" in html
    assert html.count("<tr>") == 51


@pytest.mark.parametrize("status", ["done", "failed", "partial"])
def test_lists_by_status_are_tables_too(status):
    results = [VideoResult(video=s, path=s, status=s) for s in ("done", "failed", "partial")]
    found = getattr(outcome_of(*results), status)
    assert [r.video for r in found] == [status]
    assert Page(found._repr_html_()).rows[1][1] == status
