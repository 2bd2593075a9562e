"""Widgets that are mounted while nobody sees them, and that go while they are at work."""

from collections.abc import Callable

from playwright.sync_api import Page

from tests.browser.serving import WatchedPage, goto, idle
from tests.browser.test_every_page import PAGES

# In a closed box a widget has no width. Its content comes, and a film begins, all the same.
_HIDE = """
window.unseen = document.createElement("style");
window.unseen.textContent = "[data-widget] { display: none !important; }";
document.documentElement.append(window.unseen);
"""
_ALL_HAVE_CONTENT = """() => {
  const hosts = [...document.querySelectorAll('[data-widget]')];
  const roots = hosts.map((host) => (host.shadowRoot ?? host).querySelector(".lab"));
  return roots.every((root) => root?.dataset.ready);
}"""


def links(page: Page) -> list[str]:
    found = page.get_by_test_id("stSidebarNav").get_by_role("link").all()
    return [link.get_attribute("href") or "" for link in found]


def test_every_widget_bears_to_be_mounted_unseen_and_to_go_at_work(
    watch: Callable[[str], WatchedPage], app_address: str
) -> None:
    watched = watch(app_address)
    page = watched.page
    goto(page, "/?projector=0")
    page.evaluate(_HIDE)
    places = links(page)
    assert len(places) == len(PAGES)
    for place in places[1:] + places[:1]:
        page.evaluate("window.unseen.disabled = false")
        page.locator(f'[data-testid="stSidebarNav"] a[href="{place}"]').click()
        idle(page)
        page.wait_for_function(_ALL_HAVE_CONTENT)
        page.evaluate("window.unseen.disabled = true")
        page.keyboard.press("Space")
        page.keyboard.press("ArrowRight")
        assert watched.problems() == [], place
