"""Every page, narrow and wide, light and dark: nothing is cut off, and axe-core is content."""

import os
import re
import time
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.playing import too_wide
from tests.browser.serving import PATIENCE_MS, REPOSITORY, goto, idle

PAGES = [
    "lesson_plan" if folder.name == "lesson" else folder.name
    for folder in sorted((REPOSITORY / "pages").iterdir())
    if f'"pages/{folder.name}/page.py"' in (REPOSITORY / "app.py").read_text()
]
assert len(PAGES) == (REPOSITORY / "app.py").read_text().count("st.Page(")
# What a page shows only when asked.
STATES = [
    "sample?n=1",
    "sample?show=Classes",
    "sample?show=Two+models",
    "sample?show=Branches&tree=0.s3.r12c14v0",
    "break_it?exhibit=An+attention+row+with+nothing+to+attend+to",
]
_AXE = files("axe_playwright_python") / "axe.min.js"
_RUN = """async (rules) => {
  const found = await axe.run(document, { resultTypes: ["violations"], ...rules });
  return found.violations.filter(({ impact }) => ["serious", "critical"].includes(impact))
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) =>
      `${id}: ${html.slice(0, 160)} ${failureSummary.replaceAll("\\n", " ").slice(0, 200)}`));
}"""


def open_and_widen(page: Page, path: str, screenshot: Callable[[Page, str], Path]) -> None:
    """Fail if anything is cut off at the right; in the end the page is wide and dark."""
    # A phone first: what is once laid out narrow has room when the page gets wider.
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.set_viewport_size({"width": 390, "height": 844})
    goto(page, "/" if path == "start" else f"/{path}")
    expect(page.locator(".lab:not([data-ready])")).to_have_count(0)
    name = re.sub(r"\W+", "-", path)
    for width, scheme in ((390, "light"), (390, "dark"), (768, "dark"), (1280, "dark")):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.set_viewport_size({"width": width, "height": 900})
        idle(page)
        await_fit(page, width)
        if "PIXELCNN_SCREENSHOTS" in os.environ:
            screenshot(page, f"{name}-{width}-{scheme}")


def await_fit(page: Page, width: int) -> None:
    """Wait until nothing stands out: charts follow a new width later, on a busy machine much."""
    patience = time.monotonic() + PATIENCE_MS / 1000
    while found := too_wide(page):
        assert time.monotonic() < patience, f"at {width} pixels: {found}"
        page.wait_for_timeout(100)


def settle(page: Page) -> None:
    """Wait until nothing on the page is pale because it is about to be replaced."""
    idle(page)
    expect(page.locator('[data-stale="true"]')).to_have_count(0)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_nowhere_cut_off_and_axe_finds_nothing_serious_in_light_and_dark(
    page: Page, screenshot: Callable[[Page, str], Path], path: str
) -> None:
    open_and_widen(page, path, screenshot)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator(".lab[data-mode=light]")).to_have_count(0)
    settle(page)
    page.evaluate(_AXE.read_text())
    # Nothing else depends on colours.
    findings = page.evaluate(_RUN, {"runOnly": ["color-contrast"]})
    page.emulate_media(color_scheme="light")
    expect(page.locator(".lab[data-mode=dark]")).to_have_count(0)
    settle(page)
    findings += page.evaluate(_RUN, {})
    assert not findings, "\n".join(findings)


@pytest.mark.parametrize("path", STATES)
def test_what_a_page_shows_only_when_asked_is_nowhere_cut_off(
    page: Page, screenshot: Callable[[Page, str], Path], path: str
) -> None:
    open_and_widen(page, path, screenshot)
