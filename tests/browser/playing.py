"""What tests of pages with a player ask of it."""

from playwright.sync_api import Page

from tests.browser.serving import idle

# The largest distance from the left, in CSS pixels, of anything in a widget that can be seen. What
# lies in a strip that scrolls by itself may go on beyond the edge.
_RIGHT_EDGE = """widget => {
  const scrolls = (node) => node !== widget.parentElement
    && (/auto|scroll/.test(getComputedStyle(node).overflowX) || scrolls(node.parentElement));
  return Math.max(...[...widget.querySelectorAll('canvas, button, input, div')]
    .filter((node) => node.checkVisibility() && !node.classList.contains('sr-only'))
    .filter((node) => !scrolls(node.parentElement))
    .map((node) => node.getBoundingClientRect().right));
}"""

# The page's own elements beyond its right edge, if they make it scroll sideways.
_BEYOND_THE_PAGE = """main => {
  if (main.scrollWidth <= main.clientWidth) return [];
  const edge = main.getBoundingClientRect().left + main.clientWidth;
  return ["page", ...[...main.querySelectorAll("[data-testid]")]
    .filter((node) => node.getBoundingClientRect().right > edge)
    .map((node) => node.dataset.testid)];
}"""


def await_pixel(page: Page, condition: str) -> None:
    """Wait until the player's count of pixels, `pixel`, fulfils a condition in JavaScript."""
    player = page.locator(".lab[data-total]")
    player.wait_for()
    page.wait_for_function(
        f"player => {{ const pixel = Number(player.dataset.pixel); return {condition}; }}",
        arg=player.element_handle(),
    )


def pixel(page: Page) -> int:
    """How many pixels are drawn now."""
    return int(page.locator(".lab[data-total]").get_attribute("data-pixel") or -1)


def click_pixel(page: Page, row: int, column: int, size: int = 28) -> None:
    """Click the centre of a pixel in the large picture, once the page has come to rest."""
    idle(page)
    portrait = page.locator("canvas.portrait")
    box = portrait.bounding_box()
    assert box
    x, y = (box["width"] * (column + 0.5) / size, box["height"] * (row + 0.5) / size)
    portrait.click(position={"x": x, "y": y})


def too_wide(page: Page) -> list[str]:
    """What stands out at the right of the page."""
    main = page.get_by_test_id("stMain")
    found = main.evaluate(_BEYOND_THE_PAGE)
    right = main.evaluate("main => main.getBoundingClientRect().right")
    for widget in page.locator(".lab").all():
        if widget.evaluate(_RIGHT_EDGE) > right:
            found.append(widget.inner_text())
    return found
