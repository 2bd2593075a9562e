"""axe-core on every page of the app, light and dark: nothing serious."""

import ast
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.serving import REPOSITORY, goto, idle

_AXE = files("axe_playwright_python") / "axe.min.js"
_RUN = """async (rules) => {
  const found = await axe.run(document, { resultTypes: ["violations"], ...rules });
  return found.violations.filter(({ impact }) => ["serious", "critical"].includes(impact))
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) =>
      `${id}: ${html.slice(0, 160)} ${failureSummary.replaceAll("\\n", " ").slice(0, 200)}`));
}"""


def listed_pages() -> list[str]:
    """The addresses of all pages that app.py lists, in its order."""
    tree = ast.parse((REPOSITORY / "app.py").read_text(encoding="utf-8"))
    found = [
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "st.Page"
        if isinstance(node.args[0], ast.Constant)
    ]
    names = [str(one).removeprefix("pages/").removesuffix(".py") for one in found]
    return ["" if name == "start" else name for name in names]


def settle(page: Page) -> None:
    """Wait until nothing on the page is pale because it is about to be replaced."""
    idle(page)
    expect(page.locator('[data-stale="true"]')).to_have_count(0)


@pytest.mark.parametrize("name", listed_pages())
def test_axe_finds_nothing_serious_in_light_and_dark(
    page: Page, name: str, screenshot: Callable[[Page, str], Any]
) -> None:
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    goto(page, f"/{name}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator(".lab:not([data-ready])")).to_have_count(0)
    settle(page)
    page.evaluate(_AXE.read_text())
    findings = page.evaluate(_RUN, {})
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    expect(page.locator(".lab[data-mode=light]")).to_have_count(0)
    settle(page)
    screenshot(page, f"axe-{name or 'start'}-dark")
    findings += page.evaluate(
        _RUN, {"runOnly": ["color-contrast"]}
    )  # nothing else depends on colours
    assert not findings, "\n".join(findings)
