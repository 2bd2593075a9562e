"""Every page on a phone and on a projector, light and dark: nothing is cut off at the right."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.playing import too_wide
from tests.browser.serving import REPOSITORY, goto, idle

PAGES = [
    path.stem
    for path in sorted((REPOSITORY / "pages").glob("*.py"))
    if f'"pages/{path.name}"' in (REPOSITORY / "app.py").read_text()
]
# What a page shows only when asked.
STATES = [
    "sample?n=1",
    "sample?show=Classes",
    "sample?show=Two+models",
    "sample?show=Branches&tree=0.s3.r12c14v0",
    "break_it?exhibit=An+attention+row+with+nothing+to+attend+to",
]


@pytest.mark.parametrize("path", PAGES + STATES)
def test_nothing_is_cut_off(page: Page, screenshot: Callable[[Page, str], Path], path: str) -> None:
    # A phone first: what is once laid out narrow has room when the page gets wider.
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 390, "height": 844})
    goto(page, "/" if path == "start" else f"/{path}")
    expect(page.locator(".lab:not([data-ready])")).to_have_count(0)
    name = re.sub(r"\W+", "-", path)
    for width, scheme in ((390, "light"), (390, "dark"), (768, "dark"), (1280, "dark")):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.set_viewport_size({"width": width, "height": 844})
        idle(page)
        assert not too_wide(page), f"at {width} pixels"
        if "PIXELCNN_SCREENSHOTS" in os.environ:
            screenshot(page, f"{name}-{width}-{scheme}")
