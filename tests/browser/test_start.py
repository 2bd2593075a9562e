"""The page Start in a browser: it moves by itself, obeys the keys, and leads everywhere."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.serving import REPOSITORY, WatchedPage, goto, serve

QUESTIONS = [
    "What may a pixel see?",
    "How does it learn?",
    "How does a digit appear?",
    "Can it finish your drawing?",
    "What is inside?",
]


def await_pixel(page: Page, condition: str) -> None:
    """Wait until the player's count of pixels, `pixel`, fulfils a condition in JavaScript."""
    player = page.locator(".lab[data-pixel]")
    player.wait_for()
    page.wait_for_function(
        f"player => {{ const pixel = Number(player.dataset.pixel); return {condition}; }}",
        arg=player.element_handle(),
    )


def pixel(page: Page) -> int:
    return int(page.locator(".lab[data-pixel]").get_attribute("data-pixel") or -1)


def test_digits_grow_without_a_click(page: Page, screenshot: Callable[[Page, str], Path]) -> None:
    goto(page)
    expect(
        page.get_by_role("heading", name="What is an autoregressive image model?")
    ).to_be_visible()
    await_pixel(page, "pixel > 100 && pixel < 784")
    await_pixel(page, "pixel > 400")
    screenshot(page, "start")


def test_the_first_visitor_finds_the_film_before_the_model_is_loaded(
    watch: Callable[[str], WatchedPage], tmp_path: Path
) -> None:
    with serve(REPOSITORY / "app.py", tmp_path / "log") as address:
        watched = watch(address)
        goto(watched.page)
        await_pixel(watched.page, "pixel > 10")
        assert not watched.problems()
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_keys_pause_step_and_restart_without_a_click_first(page: Page) -> None:
    goto(page)
    await_pixel(page, "pixel > 10")
    page.keyboard.press("Space")
    player = page.locator(".lab[data-pixel]")
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


@pytest.mark.parametrize("question", QUESTIONS)
def test_each_question_leads_to_the_page_that_answers_it(page: Page, question: str) -> None:
    goto(page)
    page.get_by_test_id("stMain").get_by_role("link", name=question).click()
    expect(page.get_by_role("heading", level=1, name=question)).to_be_visible()


@pytest.mark.parametrize("width", [1280, 768, 390])
def test_nothing_is_cut_off(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    goto(page)
    await_pixel(page, "pixel > 10")
    too_wide = page.get_by_test_id("stMain").evaluate("main => main.scrollWidth - main.clientWidth")
    assert too_wide == 0
