"""Draw & complete in a browser: particles, turns with the model, and links to a drawing."""

import re
from urllib.parse import parse_qs, urlsplit

import numpy as np
from playwright.sync_api import Page, expect

from tests.browser.test_draw import (
    INK,
    PAPER,
    UNKNOWN,
    endings,
    expect_other_endings,
    kinds,
    open_draw,
    painter,
    row_of,
    settled,
    stroke,
    thin_pen,
)
from widgets.painter.widget import Drawing, drawing_from, link_text


def lower_half() -> str:
    """The lower half of a seven, as it stands in an address."""
    known = np.zeros((28, 28), bool)
    known[14:] = True
    image = np.zeros((28, 28), np.uint8)
    for row in range(14, 25):
        image[row, 23 - row // 2 : 26 - row // 2] = 1
    return link_text(Drawing(image, known))


def linked(page: Page) -> Drawing:
    """The drawing in the page's address."""
    page.wait_for_url("**drawing=28x28.**")
    drawing = drawing_from(parse_qs(urlsplit(page.url).query)["drawing"][0], (28, 28))
    assert drawing
    return drawing


def as_kinds(drawing: Drawing) -> list[str]:
    names = np.where(drawing.known_mask, np.where(drawing.image > 0, INK, PAPER), UNKNOWN)
    return [str(name) for name in names.flatten()]


def test_the_address_brings_a_drawing_back(page: Page) -> None:
    open_draw(page)
    stroke(page, (5, 3), (18, 20))
    settled(page)
    drawn = kinds(painter(page))
    page.wait_for_timeout(1500)  # the address follows at most once a second
    assert as_kinds(linked(page)) == drawn
    before = endings(page)
    page.get_by_role("button", name="Other endings").click()
    expect_other_endings(page, before)
    assert as_kinds(linked(page)) == drawn
    address = urlsplit(page.url)
    open_draw(page)
    assert kinds(painter(page)) != drawn
    open_draw(page, f"?{address.query}")
    assert kinds(painter(page)) == drawn


def test_particles_fit_the_upper_half_to_the_lower_one(page: Page) -> None:
    open_draw(page, f"?drawing={lower_half()}")
    drawn = kinds(painter(page))
    assert as_kinds(linked(page)) == drawn
    expect(page.get_by_text("392 of 392 given pixels come after an unknown one")).to_be_visible()
    blind = endings(page)
    page.get_by_test_id("stMain").get_by_text("Particles", exact=True).first.click()
    fewest = page.get_by_text(re.compile(r"only \d+ of 128 particles still counted")).first
    expect(fewest).to_be_visible()
    expect_other_endings(page, blind)
    settled(page)
    assert kinds(painter(page)) == drawn
    expect(page.get_by_text("392 of 392 given pixels come after an unknown one")).to_have_count(0)
    expect(page.get_by_role("heading", name="How many particles still count?")).to_be_visible()
    page.wait_for_url("**method=Particles**")


def test_person_and_model_take_turns(page: Page) -> None:
    open_draw(page)
    start = kinds(painter(page))
    third = page.get_by_role("button", name="Ending 3")
    third.press("Enter")
    expect(third).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Keep its next row").click()
    board = page.locator(".lab:has(canvas.drawing)")
    expect(board).to_have_attribute("data-given", str(15 * 28))
    settled(page)
    assert kinds(painter(page))[: 14 * 28] == start[: 14 * 28]
    expect(third).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Keep its next row").click()
    expect(board).to_have_attribute("data-given", str(16 * 28))
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Undo").click()
    settled(page)
    assert kinds(painter(page)) == start


def test_the_drawing_is_mirrored_by_a_key(page: Page) -> None:
    open_draw(page)
    thin_pen(page)
    stroke(page, (1, 2), (1, 9))
    painter(page).press("m")
    painter(page).blur()  # the cursor of the keys would cover a cell
    settled(page)
    drawn = kinds(painter(page))
    assert [cell for cell in row_of(1, 0, 27) if drawn[cell] == INK] == row_of(1, 18, 25)
