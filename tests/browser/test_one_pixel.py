"""The page One pixel in a browser: flip a pixel, and read back what changed."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import torch
from playwright.sync_api import Locator, Page, expect

from pages.one_pixel.words import in_words
from pixelcnn import load_checkpoint
from pixelcnn.introspect.counterfactual import Counterfactual, counterfactual
from pixelcnn.scores.unseen import unseen_digits
from tests.browser.serving import REPOSITORY, goto, idle

PLAIN, GATED = "mnist-threshold-pixelcnn", "mnist-threshold-gated"


@cache
def flipped(model: str, row: int, column: int, digit: int = 7) -> Counterfactual:
    network, _ = load_checkpoint(REPOSITORY / "checkpoints" / f"{model}.safetensors")
    test = unseen_digits(2, 28)
    labels = torch.tensor([digit]) if network.config.classes else None
    return counterfactual(network, test.images[test.labels == digit][0], labels, (row, column))


def open_page(page: Page, query: str = "") -> None:
    goto(page, f"/one_pixel{query}")
    for name in ("surprise", "entropy", "change"):
        expect(grid(page, name)).to_have_attribute("data-ready", re.compile("."))


def grid(page: Page, name: str, index: int = 0) -> Locator:
    return page.locator(f".st-key-{name}-{index} .lab")


def click(page: Page, name: str, row: int, column: int) -> None:
    canvas = grid(page, name).locator("canvas.cells")
    box = canvas.bounding_box()
    assert box
    cell = {"x": box["width"] * (column + 0.5) / 28, "y": box["height"] * (row + 0.5) / 28}
    canvas.click(position=cell)  # type: ignore[arg-type]
    page.mouse.move(2, 2)


def expect_told(page: Page, model: str, row: int, column: int, **options: Any) -> None:
    words = in_words(flipped(model, row, column, **options), row, column).replace("**", "")
    expect(page.get_by_text(words)).to_be_visible()


def test_a_flipped_pixel_is_there_without_a_click(
    page: Page, screenshot: Callable[[Page, str], Path]
) -> None:
    open_page(page)
    expect(page.get_by_role("heading", name="What does one pixel change?")).to_be_visible()
    expect_told(page, GATED, 10, 14)
    for name in ("surprise", "entropy", "change"):
        box = grid(page, name).locator("canvas.cells").bounding_box()
        assert box
        assert box["y"] + box["height"] < 900  # above the fold
    screenshot(page, "one-pixel")


def test_a_click_on_any_map_flips_that_pixel_in_all_of_them(page: Page) -> None:
    open_page(page, f"?model={PLAIN}")
    for name, row, column in [("surprise", 12, 17), ("change", 18, 10), ("surprise", 12, 17)]:
        click(page, name, row, column)
        expect_told(page, PLAIN, row, column)
        expect(page).to_have_url(re.compile(rf"row={row}&column={column}"))
        found = flipped(PLAIN, row, column).entropy_before[0, row, column].item()
        caption = grid(page, "entropy").locator(".caption")
        expect(caption).to_contain_text(f"row {row}, column {column}: {found:.2g}")


def test_arrow_keys_walk_from_pixel_to_pixel(page: Page) -> None:
    open_page(page, "?row=14&column=14")
    grid(page, "entropy").locator("canvas.cells").press("ArrowDown")
    expect_told(page, GATED, 15, 14)
    grid(page, "change").locator("canvas.cells").press("ArrowLeft")
    expect_told(page, GATED, 15, 13)


def test_the_blind_spot_shows_in_one_model_and_not_in_the_other(
    page: Page, screenshot: Callable[[Page, str], Path]
) -> None:
    open_page(page, f"?model={PLAIN}&beside={GATED}&row=12&column=16&digit=3")
    expect_told(page, PLAIN, 12, 16, digit=3)
    expect_told(page, GATED, 12, 16, digit=3)
    expect(grid(page, "change", 0).locator(".legend")).to_contain_text("blind spot")
    expect(grid(page, "change", 1).locator(".legend")).not_to_contain_text("blind spot")
    canvas = grid(page, "change").locator("canvas.cells")
    box = canvas.bounding_box()
    assert box
    canvas.hover(position={"x": 2, "y": box["height"] * 12.5 / 28 + box["height"] / 28})
    caption = grid(page, "change").locator(".caption")
    expect(caption).to_have_text("row 13, column 0: 0 bits, blind spot: no path leads here")
    screenshot(page, "one-pixel-blind-spot")


def test_the_address_restores_the_pixel(page: Page) -> None:
    open_page(page, "?digit=4&row=20&column=11&shown=changed")
    expect_told(page, GATED, 20, 11, digit=4)
    page.reload()
    idle(page)
    expect_told(page, GATED, 20, 11, digit=4)
