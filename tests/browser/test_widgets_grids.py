"""The grids and galleries in a real browser, and what fits a phone."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.widget_pages import cell_center, expect_data, opened, page, says

__all__ = ["page"]  # a fixture


class TestPixelGrid:
    def test_a_click_selects_exactly_that_cell_and_arrows_move_it(self, page: Page) -> None:
        grid = opened(page, "/widget_grids")
        canvas = grid.locator("canvas.cells")
        canvas.click(position=cell_center(canvas, 12, 7))
        says(page, "python: (12, 7)")
        canvas.press("ArrowRight")
        says(page, "python: (12, 8)")
        canvas.press("ArrowUp")
        says(page, "python: (11, 8)")

    def test_pointing_reads_a_cell_in_words_without_a_rerun(self, page: Page) -> None:
        grid = opened(page, "/widget_grids")
        canvas = grid.locator("canvas.cells")
        canvas.hover(position=cell_center(canvas, 0, 27))
        expect(grid.locator(".caption")).to_have_text(re.compile(r"row 0, column 27: [\d.]+ bits"))
        says(page, "runs: 1")

    def test_python_moves_the_selection_and_the_viewer_moves_it_on(self, page: Page) -> None:
        grid = opened(page, "/widget_grids")
        canvas = grid.locator("canvas.cells")
        canvas.click(position=cell_center(canvas, 12, 7))
        says(page, "python: (12, 7)")
        page.get_by_text("Select row 5, column 5").click()
        says(page, "python: (5, 5)")
        page.mouse.move(0, 0)
        expect_data(grid, cell="5,5")
        canvas.click(position=cell_center(canvas, 20, 20))
        says(page, "python: (20, 20)")

    def test_a_selection_outlives_a_visit_to_another_page(self, page: Page) -> None:
        grid = opened(page, "/widget_grids")
        canvas = grid.locator("canvas.cells")
        canvas.click(position=cell_center(canvas, 12, 7))
        says(page, "python: (12, 7)")
        page.get_by_role("link", name="painter").click()
        expect(page.locator("canvas.drawing")).to_be_visible()
        page.get_by_role("link", name="grids").click()
        says(page, "python: (12, 7)")

    def test_roles_are_named(self, page: Page) -> None:
        grid = opened(page, "/widget_grids?show=roles")
        canvas = grid.locator("canvas.cells")
        canvas.hover(position=cell_center(canvas, 6, 22))
        expect(grid.locator(".caption")).to_have_text("row 6, column 22: legal, never (blind spot)")


class TestReachGrid:
    def test_the_counts_are_the_known_ones(self, page: Page) -> None:
        plain = opened(page, "/widget_grids?show=reach")
        expect_data(plain, target="14,14", seen=192, not_yet=159, never=55, leaked=0)
        expect(plain.locator(".caption")).to_have_text(
            "row 14, column 14 sees 192 of 406 legal pixels; 159 not yet; 55 never; 0 leaked"
        )

    def test_pointing_recolours_both_linked_grids_without_a_rerun(self, page: Page) -> None:
        plain = opened(page, "/widget_grids?show=reach")
        gated = page.locator(".lab").nth(1)
        expect_data(gated, target="14,14")
        canvas = plain.locator("canvas.cells")
        canvas.hover(position=cell_center(canvas, 3, 5))
        expect_data(plain, target="3,5")
        expect_data(gated, target="3,5")
        page.mouse.move(2, 2)
        expect_data(gated, target="14,14")
        says(page, "runs: 1")

    def test_a_click_pins_the_target_and_arrows_move_it(self, page: Page) -> None:
        plain = opened(page, "/widget_grids?show=reach")
        canvas = plain.locator("canvas.cells")
        canvas.click(position=cell_center(canvas, 10, 20))
        says(page, "ReachSelection(row=10, column=20, depth=7)")
        canvas.press("ArrowLeft")
        says(page, "ReachSelection(row=10, column=19, depth=7)")
        expect_data(page.locator(".lab").nth(1), target="10,19")

    def test_depth_grows_by_slider_and_by_space(self, page: Page) -> None:
        plain = opened(page, "/widget_grids?show=reach")
        page.keyboard.press("r")
        expect_data(plain, depth=0, seen=24)
        says(page, "ReachSelection(row=14, column=14, depth=0)")
        expect_data(page.locator(".lab").nth(1), depth=0)
        plain.get_by_role("slider", name="Depth").press("ArrowRight")
        expect_data(plain, depth=1)
        plain.locator("canvas.cells").press(" ")
        expect_data(plain, playing="true")
        expect_data(plain, depth=7, playing="false", seen=192)


class TestKernelTiles:
    def test_a_click_unmasks_a_weight_and_a_new_mask_undoes_that(self, page: Page) -> None:
        tiles = opened(page, "/widget_maps")
        expect_data(tiles, kept=24)
        canvas = tiles.locator("canvas.cells")
        canvas.click(position=cell_center(canvas, 3, 3, size=7))
        says(page, "python: 25 kept, centre True")
        canvas.press("ArrowRight")
        canvas.press(" ")
        says(page, "python: 26 kept, centre True")
        page.get_by_text("Mask type A").click()
        says(page, "python: 25 kept, centre True")
        expect_data(tiles, kept=25)

    def test_a_fixed_kernel_does_not_change(self, page: Page) -> None:
        opened(page, "/widget_maps")
        fixed = page.locator(".lab").nth(1)
        canvas = fixed.locator("canvas.cells")
        canvas.click(position=cell_center(canvas, 3, 3, size=7))
        expect(fixed.locator(".caption")).to_contain_text("row 3, column 3: masked, weight")
        expect_data(fixed, kept=24)


class TestMapsGallery:
    def test_a_layer_opens_and_a_cell_is_picked(self, page: Page) -> None:
        gallery = opened(page, "/widget_maps?show=maps")
        says(page, "MapSelection(layer='input', channel=None")
        gallery.get_by_role("tab", name="block 3", exact=True).click()
        says(page, "MapSelection(layer='block 3', channel=None")
        expect(gallery.locator(".heading")).to_contain_text("1 constant")
        maps = gallery.locator("canvas.maps")
        maps.click(position={"x": 3, "y": 3})
        says(page, "MapSelection(layer='block 3', channel=0, row=0, column=0)")
        maps.press("ArrowRight")
        says(page, "MapSelection(layer='block 3', channel=1, row=0, column=0)")
        expect(gallery.locator(".caption")).to_contain_text(re.compile(r"min .+ mean .+ max "))

    def test_arrows_walk_through_the_layers(self, page: Page) -> None:
        gallery = opened(page, "/widget_maps?show=maps")
        gallery.get_by_role("tab", name="input").press("ArrowRight")
        expect_data(gallery, layer="block 0")
        page.keyboard.press("ArrowRight")
        expect_data(gallery, layer="block 1")
        says(page, "MapSelection(layer='block 1'")


@pytest.mark.parametrize(
    "path",
    [
        "/widget_player",
        "/widget_painter",
        "/widget_grids",
        "/widget_grids?show=reach",
        "/widget_maps",
        "/widget_maps?show=maps",
    ],
)
def test_every_picture_and_control_has_a_name_and_fits_a_phone(page: Page, path: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page, path)
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')]
        .flatMap((host) => [...host.shadowRoot.querySelectorAll('canvas, button, input')])
        .filter((node) => !node.closest('[aria-hidden=true]') && node.checkVisibility()
            && !node.ariaLabel && !node.textContent.trim())
        .map((node) => node.outerHTML)"""
    )
    assert nameless == []
    overflow = page.evaluate(
        """() => [...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')]
        .map((host) => host.shadowRoot.querySelector('.lab'))
        .filter((root) => root.scrollWidth > root.clientWidth + 1).length"""
    )
    assert overflow == 0
