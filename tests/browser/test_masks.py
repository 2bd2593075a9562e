"""The page Masks & blind spots in a browser: point, click, press keys, and read the counts back."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from pixelcnn.causality.depth_growth import ReceptiveFields, receptive_field_by_depth
from pixelcnn.causality.stack_growth import stack_receptive_field
from pixelcnn.nn.layers import causal_mask
from tests.browser.serving import choose, goto, idle

NAMES = {"left-grid": "pixelcnn", "right-grid": "gated_pixelcnn"}


@cache
def grown(key: str, first: int = 7, kernel: int = 3, mask: Any = "A") -> ReceptiveFields:
    return receptive_field_by_depth(
        NAMES[key], first_kernel_size=first, kernel_size=kernel, first_mask=mask
    )


def open_masks(page: Page, query: str = "") -> None:
    goto(page, f"/masks{query}")
    # Whatever stands above a grid moves it, away from under the mouse, until it is drawn itself.
    for key in NAMES:
        expect(grid(page, key)).to_have_attribute("data-ready", re.compile("."))
    expect(page.locator(".lab:not([data-ready])")).to_have_count(0)
    page.evaluate("document.fonts.ready.then(() => true)")


def grid(page: Page, key: str) -> Locator:
    return page.locator(f".st-key-{key} .lab")


def cells(page: Page, key: str) -> Locator:
    return grid(page, key).locator("canvas.cells")


def at(canvas: Locator, row: int, column: int) -> Any:
    """The middle of a cell, from the canvas's corner."""
    box = canvas.bounding_box()
    assert box
    return {"x": box["width"] * (column + 0.5) / 28, "y": box["height"] * (row + 0.5) / 28}


def expect_counts(page: Page, row: int, column: int, depth: int, **options: Any) -> None:
    """Both grids show this target at this depth, with the library's counts, in words."""
    for key in NAMES:
        found = grown(key, **options)
        seen, limit = found.relations[depth][row, column], found.limit[row, column]
        before = 28 * row + column
        legal_seen = int(seen.ravel()[:before].sum())
        ever = int(limit.ravel()[:before].sum())
        expect(grid(page, key).locator(".caption")).to_have_text(
            f"row {row}, column {column} sees {legal_seen} of {before} legal pixels; "
            f"{ever - legal_seen} not yet; {before - ever} never; "
            f"{int(seen.sum()) - legal_seen} leaked"
        )


def expect_address(page: Page, **query: object) -> None:
    for name, value in query.items():
        expect(page).to_have_url(re.compile(rf"[?&]{name}={value}(&|$)"))


def test_the_exact_counts_are_there_without_a_click(
    page: Page, screenshot: Callable[[Page, str], Path]
) -> None:
    open_masks(page)
    expect(page.get_by_role("heading", name="What may a pixel see?")).to_be_visible()
    expect(grid(page, "left-grid").locator(".caption")).to_have_text(
        "row 14, column 14 sees 192 of 406 legal pixels; 159 not yet; 55 never; 0 leaked"
    )
    expect_counts(page, 14, 14, 7)
    expect(page.get_by_text("32.5% of all 306,936 pairs")).to_be_visible()
    expect(page.get_by_text("55,250 are never seen")).to_be_visible()
    screenshot(page, "masks")


def test_a_click_on_a_cell_makes_it_the_target_of_both_grids(page: Page) -> None:
    open_masks(page)
    canvas = cells(page, "left-grid")
    canvas.click(position=at(canvas, 20, 3))
    page.mouse.move(2, 2)
    expect_counts(page, 20, 3, 7)
    expect_address(page, row=20, column=3)
    canvas = cells(page, "right-grid")
    canvas.click(position=at(canvas, 0, 27))
    page.mouse.move(2, 2)
    expect_counts(page, 0, 27, 7)
    expect_address(page, row=0, column=27)


def test_arrow_keys_move_the_target(page: Page) -> None:
    open_masks(page)
    for key in ("ArrowUp", "ArrowRight", "ArrowRight"):
        cells(page, "right-grid").press(key)
    expect_counts(page, 13, 16, 7)
    expect_address(page, row=13, column=16)
    cells(page, "left-grid").press("ArrowDown")
    expect_counts(page, 14, 16, 7)


def test_pointing_shows_both_grids_at_once_and_leaves_the_target(page: Page) -> None:
    open_masks(page)
    cells(page, "left-grid").hover(position=at(cells(page, "left-grid"), 9, 9))
    expect_counts(page, 9, 9, 7)
    page.mouse.move(2, 2)
    expect_counts(page, 14, 14, 7)
    assert "row=" not in page.url


def test_the_depth_grows_by_slider_and_by_space_to_its_end(page: Page) -> None:
    open_masks(page)
    page.keyboard.press("r")
    expect_counts(page, 14, 14, 0)
    expect_address(page, depth=0)
    expect(page.get_by_text("the first layer alone sees")).to_have_count(2)
    grid(page, "right-grid").get_by_role("slider", name="Depth").fill("15")
    expect_counts(page, 14, 14, 15)
    expect(page.get_by_text("65.3% of all 306,936 pairs")).to_be_visible()
    grid(page, "right-grid").get_by_role("slider", name="Depth").fill("25")
    expect_address(page, depth=25)
    cells(page, "left-grid").press(" ")
    expect_counts(page, 14, 14, 27)
    expect_address(page, depth=27)
    expect(page.get_by_text("82.0% of all 306,936 pairs")).to_be_visible()


def choose_size(page: Page, key: str, size: str) -> None:
    page.locator(f".st-key-{key}").get_by_role("radio", name=size, exact=True).click()


def test_other_kernels_change_grids_and_totals(page: Page) -> None:
    open_masks(page)
    choose_size(page, "kernel", "5")
    expect_counts(page, 14, 14, 7, kernel=5)
    expect_address(page, kernel=5)
    expect(page.get_by_text("One stack ends at 89.1%")).to_be_visible()
    choose_size(page, "first", "3")
    expect_counts(page, 14, 14, 7, first=3, kernel=5)


def test_other_architectures_are_compared(page: Page) -> None:
    open_masks(page)
    choose(page, "with", "PixelSNAIL")
    expect(grid(page, "right-grid")).to_contain_text("Blocks with attention (PixelSNAIL)")
    expect(grid(page, "right-grid").locator(".caption")).to_contain_text(
        "sees 406 of 406 legal pixels; 0 not yet; 0 never; 0 leaked"
    )
    expect(page.get_by_text("A few small convolutions, then attention")).to_be_visible()
    expect_address(page, right="PixelSNAIL")


def test_mask_b_first_leaks_784_pixels(page: Page) -> None:
    open_masks(page)
    page.get_by_role("radio", name="B", exact=True).click()
    expect_counts(page, 14, 14, 7, mask="B")
    expect(grid(page, "left-grid").locator(".caption")).to_contain_text("; 1 leaked")
    expect(page.get_by_text("784 leaks (every pixel sees itself)")).to_have_count(2)
    expect(page.get_by_text("25 of 49 weights open")).to_be_visible()
    page.get_by_role("radio", name="A", exact=True).click()
    expect_counts(page, 14, 14, 7)


def test_the_address_restores_what_was_seen(page: Page) -> None:
    open_masks(page, "?first=9&mask=B&kernel=5&row=3&column=25&depth=2")
    expect_counts(page, 3, 25, 2, first=9, kernel=5, mask="B")
    cells(page, "left-grid").press("ArrowDown")
    expect_address(page, row=4, first=9, mask="B", kernel=5, depth=2)
    page.reload()
    idle(page)
    expect_counts(page, 4, 25, 2, first=9, kernel=5, mask="B")


def test_the_target_outlives_a_visit_to_another_page(page: Page) -> None:
    goto(page, "/")
    page.get_by_role("link", name="Masks & blind spots").click()
    cells(page, "left-grid").press("ArrowUp")
    expect_counts(page, 13, 14, 7)
    expect_address(page, row=13)
    page.get_by_role("link", name="Start", exact=True).click()
    expect(page.get_by_role("heading", name="What is an autoregressive")).to_be_visible()
    page.get_by_role("link", name="Masks & blind spots").click()
    expect_counts(page, 13, 14, 7)


# ---------------------------------------------------------------- weights to toggle


def tiles(page: Page, key: str) -> Locator:
    return page.locator(f".st-key-{key} .lab")


def tile(canvas: Locator, row: int, column: int, size: int) -> Any:
    box = canvas.bounding_box()
    assert box
    return {"x": box["width"] * (column + 0.5) / size, "y": box["height"] * (row + 0.5) / size}


def expect_edited(page: Page, first: Any, later: Any) -> None:
    """The grid of the one stack and its small copy have the counts of these masks, at depth 7."""
    found = stack_receptive_field(first, later)
    seen, limit = found.relations[7][14, 14].ravel(), found.limit[14, 14].ravel()
    words = (
        f"row 14, column 14 sees {seen[:406].sum()} of 406 legal pixels; "
        f"{limit[:406].sum() - seen[:406].sum()} not yet; {406 - limit[:406].sum()} never; "
        f"{seen[406:].sum()} leaked"
    )
    for key in ("left-grid", "tiles-grid"):
        expect(grid(page, key).locator(".caption")).to_have_text(words)
    total = f"{found.totals[7].leaks:,}"
    expect(page.get_by_text(f"Leaks over all targets at this depth: {total}.")).to_be_visible()


def test_toggling_a_weight_recolours_the_one_stack_and_the_address_restores_it(page: Page) -> None:
    first, later = (causal_mask(1, 1, (k, k), t)[0, 0].numpy() for k, t in ((7, "A"), (3, "B")))
    open_masks(page)
    kernel = tiles(page, "later-tiles")
    canvas = kernel.locator("canvas.cells")
    canvas.click(position=tile(canvas, 1, 2, 3))
    later[1, 2] = True
    expect_edited(page, first, later)
    expect(grid(page, "left-grid").locator(".caption")).to_contain_text("; 7 leaked")
    expect(kernel.locator(".code .lit")).to_have_text("mask[1, 2] = 1  # opened by hand")
    canvas.press("ArrowUp")
    canvas.press(" ")
    later[0, 2] = False
    expect_edited(page, first, later)
    canvas = tiles(page, "first-tiles").locator("canvas.cells")
    canvas.click(position=tile(canvas, 0, 0, 7))
    first[0, 0] = False
    expect_edited(page, first, later)
    expect_address(page, masks="7fffff00000000-dc00")
    page.reload()
    idle(page)
    expect_edited(page, first, later)
    expect(tiles(page, "later-tiles")).to_have_attribute("data-changed", "2")
    page.get_by_role("button", name="Put the usual masks back").click()
    expect_counts(page, 14, 14, 7)
    expect(tiles(page, "later-tiles")).to_have_attribute("data-changed", "0")
    expect(page).not_to_have_url(re.compile("masks="))


def test_a_tile_lights_the_line_of_code_that_decides_it(page: Page) -> None:
    open_masks(page)
    kernel = tiles(page, "first-tiles")
    canvas = kernel.locator("canvas.cells")
    for (row, column), line in {
        (0, 6): "mask[:3] = 1     # the rows above",
        (3, 1): "mask[3, :3] = 1  # left in its row",
        (3, 3): "mask[3, 3] = 0   # itself (B: 1)",
        (5, 0): "mask = torch.zeros(7, 7)",
    }.items():
        canvas.hover(position=tile(canvas, row, column, 7))
        expect(kernel.locator(".code .lit")).to_have_text(line)
    page.mouse.move(2, 2)
    expect(kernel.locator(".code .lit")).to_have_count(0)


# ---------------------------------------------------------------- the path of a pixel


def test_a_path_is_played_to_its_end_in_two_stacks_and_fails_in_one(page: Page) -> None:
    open_masks(page, "?source=13-25")
    one, two = (page.locator(f".st-key-path-{number} .lab") for number in ("one", "two"))
    expect(one.locator(".caption")).to_contain_text("No path, however many layers")
    expect(two.locator(".caption")).to_contain_text("Arrived.")
    two.locator("canvas.cells").press("r")
    expect(two).to_have_attribute("data-frame", "0")
    two.locator("canvas.cells").press(" ")
    for path in (one, two):
        expect(path).to_have_attribute("data-playing", "true")
    steps = int(two.get_attribute("data-steps") or 0)
    assert steps == 10  # nine to the left among the rows above, one down
    expect(two).to_have_attribute("data-frame", str(steps))
    expect(two).to_have_attribute("data-playing", "false")
    expect(two.locator(".caption")).to_contain_text("Arrived.")


def test_another_source_is_chosen_by_click_and_by_arrow_key(page: Page) -> None:
    open_masks(page)
    one, two = (page.locator(f".st-key-path-{number} .lab") for number in ("one", "two"))
    canvas = one.locator("canvas.cells")
    canvas.click(position=at(canvas, 5, 10))
    for path in (one, two):
        expect(path).to_have_attribute("data-source", "5,10")
        expect(path.locator(".caption")).to_contain_text("Arrived.")
    expect_address(page, source="5-10")
    two.locator("canvas.cells").press("ArrowLeft")
    expect(one).to_have_attribute("data-source", "5,9")
    canvas = cells(page, "left-grid")
    canvas.click(position=at(canvas, 5, 5))
    expect(one.locator(".caption")).to_contain_text("this pixel is drawn later")
