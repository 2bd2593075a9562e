"""Pictures of one's own in a browser: made smaller before they are sent, and shown as they are."""

import io
import zipfile
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import numpy as np
import torch
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from pixelcnn.data.own import unpack_own
from pixelcnn.data.registry import load_data
from tests.browser.conftest import PageFactory
from tests.browser.serving import goto, idle
from tests.pictures.cases import dark, digits, encoded, photograph, turned

PHOTOS = ".st-key-own-photos input[type=file]"
FILES = ".st-key-own-files input[type=file]"


def runs_of(page: Page, tmp: Path) -> list[Path]:
    """The folders of own pictures that any server of these tests has kept, the newest last."""
    found = tmp.parent.rglob("own.npz")
    return sorted(found, key=lambda path: path.stat().st_mtime)


def tiles_on(page: Page, size: int, count: int) -> list[bytes]:
    """The pixels of each picture on the contact sheet, as the browser shows them."""
    image = page.locator(".st-key-own-sheet img")
    expect(image).to_be_visible()
    address = image.evaluate("one => one.currentSrc || one.src")
    sheet = np.asarray(Image.open(io.BytesIO(page.request.get(address).body())))[..., 0]
    step = 2 * size + 1
    columns = (sheet.shape[1] - 1) // step
    tiles = []
    for at in range(count):
        row, column = divmod(at, columns)
        top, left = 1 + row * step, 1 + column * step
        tile = sheet[top : top + 2 * size : 2, left : left + 2 * size : 2]
        tiles.append((tile // 255).astype(np.uint8).tobytes())
    return tiles


def test_the_contact_sheet_is_bit_for_bit_what_training_gets(page: Page, tmp_path: Path) -> None:
    greys, _ = digits(12, seed=7)
    goto(page, "/")
    goto(page, "/train?source=files")
    page.locator(FILES).set_input_files(
        [
            {
                "name": f"{at}.png",
                "mimeType": "image/png",
                "buffer": encoded(dark(grey, 200)),
            }
            for at, grey in enumerate(greys)
        ]
        + [{"name": "notes.txt", "mimeType": "text/plain", "buffer": b"hello"}]
    )
    page.wait_for_url("**own=**")
    idle(page)
    expect(page.get_by_text("12 pictures. Below is what the network gets")).to_be_visible()
    expect(page.get_by_text("Left out: 1")).to_be_visible()
    shown = tiles_on(page, 14, 12)

    page.get_by_role("button", name="Play").click()
    page.wait_for_url("**run=**")
    run = parse_qs(urlparse(page.url).query)["run"][0]
    [packed] = [path for path in runs_of(page, tmp_path) if path.parent.name == run]
    data = load_data("own", root=packed.parent, size=14)
    shifts = 9  # every picture to learn from also one pixel up, down, left and right
    learnt = len(data.train.images) // shifts
    middle = data.train.images[learnt * 4 : learnt * 5]
    images = torch.cat([middle, data.test.images])
    assert sorted(image.numpy().tobytes() for image in images) == sorted(shown)
    page.get_by_role("button", name="Stop").click()


MARKUP = ("**a** $x$ `c` <b>z :smile: ->", "_b_ [l](x) ![p](x.png) ~~s~~ www.x.org")
PICTURE = "![p](http://192.0.2.1/p.png) <i>.png"


def test_markup_in_names_is_shown_as_plain_text(page: Page) -> None:
    greys, _ = digits(12, seed=7)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for at, grey in enumerate([*greys, greys[0]]):
            archive.writestr(f"{MARKUP[at % 2]}/{at} {PICTURE}", encoded(dark(grey, 200)))
        archive.writestr(f"{MARKUP[0]}/{PICTURE}.exe", b"")
    goto(page, "/")
    goto(page, "/train?source=files")
    page.locator(FILES).set_input_files(
        [{"name": "![p](x).zip", "mimeType": "application/zip", "buffer": packed.getvalue()}]
    )
    page.wait_for_url("**own=**")
    idle(page)
    page.get_by_text("Left out: 1").click()
    visible = page.locator("[data-testid=stMain]")
    told = (visible.text_content() or "").replace("\u2060", "")
    for text in (*MARKUP, f"12 {PICTURE}"):
        assert text in told
    captions = visible.locator("[data-testid=stCaptionContainer]")
    assert captions.locator("a, img, strong, em, code, del, b, .katex").count() == 0
    assert (
        visible.locator("img[src*='x.png'], img[src*='192.0.2.1'], a[href*=example]").count() == 0
    )


def test_photographs_are_made_smaller_and_upright_before_they_are_sent(
    page: Page, tmp_path: Path
) -> None:
    greys, _ = digits(6, seed=8)
    dice = np.random.default_rng(0)
    photos = [
        turned(photograph(grey, dice, height=1800, width=2400), (1, 3, 6, 8)[at % 4])
        for at, grey in enumerate(greys)
    ]
    goto(page, "/train?source=files")
    page.locator(PHOTOS).set_input_files(
        [
            {"name": f"{at}.jpg", "mimeType": "image/jpeg", "buffer": content}
            for at, content in enumerate(photos)
        ]
    )
    page.wait_for_url("**own=**")
    idle(page)
    expect(page.get_by_text("6 photos sent")).to_be_visible()
    expect(page.get_by_text("6 pictures. Below is what the network gets")).to_be_visible()
    images, _ = unpack_own(runs_of(page, tmp_path)[-1].read_bytes())
    assert images.names == tuple(f"{at}.jpg" for at in range(6))
    # Each is the digit that was photographed, upright: of all digits it is most like its own.
    small = images.greys[:, 0].reshape(6, 28, 4, 28, 4).mean(axis=(2, 4)).reshape(6, -1)
    known = greys.reshape(6, -1).astype(float)
    likeness = np.corrcoef(small, known)[:6, 6:]
    assert likeness.argmax(axis=1).tolist() == list(range(6))
    assert likeness.diagonal().min() > 0.6


def test_a_picture_can_be_left_out_and_put_back_on_the_page(page: Page) -> None:
    greys, _ = digits(8, seed=9)
    goto(page, "/train?source=files")
    files = [(f"{at}.png", encoded(dark(grey, 100))) for at, grey in enumerate(greys)]
    files.append(("twin.png", files[0][1]))
    page.locator(FILES).set_input_files(
        [{"name": name, "mimeType": "image/png", "buffer": content} for name, content in files]
    )
    expect(page.get_by_text("9 pictures. Below is what the network gets")).to_be_visible()
    expect(page.get_by_text("twin.png, the same as 0.png")).to_be_visible()
    idle(page)
    page.get_by_role("button", name="Leave out").first.click()
    expect(page.get_by_text("8 pictures. Below is what the network gets")).to_be_visible()
    idle(page)
    page.get_by_role("button", name="Put back").first.click()
    expect(page.get_by_text("9 pictures. Below is what the network gets")).to_be_visible()
    idle(page)


def draw_a_line(board: Locator, row: float) -> None:
    """One stroke across the paper, at a share of its height."""
    expect(board).to_be_visible()
    box = board.bounding_box()
    assert box is not None
    mouse, y = board.page.mouse, box["y"] + row * box["height"]
    mouse.move(box["x"] + 0.2 * box["width"], y)
    mouse.down()
    mouse.move(box["x"] + 0.8 * box["width"], y, steps=6)
    mouse.up()


def test_a_class_pools_its_drawings_and_the_teacher_trains_on_them(
    page: Page, watch: PageFactory, app_address: str
) -> None:
    goto(page, "/train?source=drawings")
    page.get_by_role("button", name="Collect from the class").click()
    page.wait_for_url("**pool=**")
    idle(page)
    student = watch(app_address).page
    goto(student, page.url.removeprefix(app_address))
    for number in range(5):
        board = student.get_by_role("application", name=f"Sign no. {number + 1}")
        draw_a_line(board, 0.2 + 0.12 * number)
        student.get_by_role("button", name="Put it on the pile").click()
        # The teacher does nothing, and sees the pile grow.
        plural = "" if number == 0 else "s"
        expect(page.get_by_text(f"{number + 1} drawing{plural} from the class")).to_be_visible()
        idle(student)
    page.get_by_role("button", name="Take these 5 to train on").click()
    page.wait_for_url("**own=**")
    expect(page.get_by_text("5 pictures. Below is what the network gets")).to_be_visible()
    shown = tiles_on(page, 14, 5)
    assert len(set(shown)) == 5
    rows = [
        int(np.frombuffer(tile, np.uint8).reshape(14, 14).any(axis=1).argmax()) for tile in shown
    ]
    assert rows == sorted(rows)
    assert len(set(rows)) == 5
