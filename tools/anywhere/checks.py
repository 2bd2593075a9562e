"""What a class does in each place: open pages, share one, train and come back, draw."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Frame, Page

from tools.anywhere.places import Place

PAGES = (
    "", "lesson_plan", "masks", "break_it", "train", "sample", "draw", "features", "one_pixel",
    "compare", "experiments",
)  # fmt: skip
_PATIENCE_MS = 60_000
_TINY = "train?preset=8 × 8 digits&digits8-channels=8&digits8-blocks=1&digits8-seconds=60"
_IDLE = (
    '[data-testid="stApp"][data-test-connection-state="CONNECTED"]'
    '[data-test-script-state="notRunning"]'
)
# Below the path of a page Streamlit asks for these first, then where they are.
_HARMLESS = re.compile(r"/_stcore/(health|host-config)$|favicon")


@dataclass
class Visitor:
    """A browser window on the lab, directly or in the frame of another site.

    Attributes:
        page: the window.
        problems: errors of scripts and on the console.
    """

    page: Page
    place: Place
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(_PATIENCE_MS)
        self.page.on("pageerror", lambda error: self.problems.append(f"script: {error}"))
        self.page.on("console", self._note)

    def _note(self, message: ConsoleMessage) -> None:
        url = message.location.get("url", "")
        if message.type == "error" and not _HARMLESS.search(url):
            self.problems.append(f"console: {message.text} ({url})")

    @property
    def lab(self) -> Frame:
        """The document of the lab."""
        if not self.place.site:
            return self.page.main_frame
        frames = [one for one in self.page.frames if one.url.startswith(self.place.address)]
        return frames[0] if frames else self.page.main_frame

    def open(self, path: str) -> None:
        """Open a page of the lab, and wait until it is complete."""
        self.page.goto(f"{self.place.site or self.place.address}/{path}")
        self.await_idle()

    def reload(self) -> None:
        with self.page.expect_event("framenavigated"):
            self.lab.evaluate("setTimeout(() => location.reload())")
        self.await_idle()

    def await_idle(self) -> None:
        if self.place.site:
            self.page.frame_locator("iframe").locator(_IDLE).wait_for()
        self.lab.locator(_IDLE).wait_for()
        self.lab.locator("h1").first.wait_for()
        boxes = self.lab.locator('[data-testid="stException"]')
        if boxes.count():
            self.problems.append(f"exception: {boxes.first.inner_text()[:200]}")


@contextmanager
def visiting(browser: Browser, place: Place) -> Iterator[Visitor]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    visitor = Visitor(context.new_page(), place)
    try:
        yield visitor
        assert not visitor.problems, "; ".join(visitor.problems)
    finally:
        context.close()


def pages(browser: Browser, place: Place, chance: random.Random, most: int) -> None:
    """Each page opens by its address."""
    with visiting(browser, place) as visitor:
        for path in chance.sample(PAGES, min(most, len(PAGES))):
            visitor.open(path)


def share(browser: Browser, place: Place, chance: random.Random, most: int) -> None:
    """A shared page opens in a second browser as it was."""
    with visiting(browser, place) as visitor:
        visitor.open(f"sample?label={chance.randrange(10)}&n=4")
        state = urlsplit(visitor.lab.url)
        visitor.lab.get_by_role("button", name="Share", exact=True).click()
        dialog = visitor.lab.get_by_role("dialog", name="Share this page")
        dialog.locator("xpath=self::*[@data-state='ready']").wait_for()
        link = dialog.get_by_role("textbox", name="Address").input_value()
    assert link.startswith(f"{place.shared}/"), f"{link} is not below {place.shared}"
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(link, timeout=_PATIENCE_MS)
        page.wait_for_url(f"{place.shared}/sample?{state.query}", timeout=_PATIENCE_MS)
        page.locator(".lab .stage canvas").first.wait_for(timeout=_PATIENCE_MS)
    finally:
        context.close()


def train(browser: Browser, place: Place, chance: random.Random, most: int) -> None:
    """Who has started a training can still stop it after a reload."""
    with visiting(browser, place) as visitor:
        visitor.open(_TINY)
        visitor.lab.locator(".st-key-play button").click()
        visitor.lab.locator(".st-key-stop-run button").wait_for()
        visitor.lab.wait_for_url("**run=*")
        visitor.reload()
        visitor.lab.locator(".st-key-stop-run button").click()
        visitor.await_idle()  # the training ends by itself: a busy machine may take a minute


def draw(browser: Browser, place: Place, chance: random.Random, most: int) -> None:
    """A stroke reaches the server, which finishes the digit anew."""
    with visiting(browser, place) as visitor:
        visitor.open("draw")
        endings = visitor.lab.locator(".st-key-endings canvas")
        endings.nth(8).wait_for()
        before = endings.nth(8).evaluate("(canvas) => canvas.toDataURL()")
        board = visitor.lab.locator("canvas.drawing")
        box = board.bounding_box()
        assert box
        mouse, side = visitor.page.mouse, box["width"]
        mouse.move(box["x"] + 0.2 * side, box["y"] + 0.2 * side)
        mouse.down()
        mouse.move(box["x"] + 0.8 * side, box["y"] + 0.4 * side, steps=8)
        mouse.up()
        visitor.lab.wait_for_function(
            """(before) => [...document.querySelectorAll('.st-key-endings *')]
              .map((node) => node.shadowRoot?.querySelectorAll('canvas')[8]).filter(Boolean)
              .some((canvas) => canvas.toDataURL() !== before)""",
            arg=before,
        )


CHECKS: dict[str, Callable[[Browser, Place, random.Random, int], None]] = {
    "pages": pages,
    "share": share,
    "train": train,
    "draw": draw,
}
