"""Edited masks show in linked grids at once: the browser itself finds what the library finds."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Locator, Page, expect

from pixelcnn.causality.mask_stack import MaskStack
from pixelcnn.causality.stack_growth import stack_receptive_field
from tests.browser.serving import WatchedPage, goto, serve

APP = Path(__file__).parent / "apps" / "widget_masks.py"
SIZE, DEPTHS = 14, 3
Relations = tuple[NDArray[np.bool_], NDArray[np.bool_]]


@pytest.fixture
def page(watch: Callable[[str], WatchedPage], chromium: str, tmp_path: Path) -> Iterator[Page]:
    with serve(APP, tmp_path / "log") as address:
        watched = watch(address)
        yield watched.page
        assert watched.problems() == []


def residual(masks: MaskStack) -> Relations:
    found = stack_receptive_field(*masks.masks, size=SIZE, dilation=2, layers=DEPTHS - 1)
    return found.relations, found.limit


def chain(masks: MaskStack) -> Relations:
    first, later = masks.masks
    stack = MaskStack((first, later, later))
    return np.stack(stack.relations(SIZE)), stack.report(SIZE).limit[0, :, :, 0]


def counts(relations: Relations, depth: int, target: tuple[int, int]) -> dict[str, str]:
    """What the grid says of itself, by the library."""
    seen, ever = relations[0][depth][target].ravel(), relations[1][target].ravel()
    before = SIZE * target[0] + target[1]
    numbers = {
        "seen": seen[:before].sum(),
        "notYet": (ever & ~seen)[:before].sum(),
        "never": (~ever & ~seen)[:before].sum(),
        "leaked": seen[before:].sum(),
    }
    return {name: str(number) for name, number in numbers.items()}


def move_to(page: Page, canvas: Locator, cell: tuple[int, int], size: int) -> None:
    box = canvas.bounding_box()
    assert box
    (row, column), step = cell, box["width"] / size
    page.mouse.move(box["x"] + step * (column + 0.5), box["y"] + step * (row + 0.5))


def expect_grids(page: Page, masks: MaskStack) -> None:
    """Both grids, at every depth, for targets inside and at the edges."""
    wanted = {"residual": residual(masks), "chain": chain(masks)}
    grids = {key: page.locator(f".st-key-{key} .lab") for key in wanted}
    slider = grids["residual"].get_by_role("slider")
    slider.press("Home")
    for depth in range(DEPTHS):
        for target in ((7, 7), (0, SIZE - 1), (SIZE - 1, 0), (5, SIZE - 2)):
            move_to(page, grids["residual"].locator("canvas.cells"), target, SIZE)
            for key, grid in grids.items():
                expect(grid).to_have_attribute("data-depth", str(depth))
                expect(grid).to_have_attribute("data-target", f"{target[0]},{target[1]}")
                shown: dict[str, str] = grid.evaluate("node => ({ ...node.dataset })")
                assert counts(wanted[key], depth, target).items() <= shown.items()
        slider.press("ArrowRight")


def test_what_the_browser_finds_for_edited_masks_is_what_the_library_finds(page: Page) -> None:
    goto(page, "/")
    for widget in page.locator(".lab").all():
        expect(widget).to_have_attribute("data-ready", re.compile("."))
    masks = MaskStack.correct((5, 3))
    expect_grids(page, masks)
    for layer, cell in ((1, (1, 2)), (1, (0, 1)), (0, (0, 4)), (1, (1, 1))):
        size = len(masks.masks[layer])
        move_to(page, page.locator(f".st-key-tiles-{layer} canvas.cells"), cell, size)
        page.mouse.down()
        page.mouse.up()
        masks.masks[layer][cell] ^= True
    expect_grids(page, masks)
