"""The widgets in a real browser: mouse, touch, keys, and what Python then reads."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.serving import REPOSITORY, WatchedPage, goto, idle, serve

APPS = Path(__file__).parent / "apps" / "widget_pages.py"


@pytest.fixture(scope="module")
def widgets_address(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    log = tmp_path_factory.mktemp("widgets") / "log"
    with serve(APPS, log) as address:
        yield address
    # Streamlit itself logs a traceback when a page closes while it connects: ours name our files.
    assert f'File "{REPOSITORY}' not in log.read_text(), log.read_text()[-5000:]


@pytest.fixture
def page(watch: Callable[[str], WatchedPage], widgets_address: str) -> Iterator[Page]:
    watched = watch(widgets_address)
    yield watched.page
    assert watched.problems() == []


def opened(page: Page, path: str) -> Locator:
    """Go to a widget app and wait until its first widget shows its content."""
    goto(page, path)
    widget = page.locator(".lab").first
    expect(widget).to_have_attribute("data-ready", re.compile("."))
    return widget


def expect_data(widget: Locator, **values: object) -> None:
    for name, value in values.items():
        expect(widget).to_have_attribute(f"data-{name.replace('_', '-')}", str(value))


def says(page: Page, text: str) -> Locator:
    """What the script printed; the script must have got there first."""
    line = page.get_by_test_id("stText").filter(has_text=text)
    expect(line).to_be_visible()
    return line


def cell_center(canvas: Locator, row: float, column: float, size: int = 28) -> dict[str, float]:
    box = canvas.bounding_box()
    assert box is not None
    return {
        "x": box["width"] * (column + 0.5) / size,
        "y": box["height"] * (row + 0.5) / size,
    }


def drag(page: Page, canvas: Locator, *cells: tuple[int, int]) -> None:
    """Press, move through cells (row, column), release."""
    box = canvas.bounding_box()
    assert box is not None
    for index, (row, column) in enumerate(cells):
        at = cell_center(canvas, row, column)
        page.mouse.move(box["x"] + at["x"], box["y"] + at["y"], steps=4)
        if index == 0:
            page.mouse.down()
    page.mouse.up()


def canvas_color(canvas: Locator, row: int, column: int, size: int = 28) -> list[int]:
    """Red, green, blue in the middle of a cell."""
    script = """(canvas, [row, column, size]) => [...canvas.getContext("2d").getImageData(
        Math.floor(canvas.width * (column + 0.5) / size),
        Math.floor(canvas.height * (row + 0.5) / size), 1, 1).data].slice(0, 3)"""
    color: list[int] = canvas.evaluate(script, [row, column, size])
    return color


class TestPlayer:
    def test_plays_by_itself_to_the_end_and_again(self, page: Page) -> None:
        player = opened(page, "/widget_player?speed=1000")
        expect_data(player, total=784, playing="true")
        expect_data(player, pixel=784, playing="false")
        expect_data(player, playing="true")  # nobody touched it: it starts again

    def test_space_plays_and_pauses_before_anything_has_the_focus(self, page: Page) -> None:
        player = opened(page, "/widget_player?speed=10")
        expect_data(player, playing="true")
        page.keyboard.press(" ")
        expect_data(player, playing="false")
        page.keyboard.press(" ")
        expect_data(player, playing="true")

    def test_keys_step_pixels_and_rows_and_r_starts_again_without_a_rerun(self, page: Page) -> None:
        player = opened(page, "/widget_player?speed=10")
        page.keyboard.press("r")
        expect_data(player, pixel=0, playing="false")
        player.get_by_role("slider", name="Pixels drawn").focus()
        for key, pixel in [
            ("ArrowRight", 1),
            ("ArrowRight", 2),
            ("ArrowDown", 30),
            ("ArrowDown", 58),
            ("ArrowUp", 30),
            ("ArrowLeft", 29),
        ]:
            page.keyboard.press(key)
            expect_data(player, pixel=pixel)
        page.keyboard.press("r")
        expect_data(player, pixel=0)
        says(page, "runs: 1")

    def test_scrubbing_says_what_was_chosen_where(self, page: Page) -> None:
        player = opened(page, "/widget_player")
        slider = player.get_by_role("slider", name="Pixels drawn")
        slider.fill("214")
        expect_data(player, pixel=214, playing="false")
        words = re.compile(r"pixel 214 of 784 · row 7, column 17 · p\(ink\) = \d\.\d\d · chose ")
        expect(slider).to_have_attribute("aria-valuetext", words)
        expect(player.get_by_role("status")).to_have_text(words)

    def test_the_buttons_step_too(self, page: Page) -> None:
        player = opened(page, "/widget_player?speed=10")
        player.get_by_role("button", name="Start again").click()
        for name, pixel in [("One row on", 28), ("One pixel on", 29), ("One pixel back", 28)]:
            player.get_by_role("button", name=name).click()
            expect_data(player, pixel=pixel)
        player.get_by_role("button", name="Play").click()
        expect_data(player, playing="true")

    def test_speed_goes_from_one_pixel_a_second_to_all_at_once(self, page: Page) -> None:
        player = opened(page, "/widget_player?speed=1")
        speed = player.get_by_role("slider", name="Speed")
        expect(speed).to_have_attribute("aria-valuetext", "1 pixel/s")
        speed.press("End")
        expect(speed).to_have_attribute("aria-valuetext", "all at once")
        expect_data(player, pixel=784)

    def test_a_click_selects_a_digit_and_tells_python(self, page: Page) -> None:
        player = opened(page, "/widget_player")
        grid = player.locator("canvas").first
        grid.click(position=cell_center(grid, 1, 2, size=4))
        expect_data(player, selected=6)
        says(page, "event: PlayerEvent(image=6, row=None, column=None, channel=None, level=None)")

    def test_a_click_into_the_large_digit_winds_back_to_that_pixel(self, page: Page) -> None:
        player = opened(page, "/widget_player")
        portrait = player.locator("canvas.portrait")
        portrait.click(position=cell_center(portrait, 9, 11))
        expect_data(player, pixel=9 * 28 + 11 + 1, playing="false")
        says(page, "event: PlayerEvent(image=0, row=9, column=11, channel=0, level=None)")

    def test_given_pixels_are_there_at_once_and_are_skipped(self, page: Page) -> None:
        player = opened(page, "/widget_player?show=completion")
        page.keyboard.press("r")
        expect_data(player, pixel=0, total=16 * 28)
        portrait = player.locator("canvas.portrait")
        paper, hatched = canvas_color(portrait, 3, 3), canvas_color(portrait, 20, 3)
        assert min(paper) > 235
        assert max(hatched) < 235
        player.get_by_role("button", name="One pixel on").click()
        expect(player.get_by_role("status")).to_contain_text("pixel 337 of 784 · row 12, column 0")

    def test_colours_appear_red_then_green_then_blue(self, page: Page) -> None:
        player = opened(page, "/widget_player?show=colour")
        slider = player.get_by_role("slider", name="Pixels drawn")
        portrait = player.locator("canvas.portrait")
        row, column = 7, 10  # an inked cell of the first picture
        first = 3 * (row * 28 + column)
        for channel, color in enumerate([[255, 0, 0], [255, 128, 0], [255, 128, 51]]):
            slider.fill(str(first + channel + 1))
            name = ("red", "green", "blue")[channel]
            expect(player.get_by_role("status")).to_contain_text(f"{name}: chose level")
            assert canvas_color(portrait, row, column) == color

    def test_sixteen_levels_have_a_histogram(self, page: Page) -> None:
        player = opened(page, "/widget_player?show=levels")
        player.get_by_role("slider", name="Pixels drawn").fill("300")
        expect(player.locator(".histogram")).to_be_visible()
        expect(player.locator(".inkbar")).to_be_hidden()
        expect(player.get_by_role("status")).to_contain_text(re.compile(r"of 0–15 · p = 0\.\d\d"))

    def test_who_prefers_no_motion_sees_the_finished_picture(
        self, browser: Browser, widgets_address: str
    ) -> None:
        context = browser.new_context(base_url=widgets_address, reduced_motion="reduce")
        player = opened(context.new_page(), "/widget_player")
        expect_data(player, pixel=784, playing="false")
        context.close()

    def test_frames_are_counted(self, page: Page) -> None:
        player = opened(page, "/widget_player?n=64&speed=100")
        expect(player).to_have_attribute("data-fps", re.compile(r"\d"))


class TestPainter:
    def test_a_stroke_arrives_in_python_cell_by_cell(self, page: Page) -> None:
        painter = opened(page, "/widget_painter")
        painter.get_by_role("slider", name="Brush").fill("1")
        drag(page, painter.locator("canvas.drawing"), (4, 10), (4, 14))
        expect_data(painter, ink=5, given=5, unknown=779)
        says(page, "cells: [(4, 10), (4, 11), (4, 12), (4, 13), (4, 14)]")
        says(page, "python: 5 ink, 5 given, revision 0")

    def test_undo_redo_and_clear(self, page: Page) -> None:
        painter = opened(page, "/widget_painter")
        canvas = painter.locator("canvas.drawing")
        drag(page, canvas, (4, 10), (4, 14))
        drag(page, canvas, (12, 10), (18, 10))
        both = painter.get_attribute("data-ink")
        painter.get_by_role("button", name="Undo").click()
        first = painter.get_attribute("data-ink")
        assert int(first or 0) < int(both or 0)
        painter.get_by_role("button", name="Redo").click()
        expect_data(painter, ink=both)
        canvas.press("Control+z")
        expect_data(painter, ink=first)
        says(page, f"python: {first} ink")
        painter.get_by_role("button", name="Clear").click()
        expect_data(painter, unknown=784)
        painter.get_by_role("button", name="Undo").click()
        expect_data(painter, ink=first)

    def test_sixty_strokes_can_be_undone(self, page: Page) -> None:
        painter = opened(page, "/widget_painter")
        painter.get_by_role("slider", name="Brush").fill("1")
        canvas = painter.locator("canvas.drawing")
        canvas.focus()
        for _ in range(3):
            for _ in range(20):
                page.keyboard.press(" ")
                page.keyboard.press("ArrowRight")
            page.keyboard.press("ArrowDown")
            for _ in range(20):
                page.keyboard.press("ArrowLeft")
        expect_data(painter, ink=60, undo=60)
        for _ in range(60):
            page.keyboard.press("z")
        expect_data(painter, ink=0, unknown=784, undo=0)

    def test_undo_and_redo_in_haste_keep_the_connection(self, page: Page) -> None:
        """A payload that came back to an older form ended it: see widgets/payload.py."""
        painter = opened(page, "/widget_painter")
        canvas = painter.locator("canvas.drawing")
        canvas.focus()
        for _ in range(6):
            page.keyboard.press(" ")
            page.keyboard.press("ArrowRight")
            page.wait_for_timeout(100)
        for turn in range(60):
            page.keyboard.press("zzzyyy"[turn % 6])
            page.wait_for_timeout(30 + 37 * (turn % 5))
        idle(page)
        says(page, f"python: {painter.get_attribute('data-ink')} ink")
        expect(page.get_by_text("Connection error")).to_have_count(0)

    def test_a_drawing_outlives_a_visit_to_another_page(self, page: Page) -> None:
        painter = opened(page, "/widget_painter")
        drag(page, painter.locator("canvas.drawing"), (4, 10), (9, 14))
        ink = painter.get_attribute("data-ink")
        says(page, f"python: {ink} ink")
        page.get_by_role("link", name="grids").click()
        expect(page.locator("canvas.cells").first).to_be_visible()
        page.get_by_role("link", name="painter").click()
        expect_data(page.locator(".lab").first, ink=ink)
        says(page, f"python: {ink} ink")

    def test_eraser_gives_paper_and_the_third_brush_takes_it_back(self, page: Page) -> None:
        painter = opened(page, "/widget_painter")
        painter.get_by_role("slider", name="Brush").fill("1")
        canvas = painter.locator("canvas.drawing")
        drag(page, canvas, (4, 10), (4, 14))
        painter.get_by_role("button", name="Eraser").click()
        drag(page, canvas, (4, 13), (4, 16))
        expect_data(painter, ink=3, given=7)
        painter.get_by_role("button", name="Unknown").click()
        drag(page, canvas, (4, 10), (4, 11))
        expect_data(painter, ink=1, given=5)
        says(page, "cells: [(4, 12)]")

    def test_a_finger_draws_and_does_not_scroll(
        self, browser: Browser, widgets_address: str
    ) -> None:
        context = browser.new_context(
            base_url=widgets_address,
            has_touch=True,
            viewport={"width": 390, "height": 700},
            device_scale_factor=2,
        )
        page = context.new_page()
        painter = opened(page, "/widget_painter")
        painter.get_by_role("slider", name="Brush").fill("1")
        canvas = painter.locator("canvas.drawing")
        box = canvas.bounding_box()
        assert box is not None
        touch = context.new_cdp_session(page)

        def send(kind: str, *cells: tuple[int, int]) -> None:
            at = [cell_center(canvas, row, column) for row, column in cells]
            points = [{"x": box["x"] + spot["x"], "y": box["y"] + spot["y"]} for spot in at]
            event: dict[str, Any] = {"type": kind, "touchPoints": points}
            touch.send("Input.dispatchTouchEvent", event)

        send("touchStart", (6, 9))
        for row in range(7, 13):
            send("touchMove", (row, 9))
        send("touchEnd")
        expect_data(painter, ink=7)
        says(page, "cells: [(6, 9), (7, 9), (8, 9), (9, 9), (10, 9), (11, 9), (12, 9)]")
        assert canvas.bounding_box() == box
        context.close()

    def test_the_line_is_dragged_as_one_step_and_keeps_what_it_hides(self, page: Page) -> None:
        painter = opened(page, "/widget_painter?start=digit")
        expect_data(painter, line=14, given=14 * 28)
        ink = painter.get_attribute("data-ink")
        canvas, grip = painter.locator("canvas.drawing"), painter.locator(".grip")
        board, handle = canvas.bounding_box(), grip.bounding_box()
        assert board is not None
        assert handle is not None
        x, y = handle["x"] + 22, handle["y"] + 22
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x, board["y"] + board["height"] * 4 / 28, steps=5)
        page.mouse.move(x, board["y"] + board["height"] * 20 / 28, steps=5)
        page.mouse.up()
        expect_data(painter, line=20, given=20 * 28, undo=1)
        says(page, f"{20 * 28} given")
        painter.get_by_role("button", name="Undo").click()
        expect_data(painter, line=14, ink=ink)

    def test_the_line_has_a_slider_for_the_keyboard(self, page: Page) -> None:
        painter = opened(page, "/widget_painter?start=digit")
        line = painter.get_by_role("slider", name="Given down to this row")
        line.press("ArrowRight")
        expect_data(painter, line=15, given=15 * 28)
        line.press("Home")
        expect_data(painter, line=0, given=0)
        line.press("End")
        expect_data(painter, unknown=0)
        says(page, "784 given")

    def test_new_content_comes_with_a_new_revision_and_can_be_undone(self, page: Page) -> None:
        painter = opened(page, "/widget_painter")
        drag(page, painter.locator("canvas.drawing"), (20, 4), (20, 9))
        mine = painter.get_attribute("data-ink")
        page.get_by_role("button", name="Load a digit").click()
        expect_data(painter, revision=1, given=14 * 28)
        says(page, "revision 1")
        painter.get_by_role("button", name="Undo").click()
        expect_data(painter, ink=mine, given=mine)
        says(page, f"python: {mine} ink, {mine} given, revision 1")

    def test_grey_levels_have_a_soft_edge(self, page: Page) -> None:
        painter = opened(page, "/widget_painter?levels=16")
        canvas = painter.locator("canvas.drawing")
        drag(page, canvas, (8, 8), (8, 16))
        says(page, "top level: 15")
        reds = {canvas_color(canvas, row, 12)[0] for row in range(5, 12)}
        assert len(reds) >= 3  # ink, its edge, and what is unknown

    def test_cells_are_painted_and_read_by_keyboard(self, page: Page) -> None:
        painter = opened(page, "/widget_painter")
        painter.get_by_role("slider", name="Brush").fill("1")
        canvas = painter.locator("canvas.drawing")
        canvas.focus()
        for key in ("ArrowDown", "ArrowDown", "ArrowRight", "Enter"):
            page.keyboard.press(key)
        says(page, "cells: [(2, 1)]")
        expect(painter.get_by_role("status")).to_have_text("row 2, column 1: ink")
        page.keyboard.press("e")
        page.keyboard.press("Enter")
        expect(painter.get_by_role("status")).to_have_text("row 2, column 1: paper")


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
        expect(gallery.locator(".heading")).to_contain_text("1 the same everywhere")
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
