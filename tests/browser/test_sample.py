"""The page Sample in a browser: play, step, change the options, share the link, take the files."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Download, Page, expect

from pixelcnn.opening import read_opening
from tests.browser.playing import await_pixel, too_wide
from tests.browser.serving import goto, idle


def open_sample(page: Page, query: str = "") -> None:
    goto(page, f"/sample{query}")
    page.locator(".lab[data-total]").wait_for()


def downloaded(page: Page, button: str) -> Download:
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    return download.value


def choose(page: Page, select: str, option: str) -> None:
    page.get_by_role("combobox", name=select).click()
    page.get_by_role("option", name=option, exact=True).click()
    idle(page)


def test_digits_grow_without_a_click(page: Page, screenshot: Callable[[Page, str], Path]) -> None:
    open_sample(page)
    await_pixel(page, "pixel > 400 && pixel < 784")
    expect(page.get_by_role("heading", name="How does a digit appear?")).to_be_visible()
    screenshot(page, "sample")


def test_the_film_can_be_paused_stepped_and_wound_back(page: Page) -> None:
    open_sample(page)
    await_pixel(page, "pixel > 60")
    page.keyboard.press("Space")
    player = page.locator(".lab[data-total]")
    page.get_by_role("slider", name="Pixels drawn").fill("500")
    expect(player).to_have_attribute("data-pixel", "500")
    page.get_by_role("button", name="One row back").click()
    expect(player).to_have_attribute("data-pixel", "472")
    page.get_by_role("button", name="One pixel on").click()
    expect(player).to_have_attribute("data-pixel", "473")
    portrait = page.locator("canvas.portrait")
    box = portrait.bounding_box()
    assert box
    # The centre of row 2, column 3 of 28: steps up to it are 2 * 28 + 3 + 1.
    portrait.click(position={"x": box["width"] * 3.5 / 28, "y": box["height"] * 2.5 / 28})
    expect(player).to_have_attribute("data-pixel", "60")
    expect(page.locator(".place")).to_contain_text("row 2, column 3")


def test_a_click_on_a_digit_shows_its_bits_and_its_map(page: Page) -> None:
    bits = read_opening().bits
    open_sample(page)
    expect(page.get_by_text(f"Sample 1 has {bits[0]:.1f} bits")).to_be_visible()
    grid = page.locator(".stage canvas")
    box = grid.bounding_box()
    assert box
    # The second row and third column of four: sample 7.
    grid.click(position={"x": box["width"] * 2.5 / 4, "y": box["height"] * 1.5 / 4})
    expect(page.get_by_text(f"Sample 7 has {bits[6]:.1f} bits")).to_be_visible()
    expect(page.get_by_text("Entropy of sample 7")).to_be_visible()


def test_options_change_the_film_and_the_link_brings_it_back(page: Page) -> None:
    open_sample(page)
    choose(page, "Digits", "1")
    choose(page, "Label", "3")
    page.get_by_role("button", name="Other digits").click()
    expect(page.get_by_role("spinbutton", name="Seed")).to_have_value("1")
    page.get_by_role("slider", name="Temperature").press("ArrowLeft")
    command = page.get_by_text("--n 1 --label 3 --temperature 0.9 --seed 1")
    expect(command).to_be_visible()
    idle(page)
    told = page.get_by_text("Sample 1 has").inner_text()
    query = page.url.partition("?")[2]
    assert sorted(query.split("&")) == ["label=3", "n=1", "seed=1", "temperature=0.9"]
    open_sample(page, f"?{query}")
    expect(command).to_be_visible()
    expect(page.get_by_text("Sample 1 has")).to_have_text(told)


def test_the_picture_and_the_arrays_can_be_taken(page: Page) -> None:
    open_sample(page)
    film = read_opening()
    picture = downloaded(page, "Picture (.png)")
    assert picture.suggested_filename.endswith("-seed-0.png")
    with Image.open(picture.path()) as sheet:
        assert sheet.width == sheet.height > 4 * 28
    arrays = downloaded(page, "Arrays (.npz)")
    with np.load(io.BytesIO(Path(arrays.path()).read_bytes())) as contents:
        np.testing.assert_array_equal(contents["images"], film.images)
        np.testing.assert_array_equal(contents["uniforms"], film.uniforms)


@pytest.mark.parametrize("width", [1280, 768, 390])
@pytest.mark.parametrize("n", [1, 16])
def test_nothing_is_cut_off(page: Page, width: int, n: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    open_sample(page, f"?n={n}")
    await_pixel(page, "pixel > 10")
    assert not too_wide(page)
