"""The page Train live in a browser: play, watch, pause, reload, stop, keep."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from pixelcnn.checkpoints.files import load_checkpoint
from tests.browser.serving import WatchedPage, goto, idle

EIGHT = "/train?preset=8 × 8 digits&digits8-channels=8&digits8-blocks=1"
FILM = ".lab[data-film]"
CHART = "svg.curves"


@pytest.fixture
def stopped_in_the_end(page: Page) -> Iterator[None]:
    """Leaves no training behind that would slow down other tests."""
    yield
    stop = page.locator(".st-key-stop-run button")
    if stop.count():
        stop.click()
        expect(page.get_by_text("Stopped at step")).to_be_visible()


def play(page: Page, seconds: int) -> None:
    """Open the page and press Play on a tiny network."""
    goto(page, f"{EIGHT}&digits8-seconds={seconds}")
    page.locator(".st-key-play button").click()
    page.wait_for_url("**run=*")


def await_samples(page: Page, count: int) -> None:
    """Wait until a run, no recording, has drawn so many times."""
    fewer = "".join(f':not([data-count="{number}"])' for number in range(count))
    page.locator(f'{FILM}{fewer}:not([data-film="digits8"])').wait_for()


def test_a_recording_plays_before_the_first_click(
    page: Page, screenshot: Callable[[Page, str], Path]
) -> None:
    goto(page, "/train")
    expect(page.get_by_role("heading", name="How does it learn?")).to_be_visible()
    film = page.locator(FILM)
    expect(film).to_have_attribute("data-playing", "true")
    expect(film).to_have_attribute("data-moment", re.compile("step [1-9]"))
    page.get_by_role("button", name="Pause (Space)").click()
    page.get_by_role("slider", name="Moment of the training").fill("0")
    expect(film).to_have_attribute("data-moment", "step 0")
    page.get_by_role("button", name="Later (Right)").click()
    expect(film).to_have_attribute("data-moment", re.compile("step [1-9]"))
    expect(page.locator(CHART)).to_contain_text("guessing blindly")
    expect(page.locator(CHART)).to_contain_text("each pixel on its own")
    idle(page)
    screenshot(page, "train-before")


def test_a_network_is_seen_to_learn(page: Page, screenshot: Callable[[Page, str], Path]) -> None:
    play(page, seconds=6)
    await_samples(page, 2)
    film = page.locator(FILM)
    first = film.get_attribute("data-moment")
    progress = page.get_by_test_id("stProgress")
    expect(progress).to_contain_text("of 6 s")
    chart = page.locator(CHART).element_handle()
    screenshot(page, "train-during")
    expect(film).not_to_have_attribute("data-moment", first or "")
    assert chart.evaluate("node => node.isConnected"), "the chart was rebuilt while it grew"
    expect(progress).to_contain_text("Done")
    idle(page)
    expect(page.get_by_text("bits per pixel (")).to_be_visible()
    page.get_by_role("button", name="Earlier (Left)").click()
    page.get_by_role("slider", name="Moment of the training").fill("0")
    expect(film).to_have_attribute("data-moment", "step 0")
    screenshot(page, "train-after")


@pytest.mark.usefixtures("stopped_in_the_end")
def test_a_run_survives_pause_and_reload_and_others_only_watch(
    page: Page, watch: Callable[[str], WatchedPage], app_address: str
) -> None:
    play(page, seconds=1000)
    await_samples(page, 1)
    page.locator(".st-key-pause button").click()
    expect(page.get_by_test_id("stProgress")).to_contain_text("paused")
    address = page.url

    page.reload()
    expect(page.get_by_test_id("stProgress")).to_contain_text("paused")
    expect(page.locator(".st-key-resume button")).to_be_visible()

    other = watch(app_address)
    goto(other.page, address)
    expect(other.page.get_by_text("Another user started this training")).to_be_visible()
    await_samples(other.page, 1)
    expect(other.page.locator(".st-key-resume")).to_have_count(0)
    expect(other.page.locator(".st-key-stop-run")).to_have_count(0)
    assert not other.problems()

    page.locator(".st-key-resume button").click()
    expect(page.get_by_test_id("stProgress")).to_contain_text("left")
    expect(other.page.get_by_test_id("stProgress")).to_contain_text("left")
    page.locator(".st-key-stop-run button").click()
    expect(page.get_by_text("Stopped at step")).to_be_visible()
    expect(page.get_by_role("button", name="Resume from here")).to_be_visible()


@pytest.mark.usefixtures("stopped_in_the_end")
def test_the_timeline_stays_where_it_was_put_during_training(page: Page) -> None:
    play(page, seconds=1000)
    await_samples(page, 2)
    page.get_by_role("slider", name="Moment of the training").fill("0")
    film = page.locator(FILM)
    seen = int(film.get_attribute("data-count") or 0)
    await_samples(page, seen + 2)
    expect(film).to_have_attribute("data-moment", "step 0")


def test_the_trained_model_can_be_taken_home_and_used_on_other_pages(
    page: Page, tmp_path: Path
) -> None:
    play(page, seconds=2)
    expect(page.get_by_test_id("stProgress")).to_contain_text("Done")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the model").click()
    download.value.save_as(tmp_path / "mine.safetensors")
    model, card = load_checkpoint(tmp_path / "mine.safetensors")
    assert model.config.hidden_channels == 8
    assert card["step"] > 0

    name = f"taught {card['run'][-4:]}"
    page.get_by_role("textbox", name="Name on the other pages").fill(name)
    page.get_by_role("textbox", name="Name on the other pages").press("Enter")
    idle(page)
    page.get_by_role("button", name="Use on other pages").click()
    expect(page.get_by_text(f"{name} is saved")).to_be_visible()
    goto(page, f"/sample?model={name}")
    expect(page.get_by_role("combobox", name="Model")).to_have_value(name)


def test_space_starts_and_options_are_in_the_address(page: Page) -> None:
    goto(page, f"{EIGHT}&digits8-seconds=1")
    page.get_by_text("More: network").click()
    page.get_by_text("Label as input").click()
    page.wait_for_url("**digits8-labels=false**")
    idle(page)
    expect(page.get_by_test_id("stCode").first).not_to_contain_text("classes")
    page.get_by_role("heading", name="How does it learn?").click()
    page.keyboard.press("Space")
    page.wait_for_url("**run=*")
    expect(page.get_by_test_id("stProgress")).to_contain_text("Done")

    page.get_by_role("button", name="Train another").click()
    page.wait_for_url("**digits8-labels=false**")
    expect(page.locator(".st-key-play button")).to_be_visible()
