"""The painter on a tablet: fingers, a palm, a pen, and a browser that limits addresses."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Locator, Page

from tests.browser.serving import idle
from tests.browser.widget_pages import expect_data, opened, says

Cell = tuple[float, float]

# Safari allows a hundred changes of the address in half a minute, and throws at the next one.
_LIMIT = """
window.calls = 0;
for (const name of ["pushState", "replaceState"]) {
  const usual = history[name].bind(history);
  history[name] = (...what) => {
    if (++window.calls > LIMIT) throw new DOMException("too many", "SecurityError");
    usual(...what);
  };
}
window.errors = [];
addEventListener("error", (event) => window.errors.push(event.message));
addEventListener("unhandledrejection", (event) => window.errors.push(String(event.reason)));
"""


class Tablet:
    """A painter that is touched by fingers, a hand's edge and a pen."""

    def __init__(self, page: Page, devices: CDPSession) -> None:
        self.page, self.devices = page, devices
        self.painter = opened(page, "/widget_painter")
        self.painter.get_by_role("slider", name="Brush").fill("1")
        self.canvas: Locator = self.painter.locator("canvas.drawing")
        self.canvas.scroll_into_view_if_needed()
        self.measure()

    def measure(self) -> None:
        """Where the board is on the screen now."""
        box = self.canvas.bounding_box()
        assert box
        self.left, self.top, self.side = box["x"], box["y"], box["width"]

    def at(self, cell: Cell) -> dict[str, float]:
        row, column = cell
        across, down = self.side * (column + 0.5) / 28, self.side * (row + 0.5) / 28
        return {"x": self.left + across, "y": self.top + down}

    def touch(self, kind: str, *cells: Cell, radius: float = 10) -> None:
        """The fingers that are down after this, each always at the same place of the list."""
        points = [
            {**self.at(cell), "id": number, "radiusX": radius, "radiusY": radius}
            for number, cell in enumerate(cells)
        ]
        event: dict[str, Any] = {"type": kind, "touchPoints": points}
        self.devices.send("Input.dispatchTouchEvent", event)

    def pen(self, kind: str, cell: Cell) -> None:
        event: dict[str, Any] = {"type": kind, **self.at(cell), "pointerType": "pen"}
        if kind != "mouseMoved":
            event |= {"button": "left", "clickCount": 1}
        self.devices.send(
            "Input.dispatchMouseEvent", {**event, "buttons": int(kind != "mouseReleased")}
        )


@pytest.fixture
def tablet(browser: Browser, widgets_address: str) -> Iterator[Callable[[int], Tablet]]:
    context = browser.new_context(
        base_url=widgets_address, has_touch=True, viewport={"width": 1180, "height": 820}
    )

    def opened_tablet(limit: int) -> Tablet:
        page = context.new_page()
        page.add_init_script(_LIMIT.replace("LIMIT", str(limit)))
        return Tablet(page, context.new_cdp_session(page))

    yield opened_tablet
    for page in context.pages:
        assert page.evaluate("window.errors") == []
    context.close()


def test_nothing_is_lost_where_the_browser_refuses_more_addresses(
    tablet: Callable[[int], Tablet],
) -> None:
    one = tablet(8)
    began = time.monotonic()
    before = one.page.evaluate("window.calls")
    for stroke in range(60):
        row = 2 * (stroke % 13) + 1
        column = 4 * (stroke // 13) + 1
        one.touch("touchStart", (row, column))
        one.touch("touchMove", (row, column + 1))
        one.touch("touchEnd")
    calls = one.page.evaluate("window.calls") - before
    assert calls <= 2 + (time.monotonic() - began)
    expect_data(one.painter, ink=120, undo=60)
    says(one.page, "python: 120 ink, 120 given, revision 0")
    one.page.evaluate("window.calls = 1e9")  # from now on all are refused
    one.touch("touchStart", (27, 1))
    one.touch("touchMove", (27, 9))
    one.touch("touchEnd")
    says(one.page, "python: 129 ink, 129 given, revision 0")


def test_a_pen_draws_whatever_the_hand_touches_and_two_fingers_scroll(
    tablet: Callable[[int], Tablet],
) -> None:
    one = tablet(10**9)
    # The hand lies down before the pen, and moves with it.
    one.touch("touchStart", (24, 24))
    one.touch("touchMove", (23, 23))
    one.pen("mouseMoved", (4, 4))
    one.pen("mousePressed", (4, 4))
    for step in range(5):
        one.pen("mouseMoved", (4, 4 + step))
        one.touch("touchMove", (23, 24 + step / 4))
    one.touch("touchEnd")
    one.touch("touchStart", (20, 20))
    one.touch("touchMove", (20, 22))
    one.pen("mouseMoved", (4, 9))
    one.pen("mouseReleased", (4, 9))
    one.touch("touchEnd")
    says(one.page, "python: 6 ink, 6 given, revision 0")
    says(one.page, "cells: [(4, 4), (4, 5), (4, 6), (4, 7), (4, 8), (4, 9)]")
    expect_data(one.painter, undo=1)

    # A palm alone, once the pen has gone.
    one.page.wait_for_timeout(1100)
    one.touch("touchStart", (12, 12), radius=50)
    one.touch("touchMove", (14, 14), radius=50)
    one.touch("touchEnd")
    expect_data(one.painter, ink=6, undo=1)

    # Two fingers move the page by as much as they move, and leave the drawing alone.
    one.page.set_viewport_size({"width": 1180, "height": 420})
    idle(one.page)
    one.canvas.evaluate("(canvas) => canvas.scrollIntoView()")
    one.measure()
    places = [one.at((14, 9)), one.at((14, 19))]

    def both(kind: str, lower: float) -> None:
        points = [
            {"x": spot["x"], "y": spot["y"] + lower, "id": number}
            for number, spot in enumerate(places)
        ]
        one.devices.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    one.devices.send(
        "Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{**places[0], "id": 0}]}
    )
    both("touchStart", 0)
    for lower in (-20, -40, -60):
        both("touchMove", lower)
    one.devices.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    before = one.top
    one.measure()
    assert one.top == pytest.approx(before - 60, abs=8)
    expect_data(one.painter, ink=6, undo=1)


def test_a_stroke_ends_where_it_leaves_the_board(tablet: Callable[[int], Tablet]) -> None:
    one = tablet(10**9)
    one.touch("touchStart", (5, 24))
    one.touch("touchMove", (5, 31))
    one.touch("touchMove", (12, 31))
    one.touch("touchMove", (12, 20))
    one.touch("touchEnd")
    says(one.page, "cells: [(5, 24), (5, 25), (5, 26), (5, 27)]")
    # A button that was released outside the window ends a stroke as well.
    mouse = one.page.mouse
    mouse.move(**one.at((9, 2)))
    mouse.down()
    mouse.move(**one.at((9, 4)))
    event = {"type": "mouseMoved", **one.at((14, 4)), "buttons": 0}
    one.devices.send("Input.dispatchMouseEvent", event)
    says(one.page, "python: 7 ink")
