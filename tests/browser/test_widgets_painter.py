"""The painter in a real browser: mouse, touch and keys, and what Python then reads."""

from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.browser.serving import idle
from tests.browser.widget_pages import (
    canvas_color,
    cell_center,
    drag,
    expect_data,
    opened,
    page,
    says,
)

__all__ = ["page"]  # a fixture


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
        """A payload that came back to an older form ended it: see widgets/base/payload.py."""
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
