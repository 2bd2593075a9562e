"""The page Feature maps in a browser: open a layer, read its numbers, choose and draw a digit."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from pages.features.cell import sum_in_words
from pages.features.words import formula
from pages.shared.common import DEFAULT_MODEL
from pixelcnn import activations, load_checkpoint
from pixelcnn.introspect.cell import Cell, convolution, made_of, window
from pixelcnn.introspect.feature_maps import LayerSummary, summarize
from pixelcnn.introspect.wiring import Wiring, numbers_of, wire
from pixelcnn.scores.unseen import unseen_digits
from tests.browser.serving import REPOSITORY, choose, goto, idle


@pytest.fixture(scope="module")
def layers() -> dict[str, LayerSummary]:
    """What the shipped model makes of the digit that is on screen at first, by label."""
    import torch

    model, _ = load_checkpoint(REPOSITORY / "checkpoints" / f"{DEFAULT_MODEL}.safetensors")
    config = model.config
    test = unseen_digits(config.levels, config.height)
    image = test.images[test.labels == 7][:1]
    labels = torch.tensor([7]) if config.classes else None
    found = activations(model, image, labels)
    shown = ("stack", "horizontal stack")
    return {one.label: one for one in summarize(model, found, labels) if one.part in shown}


def open_features(page: Page, query: str = "") -> None:
    goto(page, f"/features{query}")
    expect(gallery(page)).to_have_attribute("data-ready", re.compile("."))


def gallery(page: Page) -> Locator:
    return page.locator(".st-key-maps .lab")


def tab(page: Page, name: str) -> Locator:
    return gallery(page).get_by_role("tab", name=name, exact=True)


def choose_digit(page: Page, digit: str) -> None:
    digits = page.get_by_role("radiogroup", name="Digit")
    digits.get_by_role("radio", name=digit, exact=True).click()


def thumbnail(page: Page, name: str) -> str:
    """The bitmap of a layer's small picture."""
    drawn: str = tab(page, name).locator("canvas").evaluate("canvas => canvas.toDataURL()")
    return drawn


def expect_another_thumbnail(page: Page, name: str, before: str) -> None:
    page.wait_for_function(
        "([canvas, before]) => canvas.isConnected && canvas.toDataURL() !== before"
        " || !canvas.isConnected",
        arg=[tab(page, name).locator("canvas").element_handle(), before],
    )
    assert thumbnail(page, name) != before


def number(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def numbers(layer: LayerSummary) -> str:
    return (
        f"{layer.title}: {layer.channels} maps of {layer.height} × {layer.width}. Min "
        f"{number(layer.minimum)}, mean {number(layer.mean)}, max {number(layer.maximum)}."
    )


def test_every_layer_is_there_and_opens_to_its_maps_and_numbers_which_the_address_brings_back(
    page: Page, layers: dict[str, LayerSummary], screenshot: Callable[[Page, str], Path]
) -> None:
    open_features(page)
    expect(page.get_by_role("heading", name="What is inside?")).to_be_visible()
    names = ["the image", *layers, "prediction"]
    expect(gallery(page).get_by_role("tab")).to_have_text(names)
    expect(page.get_by_text(numbers(next(iter(layers.values()))))).to_be_visible()
    screenshot(page, "features")

    gallery(page).locator("canvas.maps").hover(position={"x": 3, "y": 3})
    caption = gallery(page).locator(".caption")
    expect(caption).to_contain_text("map 0, row 0, column 0:")
    expect(caption).to_contain_text(re.compile(r"min .+ mean .+ max "))

    head = layers["head"]
    tab(page, "head").click()
    expect(page.get_by_text(f"Dead units: {head.dead} of {head.channels}")).to_be_visible()

    name, layer = list(layers.items())[1]
    tab(page, name).click()
    expect(gallery(page)).to_have_attribute("data-layer", name)
    expect(gallery(page).locator(".heading")).to_contain_text(f"{layer.channels} maps")
    expect(page.get_by_text(numbers(layer))).to_be_visible()
    expect(page.get_by_text(layer.name, exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile(rf"layer={re.escape(layer.name)}"))
    page.reload()
    idle(page)
    expect(gallery(page)).to_have_attribute("data-layer", name)
    expect(page.get_by_text(numbers(layer))).to_be_visible()


def test_layers_and_maps_can_be_walked_by_keyboard(
    page: Page, layers: dict[str, LayerSummary]
) -> None:
    open_features(page)
    first, second = list(layers)[:2]
    tab(page, first).press("ArrowRight")
    expect(gallery(page)).to_have_attribute("data-layer", second)
    expect(page.get_by_text(numbers(layers[second]))).to_be_visible()
    gallery(page).locator("canvas.maps").press("ArrowRight")
    expect(gallery(page)).to_have_attribute("data-channel", "1")


def click_cell(page: Page, channel: int, row: int, column: int) -> None:
    """Click a map, then the cell in its large picture."""
    maps = gallery(page).locator("canvas.maps")
    for _ in range(channel):
        maps.press("ArrowRight")
    portrait = gallery(page).locator("canvas.portrait")
    box = portrait.bounding_box()
    assert box
    cell = {"x": box["width"] * (column + 0.5) / 28, "y": box["height"] * (row + 0.5) / 28}
    portrait.click(position=cell)  # type: ignore[arg-type]


def written_out(place: str, cell: Cell, source: int | None = None) -> str:
    """The sum in words, for the shipped model and the digit that is on screen at first."""
    model, wiring, image, labels = shipped()
    numbers = numbers_of(model, wiring.graph, image, labels)
    found = convolution(wiring, numbers, place, cell, source)
    assert found is not None
    return sum_in_words(found).splitlines()[0].removeprefix("### ")


@cache
def shipped() -> tuple[Any, Wiring, Any, Any]:
    """The shipped model, how it is wired, and the digit that is on screen at first."""
    import torch

    model, _ = load_checkpoint(REPOSITORY / "checkpoints" / f"{DEFAULT_MODEL}.safetensors")
    test = unseen_digits(2, 28)
    labels = torch.tensor([7]) if model.config.classes else None
    return model, wire(model), test.images[test.labels == 7][0], labels


def test_a_clicked_cell_shows_its_window_and_kernel_times_patch(
    page: Page, screenshot: Callable[[Page, str], Path]
) -> None:
    open_features(page)
    page.get_by_role("radio", name="Inside the layers").click()
    tab(page, "layer 2: vertical").click()
    expect(gallery(page)).to_have_attribute("data-layer", "layer 2: vertical")
    click_cell(page, 2, 11, 17)
    place, cell = "layers.1.vertical", (2, 11, 17)
    expect(page).to_have_url(re.compile(r"cell=2\.11\.17"))
    expect(page.get_by_role("heading", name=written_out(place, cell))).to_be_visible()
    seen = int(window(shipped()[1], place, cell).sum())
    picture = page.locator(".st-key-cell-window .lab")
    expect(picture.locator(".legend")).to_have_text(f"its window: {seen} pixels")
    gallery(page).locator("canvas.portrait").press("ArrowDown")
    expect(page.get_by_role("heading", name=written_out(place, (2, 12, 17)))).to_be_visible()
    choose(page, "Write out the sum", "map 1")
    expect(page.get_by_role("heading", name=written_out(place, (2, 12, 17), 1))).to_be_visible()
    picture.scroll_into_view_if_needed()
    screenshot(page, "features-cell")


def test_a_gate_is_written_as_a_product_and_the_address_restores_it(page: Page) -> None:
    query = "?part-gated_pixelcnn=Vertical+stack&layer=layers.2.vertical_stack&cell=5.9.13"
    open_features(page, query)
    model, wiring, image, labels = shipped()
    numbers = numbers_of(model, wiring.graph, image, labels)
    term = made_of(wiring, numbers, "layers.2.vertical_stack", (5, 9, 13))
    expect(page.get_by_role("heading", name=formula(term))).to_be_visible()
    expect(page.get_by_text("comes from layer 3: vertical tanh, map 5")).to_be_visible()
    expect(gallery(page)).to_have_attribute("data-place", "5,9,13")


def test_a_locked_scale_keeps_its_ends_when_the_digit_changes(page: Page) -> None:
    open_features(page, "?scale=all+digits")
    ends = gallery(page).locator(".scale span")
    before, image = ends.all_text_contents(), thumbnail(page, "the image")
    choose_digit(page, "1")
    expect_another_thumbnail(page, "the image", image)
    assert ends.all_text_contents() == before


def test_the_maps_go_back_to_noise_when_the_slider_does(page: Page) -> None:
    open_features(page)
    moments = page.locator(".st-key-moments .lab")
    expect(moments).to_have_attribute("data-ready", re.compile("."))
    learned = moments.get_attribute("data-ready")
    slider = page.get_by_role("slider", name="After how many training steps?")
    slider.press("Home")
    expect(page).to_have_url(re.compile("moment-moments28=0"))
    expect(moments).not_to_have_attribute("data-ready", learned or "")
    slider.press("End")
    expect(moments).to_have_attribute("data-ready", learned or "")


def test_another_digit_gives_other_maps_and_the_address_brings_them_back(
    page: Page, layers: dict[str, LayerSummary]
) -> None:
    open_features(page)
    name = list(layers)[1]
    image, maps = thumbnail(page, "the image"), thumbnail(page, name)
    choose_digit(page, "3")
    expect(page).to_have_url(re.compile("digit=3"))
    expect_another_thumbnail(page, "the image", image)
    assert thumbnail(page, name) != maps
    image, maps = thumbnail(page, "the image"), thumbnail(page, name)
    page.reload()
    expect(gallery(page)).to_have_attribute("data-ready", re.compile("."))
    assert (thumbnail(page, "the image"), thumbnail(page, name)) == (image, maps)


def test_a_drawn_stroke_goes_through_the_network(page: Page) -> None:
    open_features(page, "?source=Your+drawing")
    canvas = page.locator("canvas.drawing")
    canvas.scroll_into_view_if_needed()
    before = thumbnail(page, "the image")
    box = canvas.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 4
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + box["height"] / 3, steps=6)
    page.mouse.up()
    expect_another_thumbnail(page, "the image", before)
