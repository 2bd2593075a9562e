"""The page Sample in a browser: play, step, change the options, share the link, take the files."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Download, Page, expect

from pixelcnn.film.opening import read_opening
from tests.browser.playing import await_pixel, click_pixel
from tests.browser.serving import choose, goto, idle

# How many frames the browser shows in so many milliseconds.
COUNT_FRAMES = """duration => new Promise((resolve) => {
    let frames = 0;
    const end = performance.now() + duration;
    const next = (now) => (now < end ? (frames++, requestAnimationFrame(next)) : resolve(frames));
    requestAnimationFrame(next);
})"""


def open_sample(page: Page, query: str = "") -> None:
    goto(page, f"/sample{query}")
    page.locator(".lab[data-total]").wait_for()


def downloaded(page: Page, button: str) -> Download:
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    return download.value


def test_digits_grow_without_a_click_and_can_be_paused_stepped_wound_back_and_chosen(
    page: Page, screenshot: Callable[[Page, str], Path]
) -> None:
    bits = read_opening().bits
    open_sample(page)
    await_pixel(page, "pixel > 400 && pixel < 784")
    expect(page.get_by_role("heading", name="How does a digit appear?")).to_be_visible()
    expect(page.get_by_text(f"Sample 1 costs {bits[0]:.1f} bits")).to_be_visible()
    screenshot(page, "sample")

    page.keyboard.press("Space")
    player = page.locator(".lab[data-total]")
    page.get_by_role("slider", name="Pixels drawn").fill("500")
    expect(player).to_have_attribute("data-pixel", "500")
    page.get_by_role("button", name="Previous row").click()
    expect(player).to_have_attribute("data-pixel", "472")
    page.get_by_role("button", name="Next pixel").click()
    expect(player).to_have_attribute("data-pixel", "473")
    click_pixel(page, 2, 3)  # steps up to it are 2 * 28 + 3 + 1
    expect(player).to_have_attribute("data-pixel", "60")
    expect(page.locator(".place")).to_contain_text("row 2, column 3")
    page.keyboard.press("ArrowRight")  # the keys go on from the pixel that was clicked
    expect(player).to_have_attribute("data-pixel", "61")

    grid = page.locator(".stage canvas")
    box = grid.bounding_box()
    assert box
    # The second row and third column of four: sample 7.
    grid.click(position={"x": box["width"] * 2.5 / 4, "y": box["height"] * 1.5 / 4})
    expect(page.get_by_text(f"Sample 7 costs {bits[6]:.1f} bits")).to_be_visible()
    expect(page.get_by_text("Entropy of sample 7")).to_be_visible()


def test_another_value_grows_a_branch_and_the_link_brings_it_back(
    page: Page, screenshot: Callable[[Page, str], Path]
) -> None:
    opening = read_opening()
    open_sample(page)
    click_pixel(page, 12, 14)
    assert opening.images[0, 0, 12, 14] == 0
    page.get_by_role("button", name="What if it were ink?").click()
    told = page.get_by_text("Branch 1 is sample 1 with ink instead of paper at row 12, column 14")
    expect(told).to_be_visible()
    await_pixel(page, "pixel > 12 * 28 + 14")
    screenshot(page, "sample-branch")
    player = page.locator(".lab[data-total]")
    expect(player).to_have_attribute("data-selected", "1")
    # A branch of the branch, at a pixel after its own; the one before it belongs to the parent.
    click_pixel(page, 12, 13)
    expect(page.get_by_role("button", name="Same as in the parent")).to_be_disabled()
    click_pixel(page, 19, 10)
    page.get_by_role("button", name="What if it were").click()
    second = page.get_by_text("Branch 2 is branch 1 with")
    expect(second).to_be_visible()
    idle(page)
    query = page.url.partition("?")[2]
    assert "show=Branches" in query
    words, bits = second.inner_text(), page.get_by_text("Branch 2 costs").inner_text()
    open_sample(page, f"?{query}")
    expect(page.get_by_text("Branch 2 is branch 1 with")).to_have_text(words)
    expect(page.get_by_text("Branch 2 costs")).to_have_text(bits)
    page.get_by_role("button", name="Remove all branches").click()
    expect(page.get_by_text("Sample 1 costs")).to_be_visible()
    idle(page)
    assert "tree=" not in page.url


def test_the_lines_of_the_loop_light_up_one_after_the_other(page: Page) -> None:
    open_sample(page)
    page.get_by_role("slider", name="Speed").fill("0")  # a pixel a second
    for line in range(3):
        expect(page.locator(".loop li").nth(line)).to_have_class("lit")
    page.keyboard.press("Space")
    expect(page.locator(".loop .lit")).to_have_count(0)


def test_entropy_and_surprise_take_the_place_of_the_pixels(page: Page) -> None:
    open_sample(page)
    idle(page)
    player, portrait = page.locator(".lab[data-total]"), page.locator("canvas.portrait")
    page.get_by_role("slider", name="Pixels drawn").fill("784")
    expect(player).to_have_attribute("data-pixel", "784")
    pictures = [portrait.evaluate("canvas => canvas.toDataURL()")]
    for view in ("entropy", "surprise", "pixels"):
        page.get_by_role("combobox", name="What the colours show").select_option(view)
        expect(player).to_have_attribute("data-view", view)
        pictures.append(portrait.evaluate("canvas => canvas.toDataURL()"))
    assert [pictures.index(one) for one in pictures] == [0, 1, 2, 0]


def test_the_race_is_run_and_shown_at_its_own_speed(page: Page) -> None:
    open_sample(page)
    page.get_by_role("button", name="Start the race").click()
    expect(page.get_by_text("times faster")).to_be_visible()
    lanes = page.locator(".lane .note")
    expect(lanes.nth(1)).to_have_text("done")
    assert lanes.nth(0).inner_text() != "done"


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
    told = page.get_by_text("Sample 1 costs").inner_text()
    query = page.url.partition("?")[2]
    assert sorted(query.split("&")) == ["label=3", "n=1", "seed=1", "temperature=0.9"]
    open_sample(page, f"?{query}")
    expect(command).to_be_visible()
    expect(page.get_by_text("Sample 1 costs")).to_have_text(told)


def test_the_picture_and_the_arrays_can_be_taken(page: Page) -> None:
    open_sample(page)
    film = read_opening()
    picture = downloaded(page, "Picture (.png)")
    assert picture.suggested_filename.endswith("-seed-0.png")
    with Image.open(picture.path()) as sheet:
        assert sheet.width == sheet.height > 4 * 28
    moving = downloaded(page, "Film (.webp)")
    with Image.open(moving.path()) as animation:
        assert animation.n_frames > 50
    arrays = downloaded(page, "Arrays (.npz)")
    with np.load(io.BytesIO(Path(arrays.path()).read_bytes())) as contents:
        np.testing.assert_array_equal(contents["images"], film.images)
        np.testing.assert_array_equal(contents["uniforms"], film.uniforms)


def test_a_frame_of_64_digits_costs_far_less_than_a_sixtieth_of_a_second(page: Page) -> None:
    """Counted in time of the processor, so that busy neighbours do not matter."""
    open_sample(page, "?n=64")
    page.get_by_role("slider", name="Speed").fill("4")
    page.keyboard.press("r")
    browser = page.context.new_cdp_session(page)
    browser.send("Performance.enable", {"timeDomain": "threadTicks"})

    def busy() -> float:
        metrics = browser.send("Performance.getMetrics")["metrics"]
        return next(one["value"] for one in metrics if one["name"] == "TaskDuration")

    page.get_by_role("button", name="Play (Space)").click()
    before = busy()
    frames = page.evaluate(COUNT_FRAMES, 2000)
    milliseconds = 1000 * (busy() - before) / frames
    print(f"{frames / 2:.0f} frames a second, {milliseconds:.1f} ms of the processor each")
    assert milliseconds < 12
