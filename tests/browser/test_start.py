"""The page Start in a browser: it moves by itself, obeys the keys, and leads everywhere."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.playing import await_pixel, pixel
from tests.browser.serving import REPOSITORY, WatchedPage, goto, serve

QUESTIONS = [
    "What may a pixel see?",
    "What if it cheats?",
    "How does it learn?",
    "How does a digit appear?",
    "Can it finish your drawing?",
    "What is inside?",
]


def test_digits_grow_without_a_click(page: Page, screenshot: Callable[[Page, str], Path]) -> None:
    goto(page)
    expect(
        page.get_by_role("heading", name="What is an autoregressive image model?")
    ).to_be_visible()
    await_pixel(page, "pixel > 100 && pixel < 784")
    await_pixel(page, "pixel > 400")
    screenshot(page, "start")


@pytest.mark.parametrize("path", ["/", "/sample"])
def test_the_first_visitor_of_a_server_finds_a_moving_film_in_the_lab(
    watch: Callable[[str], WatchedPage], tmp_path: Path, path: str
) -> None:
    log = tmp_path / "log"
    with serve(REPOSITORY / "app.py", log, {"PIXELCNN_RUNS": str(tmp_path)}) as address:
        watched = watch(address)
        goto(watched.page, path)
        await_pixel(watched.page, "pixel > 10")
        sidebar = watched.page.get_by_test_id("stSidebar")
        expect(sidebar.get_by_role("link").first).to_have_text("Start")
        assert not watched.problems()
    assert f'File "{REPOSITORY}' not in log.read_text()


def test_keys_pause_step_and_restart_without_a_click_first(page: Page) -> None:
    goto(page)
    await_pixel(page, "pixel > 10")
    page.keyboard.press("Space")
    player = page.locator(".lab[data-total]")
    expect(player).to_have_attribute("data-playing", "false")
    before = pixel(page)
    page.keyboard.press("ArrowRight")
    expect(player).to_have_attribute("data-pixel", str(before + 1))
    page.keyboard.press("ArrowLeft")
    expect(player).to_have_attribute("data-pixel", str(before))
    page.keyboard.press("r")
    expect(player).to_have_attribute("data-pixel", "0")
    page.keyboard.press("Space")
    await_pixel(page, "pixel > 10")


def test_each_question_leads_to_the_page_that_answers_it(page: Page) -> None:
    goto(page)
    for question in QUESTIONS:
        page.get_by_test_id("stMain").get_by_role("link", name=question).click()
        expect(page.get_by_role("heading", level=1, name=question)).to_be_visible()
        page.go_back()
