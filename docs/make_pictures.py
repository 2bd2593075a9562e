"""Make the README's animated pictures: the app in a real browser, page by page.

    python docs/make_pictures.py            # all pages that app.py lists
    python docs/make_pictures.py masks draw # these two

Needs the tests' packages and a Chromium. Starts its own server, acts out a visit on each page, and
writes docs/pages/NAME.webp, each below 400 kB.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from pixelcnn.data.animation import animated_image  # noqa: E402
from tests.browser.serving import CHROMIUM_FLAGS, find_chromium, goto, idle, serve  # noqa: E402

FOLDER = ROOT / "docs" / "pages"
_WINDOW = {"width": 1280, "height": 860}
_SIDEBAR = 305  # CSS pixels, cropped from the pictures
_WIDTH = 760  # of a picture
_LARGEST = 400_000  # bytes
_PATIENCE = 60_000  # milliseconds
_ARRIVAL = 1500  # milliseconds until a page's widgets have loaded


class Camera:
    """Takes screenshots of a page, each with its display time in milliseconds."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._frames: list[Image.Image] = []
        self._shown: list[int] = []

    def take(self, count: int = 1, *, wait: int = 150, shown: int = 250) -> None:
        for _ in range(count):
            self._page.wait_for_timeout(wait)
            clip = {"x": _SIDEBAR, "y": 0, "width": 0, "height": _WINDOW["height"]}
            clip["width"] = _WINDOW["width"] - _SIDEBAR
            shot = Image.open(io.BytesIO(self._page.screenshot(clip=clip))).convert("RGB")
            height = round(shot.height * _WIDTH / shot.width)
            self._frames.append(shot.resize((_WIDTH, height), Image.Resampling.LANCZOS))
            self._shown.append(shown)

    def save(self, path: Path) -> int:
        """Write the animation in the best quality below the size limit; returns its bytes."""
        self._shown[-1] = 1500
        for quality in (70, 55, 40, 25):
            content = animated_image(self._frames, self._shown, quality=quality)
            if len(content) < _LARGEST:
                break
        path.write_bytes(content)
        return len(content)


# ---------------------------------------------------------------- visits


def widgets(page: Page) -> Locator:
    """The widgets of the page itself, without the frame's."""
    return page.get_by_test_id("stMain").locator(".lab")


def watch(page: Page, camera: Camera) -> None:
    """Only watch: the film plays by itself."""
    camera.take(16, wait=250)


def start(page: Page, camera: Camera) -> None:
    """Let the film play, then stop and step."""
    camera.take(12, wait=250)
    page.keyboard.press("Space")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
        camera.take(shown=500)


def lesson_plan(page: Page, camera: Camera) -> None:
    page.keyboard.press("Space")
    camera.take(shown=1200)
    for _ in range(3):
        page.keyboard.press("ArrowRight")
        idle(page)
        camera.take(wait=600, shown=1200)
    page.locator('[data-testid="stMain"] details summary').first.click()
    camera.take(wait=600, shown=1500)


def masks(page: Page, camera: Camera) -> None:
    page.keyboard.press("r")
    camera.take(wait=400, shown=900)
    page.keyboard.press("Space")
    camera.take(12, wait=200)
    canvas = page.locator(".reachgrid canvas").first
    for x, y in ((200, 120), (150, 160), (90, 200), (60, 230)):
        canvas.click(position={"x": x, "y": y})
        camera.take(wait=400, shown=600)


def break_it(page: Page, camera: Camera) -> None:
    camera.take(shown=1500)
    scroll(page, camera, 12)


def draw(page: Page, camera: Camera) -> None:
    page.get_by_role("button", name="Blank paper").click()
    camera.take(wait=1500, shown=700)
    canvas = widgets(page).locator("canvas:visible").first
    box = canvas.bounding_box()
    assert box is not None
    cell = box["width"] / 28
    path = [(9, 8), (9, 12), (8, 16), (8, 19), (11, 18), (13, 16)]
    page.mouse.move(box["x"] + path[0][1] * cell, box["y"] + path[0][0] * cell)
    page.mouse.down()
    for row, column in path[1:]:
        page.mouse.move(box["x"] + column * cell, box["y"] + row * cell, steps=4)
        camera.take(wait=500, shown=450)
    page.mouse.up()
    camera.take(2, wait=1200, shown=900)


def features(page: Page, camera: Camera) -> None:
    camera.take(shown=900)
    page.get_by_role("tab", selected=True).first.focus()
    for _ in range(6):
        page.keyboard.press("ArrowRight")
        camera.take(wait=500, shown=800)
    scroll(page, camera, 4)


def one_pixel(page: Page, camera: Camera) -> None:
    canvas = widgets(page).locator("canvas:visible").first
    canvas.scroll_into_view_if_needed()
    canvas.click(position={"x": 100, "y": 90})
    for key in ("ArrowRight",) * 4 + ("ArrowDown",) * 6:
        page.keyboard.press(key)
        camera.take(wait=500, shown=450)


def scroll(page: Page, camera: Camera, steps: int) -> None:
    for _ in range(steps):
        page.mouse.move(800, 500)
        page.mouse.wheel(0, 130)
        camera.take(wait=350, shown=300)


def look_around(page: Page, camera: Camera) -> None:
    """Wait for the first content, then scroll down."""
    camera.take(6, wait=700, shown=500)
    scroll(page, camera, 8)


VISITS: dict[str, Callable[[Page, Camera], None]] = {
    "start": start,
    "lesson_plan": lesson_plan,
    "masks": masks,
    "break_it": break_it,
    "train": watch,
    "sample": watch,
    "draw": draw,
    "features": features,
    "one_pixel": one_pixel,
    "bytes": look_around,
    "compare": look_around,
    "experiments": look_around,
}


def picture(browser: Browser, address: str, name: str) -> None:
    context = browser.new_context(base_url=address, viewport=_WINDOW, color_scheme="light")
    page = context.new_page()
    page.set_default_timeout(_PATIENCE)
    goto(page, "/" if name == "start" else f"/{name}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    idle(page)
    page.wait_for_timeout(_ARRIVAL)
    expect(page.locator(".lab:not([data-ready])")).to_have_count(0)
    camera = Camera(page)
    VISITS[name](page, camera)
    size = camera.save(FOLDER / f"{name}.webp")
    print(f"{name}: {size / 1000:.0f} kB", flush=True)
    context.close()


def main(names: list[str]) -> int:
    unknown = set(names) - set(VISITS)
    chromium = find_chromium()
    if unknown or chromium is None:
        print(f"unknown: {', '.join(sorted(unknown))}" if unknown else "Chromium was not found.")
        return 2
    FOLDER.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=_PATIENCE)
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        runs = {"PIXELCNN_RUNS": str(Path(temporary) / "runs")}
        with serve(ROOT / "app.py", Path(temporary) / "log", runs) as address:
            browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
            for name in names or VISITS:
                picture(browser, address, name)
            browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
