"""A headless Chromium, and pages of made-up results to open in it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import vidfer
from tests.reporting.made_results import HOSTILE, Made, write_clip, write_results

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    """Chromium as the system has it, driven by playwright, which downloads none of its own."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    found = next((path for name in _BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("there is no Chromium on this machine")
    with playwright.sync_playwright() as driver:
        flags = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        browser = driver.chromium.launch(executable_path=found, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium):
    """Open a file in a window of its own; afterwards nothing may have been complained of."""
    contexts, complaints = [], []

    def open_in_window(path: Path, *, width: int = 1280, height: int = 900, scheme: str = "light"):
        context = chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda said: complaints.append(f"{said.type}: {said.text}"))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
        page.on("request", lambda asked: complaints.extend(_outside(asked.url)))
        page.goto(path.as_uri())
        page.wait_for_selector("html[data-ready]")
        return page

    yield open_in_window
    for context in contexts:
        context.close()
    assert complaints == []


def _outside(url: str) -> list[str]:
    """Return what a request for anything but a file of this disk is complained of with."""
    return [] if url.startswith(("file:", "data:", "blob:")) else [f"request: {url}"]


@pytest.fixture(scope="session")
def video_page(tmp_path_factory) -> Path:
    """The page of one video of three seconds with two faces, whose file can be played."""
    folder = tmp_path_factory.mktemp("single")
    write_clip(folder / "videos" / "two.mp4")
    output = write_results(folder / "results", [Made("two.mp4", faces=2)])
    events = folder / "events.csv"
    events.write_text("video,start,end,label\ntwo.mp4,0.5,1.5,question <b>1</b>\n")
    return vidfer.report(output, to=folder / "report.html", events=events).path


@pytest.fixture(scope="session")
def index_page(tmp_path_factory) -> Path:
    """The index of six videos, among them a failed one and one with a hostile name."""
    folder = tmp_path_factory.mktemp("many")
    write_clip(folder / "videos" / HOSTILE)
    made = [
        Made("a/calm.mp4", emotions=("neutral",)),
        Made("b/glad.mp4", emotions=("happy",), frames=50),
        Made("broken.mp4", status="failed", error="It ends in the middle <i>of</i> its header."),
        Made("empty.mp4", faces=0),
        Made("part.mp4", status="partial", lost=((1.0, 1.5),), emotions=("sad",)),
        Made(HOSTILE, usable=False),
    ]
    output = write_results(folder / "results", made)
    return vidfer.report(output, to=folder / "report.html").path
