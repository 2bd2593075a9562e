"""What surrounds every page, in a browser: sharing, the list of keys, projector mode, stillness."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from tests.browser.playing import too_wide
from tests.browser.serving import WatchedPage, goto, idle


def test_a_shared_page_opens_elsewhere_as_it_was_and_with_the_options_that_were_kept(
    page: Page, watch: Callable[[str], WatchedPage], app_address: str
) -> None:
    goto(page, "/sample?label=3&n=4")
    page.get_by_role("button", name="Share", exact=True).click()
    dialog = page.get_by_role("dialog", name="Share this page")
    expect(dialog).to_have_attribute("data-state", "ready")
    assert dialog.locator("canvas").evaluate("(canvas) => canvas.width") > 500
    dialog.get_by_label("Hide the page's options").check()
    dialog.get_by_label("Seed").check()
    expect(dialog).to_have_attribute("data-state", "ready")
    link = dialog.get_by_role("textbox", name="Address").input_value()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="Share", exact=True)).to_be_focused()

    other = watch(app_address)
    parts = urlsplit(link)
    assert re.fullmatch(r"s=\w{6}", parts.query)
    assert not parts.path.strip("/")
    goto(other.page, f"/?{parts.query}")
    expect(other.page).to_have_url(re.compile(r"/sample\?label=3&n=4&only=seed$"))
    expect(other.page.get_by_role("spinbutton", name="Seed")).to_be_visible()
    expect(other.page.get_by_role("combobox", name="Label")).to_be_hidden()
    expect(other.page.get_by_role("combobox", name="Model")).to_be_hidden()
    expect(other.page.locator(".lab .stage canvas").first).to_be_visible()
    other.page.get_by_role("button", name="Show all options").click()
    expect(other.page.get_by_role("combobox", name="Label")).to_have_value("3")
    expect(other.page.get_by_role("combobox", name="Label")).to_be_visible()
    assert not other.problems()


def test_a_question_mark_lists_the_keys_and_gives_the_focus_back(page: Page) -> None:
    goto(page, "/one_pixel")
    dialog = page.get_by_role("dialog", name="Keys on this page")
    page.get_by_role("spinbutton", name="Example").press("?")  # it may be meant as text
    expect(dialog).to_be_hidden()
    before = page.get_by_role("button", name="Share", exact=True)
    before.press("?")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("A grid")
    expect(dialog).not_to_contain_text("The film")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(before).to_be_focused()


def test_a_projector_gets_large_type_and_thick_lines_on_every_page_until_it_is_off(
    page: Page,
) -> None:
    type_size = "parseFloat(getComputedStyle(document.documentElement).fontSize)"
    goto(page, "/masks")
    usual = page.evaluate(type_size)
    title = page.get_by_role("heading", level=1).bounding_box()
    page.get_by_test_id("stSidebar").get_by_text("Projector").click()
    expect(page).to_have_url(re.compile("projector=1"))
    page.wait_for_function(f"{type_size} > {1.1 * usual}")
    larger = page.get_by_role("heading", level=1).bounding_box()
    assert title
    assert larger
    assert larger["height"] > 1.1 * title["height"]
    page.get_by_test_id("stSidebar").get_by_role("link", name="Sample").click()
    expect(page.get_by_role("heading", level=1, name="How does a digit appear?")).to_be_visible()
    expect(page).to_have_url(re.compile("/sample.*projector=1"))
    page.set_viewport_size({"width": 390, "height": 844})
    idle(page)
    assert not too_wide(page)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_test_id("stSidebar").get_by_text("Projector").click()
    page.wait_for_function(f"{type_size} == {usual}")
    expect(page).not_to_have_url(re.compile("projector"))


def test_nothing_moves_by_itself_for_those_who_asked_for_stillness(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    goto(page)
    player = page.locator(".lab[data-total]")
    expect(player).to_have_attribute("data-playing", "false")
    shown = player.get_attribute("data-pixel")
    page.wait_for_timeout(500)
    expect(player).to_have_attribute("data-pixel", str(shown))
    page.keyboard.press("Space")
    expect(player).to_have_attribute("data-playing", "true")


def test_the_lesson_is_led_by_keys_and_its_clock_runs_on_elsewhere(page: Page) -> None:
    goto(page, "/lesson_plan?stop=3")
    expect(page.get_by_role("heading", name="3. Bold and timid")).to_be_visible()
    clock = page.get_by_role("timer")
    expect(clock).to_have_text("4:00")
    page.keyboard.press("Space")
    expect(clock).to_have_text(re.compile("3:5"))
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("stop=4"))
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(re.compile("stop=3"))
    page.get_by_role("link", name="Open the page for this stop").click()
    expect(page).to_have_url(re.compile(r"/sample\?show=Temperatures&label=3$"))
    page.get_by_test_id("stSidebar").get_by_role("link", name="Lesson").click()
    expect(page.get_by_role("heading", name="3. Bold and timid")).to_be_visible()
    expect(page.get_by_role("button", name="Pause the clock")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    idle(page)
    assert not too_wide(page)
