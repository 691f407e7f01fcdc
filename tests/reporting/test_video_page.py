"""The page of one video, in a real browser."""

import re

import pytest

import vidfer
from tests.reporting.made_results import Made, write_results
from tests.reporting.waiting import wait_until

LANE = ".lane .u-over"

PLAYER_TIME = "parseFloat(document.querySelector('.controls input[type=range]').value)"
VIDEO_TIME = "document.querySelector('video').currentTime"


def time_of(page) -> float:
    return page.evaluate(PLAYER_TIME)


def wait_for_picture(page) -> None:
    wait_until(page, "document.querySelector('video').readyState >= 2")


def pixels_of(page, selector: str) -> str:
    return page.locator(selector).first.evaluate("canvas => canvas.toDataURL()")


def test_it_opens_with_all_parts(open_page, video_page):
    page = open_page(video_page)
    assert page.locator("h1").text_content() == "two.mp4"
    titles = page.locator("h2").all_text_contents()
    for part in ("Timeline", "Episodes", "Events", "Tracks", "Whole video", "How it was made"):
        assert any(title.startswith(part) for title in titles), part
    assert page.locator(".lane").count() == 2
    assert page.locator("#events td").nth(1).text_content() == "question <b>1</b>"


def test_pointing_at_the_timeline_tells_the_values_there(open_page, video_page):
    page = open_page(video_page)
    page.get_by_role("button", name="Raw", exact=True).click()
    page.locator(LANE).first.hover(position={"x": 20, "y": 30})
    tip = page.locator(".tooltip")
    assert re.search(r"Track 0 at 0:00\.\d\d", tip.text_content())
    assert re.search(r"happy70\s%", tip.text_content())
    page.mouse.move(5, 5)
    tip.wait_for(state="hidden")


def test_a_click_on_the_timeline_seeks(open_page, video_page):
    page = open_page(video_page)
    wait_for_picture(page)
    for chart in (LANE, ".overview .u-over"):
        over = page.locator(chart).first
        width = over.bounding_box()["width"]
        over.click(position={"x": width / 2, "y": 12})
        assert time_of(page) == pytest.approx(1.5, abs=0.05)
        wait_until(page, f"Math.abs({VIDEO_TIME} - 1.5) < 0.05")
        assert "sad" in page.locator(".now-said").text_content()
        over.click(position={"x": width / 6, "y": 12})
        wait_until(page, f"Math.abs({VIDEO_TIME} - 0.5) < 0.05")
        assert "happy" in page.locator(".now-said").text_content()


def test_playing_moves_the_cursor_and_the_picture(open_page, video_page):
    page = open_page(video_page)
    wait_for_picture(page)
    head = page.locator(".lane .playhead").first
    before = head.bounding_box()["x"]
    page.get_by_role("button", name="Play").click()
    wait_until(page, f"{VIDEO_TIME} > 0.4 && {PLAYER_TIME} > 0.4")
    page.get_by_role("button", name="Pause").click()
    wait_until(page, "document.querySelector('video').paused")
    assert head.bounding_box()["x"] > before + 20
    page.wait_for_timeout(200)
    assert time_of(page) == pytest.approx(page.evaluate(VIDEO_TIME), abs=0.09)


def test_boxes_stand_around_the_faces_in_the_colour_of_the_emotion(open_page, video_page):
    page = open_page(video_page)
    wait_for_picture(page)
    page.keyboard.press("ArrowRight")
    probe = """([x, y]) => {
        const shown = document.querySelector('.overlay');
        const canvas = new OffscreenCanvas(shown.width, shown.height);
        canvas.getContext('2d', {willReadFrequently: true}).drawImage(shown, 0, 0);
        const scale = Math.min(canvas.width / 320, canvas.height / 180);
        const left = (canvas.width - 320 * scale) / 2, top = (canvas.height - 180 * scale) / 2;
        const at = [Math.round(left + x * scale), Math.round(top + y * scale)];
        return [...canvas.getContext('2d').getImageData(...at, 1, 1).data];
    }"""
    sad, surprise, clear = [0, 0x72, 0xB2], [0x3F, 0xA0, 0xDD], [0, 0, 0, 0]
    # The boxes follow the picture, which comes when the seek is done.
    near_sad = f"({probe})([40, 85]).every((v, i) => i > 2 || Math.abs(v - {sad}[i]) < 50)"
    wait_until(page, near_sad)
    assert page.evaluate(probe, [140, 85])[:3] == pytest.approx(surprise, abs=50)
    assert page.evaluate(probe, [60, 85]) == clear
    page.get_by_role("checkbox", name="Boxes").uncheck()
    assert page.evaluate(probe, [40, 85]) == clear


def test_a_click_on_a_face_chooses_its_track(open_page, video_page):
    page = open_page(video_page)
    wait_for_picture(page)
    stage = page.locator(".overlay").bounding_box()
    scale = min(stage["width"] / 320, stage["height"] / 180)
    left = stage["x"] + (stage["width"] - 320 * scale) / 2
    top = stage["y"] + (stage["height"] - 180 * scale) / 2
    page.mouse.click(left + 160 * scale, top + 85 * scale)
    assert page.locator(".now-said").text_content() == "Track 1: sad"
    page.locator(".others button").first.click()
    assert page.locator(".now-said").text_content() == "Track 0: happy"


def test_expressions_tracks_and_smoothing_switch_on_and_off(open_page, video_page):
    page = open_page(video_page)
    seen = {pixels_of(page, ".lane canvas")}
    happy = page.get_by_role("button", name="happy", exact=True)
    happy.click()
    assert happy.get_attribute("aria-pressed") == "false"
    seen.add(pixels_of(page, ".lane canvas"))
    for name in ("Raw", "Both"):
        page.get_by_role("button", name=name, exact=True).click()
        seen.add(pixels_of(page, ".lane canvas"))
    assert len(seen) == 4
    page.get_by_text("Tracks (2 of 2)").click()
    page.get_by_role("checkbox", name="Track 1,").uncheck()
    assert page.locator(".lane").count() == 1
    assert page.locator(".track-choice summary").text_content() == "Tracks (1 of 2)"


def test_a_drag_zooms_and_a_double_click_shows_all(open_page, video_page):
    page = open_page(video_page)
    span = page.locator(".span")
    page.locator(LANE).first.scroll_into_view_if_needed()
    box = page.locator(LANE).first.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 3, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 2 / 3, box["y"] + 20, steps=4)
    page.mouse.up()
    assert span.text_content() == "0:01.0 to 0:02.0"
    assert time_of(page) == 0
    head = page.locator(".lane .playhead").first
    head.wait_for(state="hidden")
    page.locator(".overview .u-over").dblclick(position={"x": 50, "y": 10})
    assert span.text_content() == "0:00.0 to 0:03.0"
    head.wait_for(state="visible")


def test_the_keyboard_does_what_the_mouse_does(open_page, video_page):
    page = open_page(video_page)
    wait_for_picture(page)
    page.keyboard.press("ArrowRight")
    assert time_of(page) == 1
    page.keyboard.press(".")
    assert time_of(page) == pytest.approx(1.04)
    page.keyboard.press("Home")
    assert time_of(page) == 0
    page.keyboard.press("+")
    assert page.locator(".span").text_content() == "0:00.0 to 0:01.5"
    page.keyboard.press("0")
    assert page.locator(".span").text_content() == "0:00.0 to 0:03.0"
    page.keyboard.press("4")
    assert (
        page.get_by_role("button", name="happy", exact=True).get_attribute("aria-pressed")
        == "false"
    )
    page.keyboard.press("Space")
    wait_until(page, f"{VIDEO_TIME} > 0.1")
    page.keyboard.press("Space")
    wait_until(page, "document.querySelector('video').paused")


def test_the_focus_goes_through_all_controls_and_can_be_seen(open_page, video_page):
    page = open_page(video_page)
    wait_for_picture(page)
    reached = []
    for _ in range(24):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("""() => {
                const one = document.activeElement, style = getComputedStyle(one);
                const name = one.getAttribute('aria-label') || one.textContent || one.id;
                return [name, style.outlineStyle];
            }""")
        )
    names = [name for name, _ in reached]
    for wanted in ("Play", "Position", "Speed", "happy", "Zoom in", "Whole video"):
        assert wanted in names, names
    assert {outline for _, outline in reached} == {"solid"}


def test_episodes_sort_from_the_keyboard_and_lead_to_their_onset(open_page, video_page):
    page = open_page(video_page)
    header = page.locator("#episodes th", has_text="Duration")
    header.locator("button").focus()
    page.keyboard.press("Enter")
    assert header.get_attribute("aria-sort") == "descending"
    durations = [
        float(text.split()[0])
        for text in page.locator("#episodes td:nth-child(4)").all_text_contents()
    ]
    assert durations == sorted(durations, reverse=True)
    page.keyboard.press("Enter")
    assert header.get_attribute("aria-sort") == "ascending"
    row = page.locator("#episodes tbody tr").first
    row.click()
    minutes, seconds = row.locator("button").text_content().split(":")
    assert time_of(page) == pytest.approx(int(minutes) * 60 + float(seconds), abs=0.01)


def test_without_its_video_the_page_runs_on_a_clock(open_page, tmp_path, chromium):
    output = write_results(tmp_path / "results", [Made("gone.mp4")])
    path = vidfer.report(output, to=tmp_path / "report.html").path
    context = chromium.new_context()
    page = context.new_page()
    page.goto(path.as_uri())
    page.locator(".no-picture").wait_for(state="visible")
    assert "All else works" in page.locator(".no-picture").text_content()
    page.keyboard.press("Space")
    wait_until(page, f"{PLAYER_TIME} > 0.3")
    page.keyboard.press("Space")
    stopped = time_of(page)
    page.wait_for_timeout(200)
    assert time_of(page) == stopped
    assert "happy" in page.locator(".now-said").text_content()
    context.close()


def test_a_video_that_was_moved_can_be_chosen(chromium, tmp_path, video_page):
    output = write_results(tmp_path / "results", [Made("gone.mp4")])
    path = vidfer.report(output, to=tmp_path / "report.html").path
    context = chromium.new_context()
    page = context.new_page()
    page.goto(path.as_uri())
    page.locator(".no-picture").wait_for(state="visible")
    page.locator("#video-file").set_input_files(video_page.parent / "videos" / "two.mp4")
    wait_for_picture(page)
    page.locator(".no-picture").wait_for(state="hidden")
    context.close()


@pytest.mark.parametrize("width", [360, 768])
def test_a_narrow_window_is_never_scrolled_sideways(open_page, video_page, width):
    page = open_page(video_page, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    charts = page.locator(".lane-plot .uplot")
    assert charts.first.bounding_box()["width"] <= width


def test_charts_follow_the_window(open_page, video_page):
    page = open_page(video_page)
    page.set_viewport_size({"width": 500, "height": 800})
    wait_until(page, "document.querySelector('.lane .uplot').offsetWidth < 500")


def test_dark_mode_has_its_own_colours_and_changes_at_once(open_page, video_page):
    page = open_page(video_page, scheme="dark")
    background = "getComputedStyle(document.body).backgroundColor"
    dark, lines = page.evaluate(background), pixels_of(page, ".lane canvas")
    page.emulate_media(color_scheme="light")
    assert page.evaluate(background) != dark
    page.wait_for_timeout(100)
    assert pixels_of(page, ".lane canvas") != lines


def test_it_prints_without_controls(open_page, video_page):
    page = open_page(video_page)
    page.emulate_media(media="print")
    assert page.locator(".toolbar").is_hidden()
    assert page.locator("#means table").is_visible()


def test_its_policy_lets_nothing_out(chromium, video_page):
    context = chromium.new_context()
    page = context.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(video_page.as_uri())
    page.wait_for_selector("html[data-ready]")
    refused = page.evaluate(
        "() => fetch('http://127.0.0.1:9/x').then(() => 'sent', (error) => String(error))"
    )
    assert "TypeError" in refused
    page.evaluate("""() => {
        const script = document.createElement('script');
        script.textContent = 'document.title = "run"';
        document.body.append(script);
    }""")
    assert page.title() == "two.mp4 · vidfer"
    assert all(url.startswith("file:") for url in asked)
    context.close()
