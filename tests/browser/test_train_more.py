"""The page Train live in a browser: one scrubber for all, and a step in slow motion by keys."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.playing import too_wide
from tests.browser.serving import goto, idle

FILM = ".lab[data-film]"
SLOW = ".lab[data-stage]"


def test_a_click_on_the_curve_goes_to_that_moment_and_units_change_only_the_axis(
    page: Page, screenshot: Callable[[Page, str], Path]
) -> None:
    goto(page, "/train?slow=true")
    film, chart = page.locator(FILM), page.locator("svg.curves")
    expect(chart).to_contain_text("best shipped model")
    page.get_by_role("button", name="Pause (Space)").click()
    box = chart.bounding_box()
    assert box
    chart.click(position={"x": box["width"] - 20, "y": 100})
    expect(film).not_to_have_attribute("data-moment", "step 0")
    late = page.locator(".curve-names b").last.inner_text()
    chart.click(position={"x": 56, "y": 100})
    expect(film).to_have_attribute("data-moment", "step 0")
    assert float(page.locator(".curve-names b").last.inner_text()) > float(late)
    line = page.locator("polyline[data-style='held out']")
    before = line.get_attribute("points")
    page.get_by_role("radio", name="perplexity per pixel").click()
    page.wait_for_url("**unit=perplexity**")
    expect(chart).to_contain_text("perplexity per pixel")
    assert line.get_attribute("points") == before

    slow = page.locator(SLOW)
    expect(slow).to_have_attribute("data-stage", "The digit")
    slow.get_by_role("button", name="Next (Right)").click()
    expect(slow).to_have_attribute("data-stage", "Forward")
    for stage in ("Surprise", "Backward", "Update"):
        page.keyboard.press("ArrowRight")
        expect(slow).to_have_attribute("data-stage", stage)
    expect(slow).to_contain_text("relative to the weights")
    page.keyboard.press("ArrowLeft")
    expect(slow).to_contain_text("Length of the gradient")
    slow.locator("canvas").hover()
    expect(slow.locator(".reading")).to_contain_text("row ")
    page.set_viewport_size({"width": 390, "height": 844})
    idle(page)
    assert not too_wide(page)
    screenshot(page, "train-slow-motion")
