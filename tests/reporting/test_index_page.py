"""The index of many videos, in a real browser."""

import pytest

import vidfer
from tests.reporting.made_results import HOSTILE, Made, write_results
from tests.reporting.waiting import wait_until


def names_of(page) -> list[str]:
    return page.locator("tr[data-place] td.video").all_text_contents()


def test_it_lists_all_videos_with_what_went_wrong(open_page, index_page):
    page = open_page(index_page)
    assert len(names_of(page)) == 6
    broken = page.locator("tr", has_text="broken.mp4")
    assert "It ends in the middle <i>of</i> its header." in broken.text_content()
    assert "could not be decoded" in page.locator("tr", has_text="part.mp4").text_content()
    assert "No face was found" in page.locator("tr", has_text="empty.mp4").text_content()
    assert page.locator("tr", has_text="a/calm.mp4").locator(".spark canvas").count() == 1


def test_a_hostile_name_stays_text_on_every_page(open_page, index_page):
    page = open_page(index_page)
    assert HOSTILE in names_of(page)
    assert page.title() == "results"
    page.get_by_role("link", name=HOSTILE).click()
    page.wait_for_selector("html[data-ready] .watch")
    assert page.locator("h1").text_content() == HOSTILE
    assert page.title() == f"{HOSTILE} · vidfer"
    assert page.locator("img").count() == 0
    wait_until(page, "document.querySelector('video').readyState >= 2")
    assert "Only 0 % of the time with a face is usable" in page.locator(".cautions").text_content()
    page.get_by_role("link", name="All videos").click()
    page.wait_for_selector("html[data-ready] .rows")


def test_columns_sort_by_mouse_and_keyboard(open_page, index_page):
    page = open_page(index_page)
    length = page.locator("th", has_text="Length")
    length.locator("button").click()
    assert length.get_attribute("aria-sort") == "descending"
    length.locator("button").focus()
    page.keyboard.press("Enter")
    assert length.get_attribute("aria-sort") == "ascending"
    assert names_of(page)[0] == "b/glad.mp4"
    assert names_of(page)[-1] == "broken.mp4"
    warnings = page.locator("th", has_text="Warnings")
    warnings.locator("button").click()
    assert names_of(page)[0] == "broken.mp4"
    assert page.locator("[aria-sort]").count() == 1


def test_filters_narrow_the_list_and_say_how_many_are_left(open_page, index_page):
    page = open_page(index_page)
    page.get_by_role("searchbox").fill("GLAD")
    assert names_of(page) == ["b/glad.mp4"]
    assert page.locator(".filters output").text_content() == "1 of 6 videos"
    page.get_by_role("searchbox").fill("")
    page.get_by_label("State").select_option("failed")
    assert names_of(page) == ["broken.mp4"]
    page.get_by_label("State").select_option("clean")
    assert names_of(page) == ["a/calm.mp4", "b/glad.mp4"]
    page.get_by_label("State").select_option("")
    page.get_by_label("Mostly").select_option("sad")
    assert names_of(page) == ["part.mp4"]


def test_one_expression_can_be_followed_through_all_videos(open_page, index_page):
    page = open_page(index_page)
    page.get_by_label("Course of").select_option("happy")
    page.locator("th", has_text="Course").locator("button").click()
    assert names_of(page)[0] == "b/glad.mp4"
    assert "70" in page.locator("tr[data-place='0'] .mean").text_content()


def test_all_videos_together_have_intervals(open_page, index_page):
    page = open_page(index_page)
    row = page.locator(".total-row", has_text="happy").text_content()
    assert " to " in row
    assert page.locator(".whisker:not([hidden])").count() == 7


def test_arrows_go_from_video_to_video(open_page, index_page):
    page = open_page(index_page)
    page.locator("tr[data-place='0'] a").focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.closest('tr').dataset.place") == "1"
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.closest('tr').dataset.place") == "0"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_window_is_never_scrolled_sideways(open_page, index_page, scheme):
    page = open_page(index_page, width=360, scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.locator(".rows-box").evaluate("box => box.scrollWidth - box.clientWidth") <= 1


def test_of_many_videos_only_those_in_sight_are_in_the_page(open_page, tmp_path):
    many = [Made(f"v{number:04}.mp4", frames=5) for number in range(200)]
    output = write_results(tmp_path / "results", many)
    page = open_page(vidfer.report(output, to=tmp_path / "report.html", pages=False).path)
    assert page.locator("tr[data-place]").count() < 60
    assert page.locator("table").get_attribute("aria-rowcount") == "201"
    page.locator(".rows-box").evaluate("box => box.scrollTop = box.scrollHeight")
    page.locator("tr[data-place='199']").wait_for()
    assert "v0199.mp4" in names_of(page)
    assert page.locator("tr[data-place]").count() < 60
