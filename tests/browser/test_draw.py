"""The page Draw & complete in a browser: draw by mouse, touch and keys, and read the endings back.

`settled` compares every cell of the painter with every ending, so that each test here also proves
that given pixels come back as they are.
"""

import io
import re
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Locator, Page, expect

from tests.browser.serving import choose, goto, idle

Cell = tuple[int, int]

INK, PAPER, UNKNOWN = "ink", "paper", "unknown"

# What a cell shows, by its colour: of the painter, or of one ending, where "unknown" is what the
# model drew.
_KINDS = """canvas => {
  const pen = canvas.getContext('2d');
  const pixels = pen.getImageData(0, 0, canvas.width, canvas.height).data;
  const kinds = [];
  for (let row = 0; row < 28; row++) {
    for (let column = 0; column < 28; column++) {
      const x = Math.floor((canvas.width * (column + 0.5)) / 28);
      const y = Math.floor((canvas.height * (row + 0.5)) / 28);
      const at = 4 * (y * canvas.width + x);
      const color = pixels.slice(at, at + 3).join();
      kinds.push({ '22,25,31': 'ink', '253,252,248': 'paper' }[color] ?? 'unknown');
    }
  }
  return kinds;
}"""

_AGREE = f"""([painter, tiles]) => {{
  const kinds = {_KINDS};
  const drawn = kinds(painter).join();
  const canvases = [...tiles.querySelectorAll('canvas')];
  return canvases.length === 9 && canvases.every((canvas) => kinds(canvas).join() === drawn);
}}"""


def open_draw(page: Page, query: str = "") -> None:
    goto(page, f"/draw{query}")
    settled(page)


def painter(page: Page) -> Locator:
    return page.locator("canvas.drawing")


def tiles(page: Page) -> Locator:
    return page.locator(".st-key-endings .tiles")


def settled(page: Page) -> None:
    """Wait until all nine endings show the very drawing that is in the painter."""
    tiles(page).wait_for()
    handles = [painter(page).element_handle(), tiles(page).element_handle()]
    page.wait_for_function(_AGREE, arg=handles)


def kinds(canvas: Locator) -> list[str]:
    found: list[str] = canvas.evaluate(_KINDS)
    return found


def endings(page: Page) -> list[str]:
    """The bitmaps of the nine endings."""
    script = "tiles => [...tiles.querySelectorAll('canvas')].map(canvas => canvas.toDataURL())"
    found: list[str] = tiles(page).evaluate(script)
    return found


def expect_other_endings(page: Page, before: list[str]) -> None:
    page.wait_for_function(
        """([tiles, before]) => [...tiles.querySelectorAll('canvas')]
            .map(canvas => canvas.toDataURL()).join() !== before""",
        arg=[tiles(page).element_handle(), ",".join(before)],
    )


def point(page: Page, cell: Cell) -> tuple[float, float]:
    box = painter(page).bounding_box()
    assert box
    row, column = cell
    return box["x"] + box["width"] * (column + 0.5) / 28, box["y"] + box["height"] * (
        row + 0.5
    ) / 28


def stroke(page: Page, start: Cell, end: Cell) -> None:
    page.mouse.move(*point(page, start))
    page.mouse.down()
    page.mouse.move(*point(page, end), steps=8)
    page.mouse.up()


def thin_pen(page: Page) -> None:
    page.get_by_role("slider", name="Brush size in cells").fill("1")


def row_of(row: int, first: int, last: int) -> list[int]:
    return [28 * row + column for column in range(first, last + 1)]


def test_endings_are_there_and_follow_the_mouse_and_the_line(
    page: Page, screenshot: Callable[[Page, str], Path]
) -> None:
    open_draw(page)
    expect(page.get_by_role("heading", name="Can it finish your drawing?")).to_be_visible()
    drawn = kinds(painter(page))
    assert UNKNOWN not in drawn[: 14 * 28]
    assert set(drawn[14 * 28 :]) == {UNKNOWN}
    assert drawn.count(INK) > 10
    assert len(set(endings(page))) > 1
    screenshot(page, "draw")

    thin_pen(page)
    told = page.get_by_text(re.compile(r"^Your beginning costs [\d.]+ bits"))
    before = told.inner_text()
    stroke(page, (2, 3), (2, 24))
    settled(page)
    assert {kinds(painter(page))[cell] for cell in row_of(2, 3, 24)} == {INK}
    expect(told).not_to_have_text(before)

    line = page.get_by_role("slider", name="Given down to this row")
    line.fill("28")
    expect(page.get_by_text("Nothing is unknown")).to_be_visible()
    settled(page)
    assert UNKNOWN not in kinds(painter(page))
    line.fill("0")
    expect(page.get_by_text("Nothing is given")).to_be_visible()
    settled(page)
    assert set(kinds(painter(page))) == {UNKNOWN}


def test_a_finger_draws_too(page: Page) -> None:
    open_draw(page)
    thin_pen(page)
    touch = page.context.new_cdp_session(page)

    def send(kind: str, *cells: Cell) -> None:
        places = [dict(zip("xy", point(page, cell), strict=True)) for cell in cells]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    send("touchStart", (3, 4))
    for column in range(5, 21):
        send("touchMove", (3, column))
    send("touchEnd")
    settled(page)
    assert {kinds(painter(page))[cell] for cell in row_of(3, 4, 20)} == {INK}


def test_keys_draw_undo_and_brush_unknown(page: Page) -> None:
    open_draw(page)
    thin_pen(page)
    start = kinds(painter(page))
    painter(page).focus()
    for key in ("ArrowDown", "ArrowRight", " ", "ArrowRight", " "):
        page.keyboard.press(key)
    settled(page)
    assert [kinds(painter(page))[cell] for cell in row_of(1, 0, 3)] == [PAPER, INK, INK, PAPER]
    page.keyboard.press("z")
    page.keyboard.press("z")
    settled(page)
    assert kinds(painter(page)) == start
    page.keyboard.press("u")
    page.keyboard.press(" ")
    settled(page)
    assert kinds(painter(page))[28 + 2] == UNKNOWN
    expect(page.get_by_text("come after an unknown one")).to_be_visible()


def test_strokes_on_unknown_cells_can_become_a_beginning(page: Page) -> None:
    open_draw(page)
    thin_pen(page)
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_text("Nothing is given")).to_be_visible()
    stroke(page, (6, 8), (6, 19))
    expect(page.get_by_text("12 of 12 given pixels come after an unknown one")).to_be_visible()
    page.get_by_role("button", name="Also give the paper above it").click()
    expect(page.get_by_text("come after an unknown one")).to_have_count(0)
    settled(page)
    drawn = kinds(painter(page))
    assert [cell for cell in range(784) if drawn[cell] == INK] == row_of(6, 8, 19)
    assert drawn.count(UNKNOWN) == 21 * 28


def test_options_leave_the_drawing_alone_and_the_link_brings_them_back(page: Page) -> None:
    open_draw(page)
    stroke(page, (10, 4), (11, 8))
    settled(page)
    drawn, before = kinds(painter(page)), endings(page)
    page.get_by_role("button", name="Other endings").click()
    expect_other_endings(page, before)
    assert kinds(painter(page)) == drawn
    expect(page.locator(".lab:has(canvas.drawing)")).to_have_attribute("data-undo", "1")
    choose(page, "Which digit is it?", "3")
    expect(tiles(page).locator("figcaption").first).to_have_text("3")
    page.get_by_role("slider", name="Temperature").press("ArrowLeft")
    page.wait_for_url("**temperature=0.9**")
    query = page.url.partition("?")[2]
    assert {"label=3", "seed=1", "temperature=0.9"} < set(query.split("&"))
    open_draw(page)
    plain = endings(page)
    open_draw(page, f"?{query}")
    assert kinds(painter(page)) == drawn
    linked = endings(page)
    assert linked != plain
    open_draw(page, f"?{query}")
    assert endings(page) == linked


def test_another_digit_and_blank_paper_replace_the_drawing_and_undo_brings_it_back(
    page: Page,
) -> None:
    open_draw(page)
    first = kinds(painter(page))
    page.get_by_role("button", name="Blank paper").click()
    page.wait_for_function(f"canvas => !({_KINDS})(canvas).includes('ink')", arg=handle(page))
    settled(page)
    page.get_by_role("button", name="Another digit").click()
    page.wait_for_function(f"canvas => ({_KINDS})(canvas).includes('ink')", arg=handle(page))
    settled(page)
    for _ in range(2):
        page.get_by_role("button", name="Undo").click()
    settled(page)
    assert kinds(painter(page)) == first


def handle(page: Page) -> object:
    return painter(page).element_handle()


def test_the_drawing_waits_while_another_page_is_visited(page: Page) -> None:
    open_draw(page)
    stroke(page, (10, 4), (11, 8))
    settled(page)
    idle(page)
    drawn = kinds(painter(page))
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Start").click()
    page.get_by_role("link", name="Can it finish your drawing?").click()
    settled(page)
    assert kinds(painter(page)) == drawn


def test_a_picture_can_be_uploaded_and_a_bad_one_is_refused(page: Page) -> None:
    open_draw(page)
    first = kinds(painter(page))
    page.get_by_role("button", name="Your picture").click()
    uploader = page.get_by_test_id("stFileUploaderDropzoneInput")
    uploader.set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": b"no picture"})
    expect(page.get_by_text("cannot be read as a picture")).to_be_visible()
    settled(page)
    assert kinds(painter(page)) == first
    file = io.BytesIO()
    image = Image.new("L", (300, 400), 255)
    ImageDraw.Draw(image).line([(150, 50), (150, 350)], 0, 30)
    image.save(file, "PNG")
    uploader.set_input_files(
        {"name": "one.png", "mimeType": "image/png", "buffer": file.getvalue()}
    )
    expect(uploader).to_have_count(0)
    page.wait_for_function(
        f"([canvas, first]) => ({_KINDS})(canvas).join() !== first",
        arg=[handle(page), ",".join(first)],
    )
    settled(page)
    drawn = kinds(painter(page))
    assert {cell % 28 for cell in range(784) if drawn[cell] == INK} <= set(range(12, 16))


def test_on_a_phone_the_endings_lie_above_the_painter(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_draw(page)
    above, below = tiles(page).bounding_box(), painter(page).bounding_box()
    assert above
    assert below
    assert above["y"] + above["height"] < below["y"]
    assert below["y"] + below["height"] - above["y"] < 844, "they do not fit on the screen together"
