"""The page What if it cheats? in a browser: take an exhibit to its verdict."""

import re
from urllib.parse import quote_plus

from playwright.sync_api import Locator, Page, expect

from pixelcnn.causality.mask_stack import MaskStack
from pixelcnn.exhibits.catalogue import EXHIBITS
from pixelcnn.exhibits.results import read_results
from tests.browser.serving import choose, goto, idle


def open_exhibit(page: Page, name: str) -> None:
    goto(page, f"/break_it?exhibit={quote_plus(EXHIBITS[name].title)}")
    for side in ("broken", "honest"):
        expect(grid(page, side)).to_have_attribute("data-ready", re.compile("."))


def grid(page: Page, side: str) -> Locator:
    return page.locator(f".st-key-leaks-{side} .lab")


def expect_counts(page: Page, name: str, row: int, column: int) -> None:
    """Both maps show this target with the counts in the file, in words."""
    results = read_results()
    for side, one in (("broken", results.broken[name]), ("honest", results.twin(name))):
        counts = one.report.at(row, column)
        expect(grid(page, side).locator(".caption")).to_have_text(
            f"row {row}, column {column} sees {counts.seen} of {counts.legal} legal pixels; "
            f"{counts.not_yet} not yet; {counts.never} never; {counts.leaks} leaked"
        )


def test_each_exhibit_is_taken_to_its_verdict(page: Page) -> None:
    open_exhibit(page, "no_mask")
    for name, exhibit in EXHIBITS.items():
        if name != "no_mask":
            choose(page, "Mistake", exhibit.title)
            expect(page).to_have_url(re.compile(r"exhibit="))
        expect(page.get_by_text(exhibit.why)).to_be_visible()
        idle(page)
        if read_results().broken[name].report.leaks:
            expect(page.get_by_text("leaked pairs")).to_have_count(1)
        else:
            expect(page.get_by_text("leaked pairs")).to_have_count(0)
        if exhibit.options.get("channels", 1) == 1:
            expect_counts(page, name, 7, 7)


def test_a_click_shows_the_same_pixel_in_both_maps(page: Page) -> None:
    open_exhibit(page, "b_first")
    canvas = grid(page, "broken").locator("canvas.cells")
    box = canvas.bounding_box()
    assert box
    canvas.click(position={"x": box["width"] * 3.5 / 14, "y": box["height"] * 10.5 / 14})
    page.mouse.move(2, 2)
    expect_counts(page, "b_first", 10, 3)
    canvas.press("ArrowUp")
    expect_counts(page, "b_first", 9, 3)


# ---------------------------------------------------------------- audit your own


def tiles(page: Page, layer: int) -> Locator:
    return page.locator(f'[class*="st-key-stack-{layer}-"] .lab')


def alert(page: Page) -> Locator:
    return page.get_by_test_id("stAlert")


def test_a_weight_is_opened_with_the_mouse_and_closed_with_a_key(page: Page) -> None:
    goto(page, "/break_it")
    expect(alert(page)).to_contain_text("Causal: nothing leaks")
    counts = page.locator(".st-key-stack-grid .caption")
    expect(counts).to_contain_text("0 leaked")
    canvas = tiles(page, 2).locator("canvas.cells")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    canvas.click(position={"x": box["width"] * 1.5 / 3, "y": box["height"] * 2.5 / 3})
    expect(alert(page)).to_contain_text("in layer 3 the weight for one row below")
    leaking = MaskStack.from_hex("fff00000-f800-f900", (5, 3, 3))
    expect(alert(page)).to_contain_text(f"{leaking.report(14).leaks:,} leaked pairs")
    leaks = leaking.report(14).at(7, 7).leaks
    expect(counts).to_contain_text(f"{leaks} leaked")
    expect(page).to_have_url(re.compile(rf"stack={leaking.hex}"))
    canvas.press("Space")
    expect(alert(page)).to_contain_text("Causal: nothing leaks")
    expect(page).not_to_have_url(re.compile("stack="))
    canvas.press("Space")
    expect(alert(page)).to_contain_text("leaked pairs")
    page.get_by_role("button", name="Put the right masks back").click()
    expect(alert(page)).to_contain_text("Causal: nothing leaks")
    expect(tiles(page, 2)).to_have_attribute("data-kept", "5")


def test_a_checkpoint_gets_its_verdict(page: Page) -> None:
    goto(page, "/break_it?audit=A+model")
    expect(alert(page)).to_contain_text("Causal: nothing leaks")
    expect(page.get_by_text("Checked by trial")).to_be_visible()
    choose(page, "Model", "mnist-threshold-pixelcnn")
    expect(alert(page)).to_contain_text("never seen at any depth")
    expect(page).to_have_url(re.compile("audited=mnist-threshold-pixelcnn"))
