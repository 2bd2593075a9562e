"""The page Feature maps in a browser: open a layer, read its numbers, choose and draw a digit."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from pages.common import DEFAULT_MODEL
from pixelcnn import activations, load_checkpoint, load_data
from pixelcnn.introspect import LayerSummary, summarize
from tests.browser.serving import REPOSITORY, goto, idle


@pytest.fixture(scope="module")
def layers() -> dict[str, LayerSummary]:
    """What the shipped model makes of the digit that is on screen at first, by label."""
    import torch

    model, _ = load_checkpoint(REPOSITORY / "checkpoints" / f"{DEFAULT_MODEL}.safetensors")
    config = model.config
    test = load_data("mnist5k", levels=config.levels, size=config.height).test
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


def test_every_layer_is_there_without_a_click(
    page: Page, layers: dict[str, LayerSummary], screenshot: Callable[[Page, str], Path]
) -> None:
    open_features(page)
    expect(page.get_by_role("heading", name="What is inside?")).to_be_visible()
    names = ["the image", *layers, "prediction"]
    expect(gallery(page).get_by_role("tab")).to_have_text(names)
    expect(page.get_by_text(numbers(next(iter(layers.values()))))).to_be_visible()
    screenshot(page, "features")


def test_a_layer_opens_to_all_its_maps_and_its_numbers(
    page: Page, layers: dict[str, LayerSummary]
) -> None:
    open_features(page)
    name, layer = list(layers.items())[1]
    tab(page, name).click()
    expect(gallery(page)).to_have_attribute("data-layer", name)
    expect(gallery(page).locator(".heading")).to_contain_text(f"{layer.channels} maps")
    expect(page.get_by_text(numbers(layer))).to_be_visible()
    expect(page.get_by_text(layer.name, exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile(rf"layer={re.escape(layer.name)}"))


def test_the_units_that_a_relu_silences_are_counted(
    page: Page, layers: dict[str, LayerSummary]
) -> None:
    open_features(page)
    head = layers["head"]
    tab(page, "head").click()
    expect(page.get_by_text(f"Dead units: {head.dead} of {head.channels}")).to_be_visible()


def test_pointing_at_a_map_reads_its_value(page: Page) -> None:
    open_features(page)
    maps = gallery(page).locator("canvas.maps")
    maps.hover(position={"x": 3, "y": 3})
    caption = gallery(page).locator(".caption")
    expect(caption).to_contain_text("map 0, row 0, column 0:")
    expect(caption).to_contain_text(re.compile(r"min .+ mean .+ max "))


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


def test_another_digit_gives_other_maps(page: Page, layers: dict[str, LayerSummary]) -> None:
    open_features(page)
    name = list(layers)[1]
    image, maps = thumbnail(page, "the image"), thumbnail(page, name)
    page.get_by_role("radio", name="3", exact=True).click()
    expect(page).to_have_url(re.compile("digit=3"))
    expect_another_thumbnail(page, "the image", image)
    assert thumbnail(page, name) != maps


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


def test_the_address_restores_digit_and_layer(page: Page, layers: dict[str, LayerSummary]) -> None:
    name, layer = list(layers.items())[2]
    open_features(page, f"?digit=7&layer={layer.name}")
    expect(gallery(page)).to_have_attribute("data-layer", name)
    expect(page.get_by_text(numbers(layer))).to_be_visible()
    page.reload()
    idle(page)
    expect(gallery(page)).to_have_attribute("data-layer", name)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_stands_out_at_the_right(
    page: Page, screenshot: Callable[[Page, str], Path], width: int, scheme: Any
) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    open_features(page)
    main = page.get_by_test_id("stMain")
    assert not main.evaluate("main => main.scrollWidth > main.clientWidth")
    # The strip of layers is meant to be longer than the page: it scrolls by itself.
    for part in page.locator(".lab .head, .lab .body canvas").all():
        box = part.bounding_box()
        assert box
        assert box["x"] + box["width"] <= width
    screenshot(page, f"features-{width}-{scheme}")
