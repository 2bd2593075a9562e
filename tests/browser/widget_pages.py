"""The pages of apps/widget_pages.py, each with its widgets, and how tests touch and read them."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.serving import WatchedPage, goto


@pytest.fixture
def page(watch: Callable[[str], WatchedPage], widgets_address: str) -> Iterator[Page]:
    """A page on the widgets. The test fails if anything goes wrong on it."""
    watched = watch(widgets_address)
    yield watched.page
    assert watched.problems() == []


def opened(page: Page, path: str) -> Locator:
    """Go to a widget app and wait until its first widget shows its content."""
    goto(page, path)
    widget = page.locator(".lab").first
    expect(widget).to_have_attribute("data-ready", re.compile("."))
    return widget


def expect_data(widget: Locator, **values: object) -> None:
    for name, value in values.items():
        expect(widget).to_have_attribute(f"data-{name.replace('_', '-')}", str(value))


def says(page: Page, text: str) -> Locator:
    """What the script printed; the script must have got there first."""
    line = page.get_by_test_id("stText").filter(has_text=text)
    expect(line).to_be_visible()
    return line


def cell_center(canvas: Locator, row: float, column: float, size: int = 28) -> dict[str, float]:
    box = canvas.bounding_box()
    assert box is not None
    return {
        "x": box["width"] * (column + 0.5) / size,
        "y": box["height"] * (row + 0.5) / size,
    }


def drag(page: Page, canvas: Locator, *cells: tuple[int, int]) -> None:
    """Press, move through cells (row, column), release."""
    box = canvas.bounding_box()
    assert box is not None
    for index, (row, column) in enumerate(cells):
        at = cell_center(canvas, row, column)
        page.mouse.move(box["x"] + at["x"], box["y"] + at["y"], steps=4)
        if index == 0:
            page.mouse.down()
    page.mouse.up()


def canvas_color(canvas: Locator, row: int, column: int, size: int = 28) -> list[int]:
    """Red, green, blue in the middle of a cell."""
    script = """(canvas, [row, column, size]) => [...canvas.getContext("2d").getImageData(
        Math.floor(canvas.width * (column + 0.5) / size),
        Math.floor(canvas.height * (row + 0.5) / size), 1, 1).data].slice(0, 3)"""
    color: list[int] = canvas.evaluate(script, [row, column, size])
    return color
