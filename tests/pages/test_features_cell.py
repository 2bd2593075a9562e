"""The page Feature maps: one cell of a layer, written out, and where attention looks."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from streamlit.testing.v1 import AppTest

from pages.features.words import formula
from pages.shared import common
from pixelcnn import build_model
from pixelcnn.checkpoints.files import save_checkpoint
from pixelcnn.introspect.cell import Term, convolution, made_of, window
from pixelcnn.introspect.feature_maps import activations, attention_weights
from pixelcnn.introspect.recurrent_cell import remembered
from pixelcnn.introspect.wiring import gate_maps, numbers_of, wire
from tests.helpers.app_pages import forget_cached, told, widgets
from tests.pages.test_features import (
    assert_shown,
    digit_image,
    galleries,
    models,
    number,
    open_page,
)

__all__ = ["models"]  # a fixture


def grids(page: AppTest) -> dict[str, tuple[dict[str, Any], NDArray[np.float32]]]:
    """The pixel grids on the page: {title: (meta, values)}."""
    shown = {}
    for meta, arrays in widgets(page):
        if meta.get("kind") == "values":
            shown[meta["title"]] = (meta, arrays["values"])
    return shown


def test_attention_shows_where_the_clicked_pixel_looks(models: dict[str, Any]) -> None:
    page = open_page("attention", digit="5", **{"part-pixelcnn_attention": "Attention"})
    weights = attention_weights(models["attention"], digit_image(5), torch.tensor([5]))
    names = list(weights)
    assert names == ["attentions.0.attention", "attentions.1.attention"]
    for name, index, cell in ((names[0], 1, (7, 7)), (names[1], 5, (3, 2))):
        if cell != (7, 7):  # the middle is chosen before anybody clicks
            opened = {"layer": index, "name": "attention 2: query", "instead_of": 1}
            clicked = {"channel": 0, "row": cell[0], "column": cell[1]}
            page.session_state["maps"] = {"map": {**opened, **clicked}}
            page.run()
            assert not page.exception
        target = cell[0] * 14 + cell[1]
        assert f"pixel in row {cell[0]}, column {cell[1]} look" in told(page)
        shown = {title: grid for title, grid in grids(page).items() if "Head" in title}
        assert list(shown) == [f"Head {head + 1}" for head in range(4)]
        for head, (meta, values) in enumerate(shown.values()):
            expected = 100 * weights[name][0, head, target].numpy()
            seen, later = np.split(values.ravel(), [target + 1])
            np.testing.assert_allclose(seen, expected[: target + 1], atol=1e-3)
            assert np.isnan(later).all()
            assert meta["selected"] == list(cell)


def test_the_first_pixel_has_nowhere_to_look(models: dict[str, Any]) -> None:
    page = open_page("attention", **{"part-pixelcnn_attention": "Attention"})
    page.session_state["maps"] = {
        "map": {
            "layer": 1,
            "name": "attention 1: query",
            "instead_of": 1,
            "channel": 0,
            "row": 0,
            "column": 0,
        }
    }
    page.run()
    assert not page.exception
    assert "There is no pixel before it" in told(page)


def test_both_halves_of_the_gates_are_shown_apart(models: dict[str, Any]) -> None:
    page = open_page("two-stacks", digit="5", **{"part-gated_pixelcnn": "Gates"})
    model = models["two-stacks"]
    wiring = wire(model.eval())
    numbers = numbers_of(model, wiring.graph, digit_image(5)[0], torch.tensor([5]))
    expected = list(gate_maps(wiring, numbers).values())
    shown = list(galleries(page)[0].items())[1:-1]
    assert {name for name, _ in shown[:4]} == {
        f"layer 1: {stack} {half}"
        for stack in ("vertical", "horizontal")
        for half in ("tanh", "sigmoid")
    }
    for (_, maps), half in zip(shown, expected, strict=True):
        assert_shown(maps, half[0])


def in_the_patch(page: AppTest) -> dict[str, NDArray[np.float32]]:
    return {title: values for title, (_, values) in grids(page).items()}


def test_a_clicked_cell_of_a_convolution_is_written_out(models: dict[str, Any]) -> None:
    view = {"part-pixelcnn": "Inside the blocks"}
    page = open_page("one-stack", digit="3", layer="blocks.1.conv", cell="4.9.6", **view)
    model = models["one-stack"].eval()
    wiring = wire(model)
    numbers = numbers_of(model, wiring.graph, digit_image(3)[0])
    cell = (4, 9, 6)
    found = convolution(wiring, numbers, "blocks.1.conv", cell)
    assert found is not None
    value = activations(model, digit_image(3))["blocks.1.conv"][0][cell].item()
    words = told(page)
    assert f" = {number(value)}\n" in words
    own = number(float(found.sums[found.source]))
    assert f"**{own}** is the sum of the products below, for map {found.source}" in words
    shown = in_the_patch(page)
    np.testing.assert_allclose(shown["× kernel"], found.kernel, rtol=1e-5)
    np.testing.assert_allclose(shown["= products"], found.products, rtol=1e-5)
    assert np.isnan(shown["Patch"]).sum() == 4  # of 3 x 3, mask B hides four
    other = (found.source + 1) % len(found.sums)
    page.selectbox(key="reads").set_value(f"map {other}").run()
    own = number(float(found.sums[other]))
    assert f"**{own}** is the sum of the products below, for map {other}" in told(page)


def test_a_cell_of_an_attention_is_the_sum_of_weight_times_value(models: dict[str, Any]) -> None:
    view = {"part-pixelcnn_attention": "Attention", "layer": "attentions.1.attention"}
    page = open_page("attention", digit="3", cell="7.6.5", **view)
    model = models["attention"].eval()
    value = activations(model, digit_image(3), torch.tensor([3]))["attentions.1.attention"]
    words, shown = told(page), grids(page)
    assert f"… = {number(value[0, 7, 6, 5].item())}\n" in words
    assert "All weights sum to **1.00**" in words
    weights, values = shown["Weights of head 3"][1] / 100, shown["× values, map 7"][1]
    assert np.nansum(weights) == pytest.approx(1, abs=1e-4)
    assert np.nansum(weights * values) == pytest.approx(value[0, 7, 6, 5].item(), abs=1e-4)
    np.testing.assert_allclose(shown["= products"][1], weights * values, atol=1e-5)


def test_a_cell_of_a_recurrence_is_explained_gate_by_gate(models: dict[str, Any]) -> None:
    model = build_model("pixelrnn", height=14, width=14, hidden_channels=6, blocks=1)
    save_checkpoint(common.CHECKPOINTS / "lstm.safetensors", model, {})
    forget_cached()
    layer = {"part-pixelrnn": "Recurrence", "layer": "layers.0.recurrence"}
    page = open_page("lstm", digit="3", cell="2.6.5", **layer)
    model.eval()
    wiring = wire(model)
    found = numbers_of(model, wiring.graph, digit_image(3)[0])
    steps = remembered(wiring, found, "layers.0.recurrence", (2, 6, 5))
    assert steps is not None
    value = activations(model, digit_image(3))["layers.0.recurrence"][0, 2, 6, 5].item()
    assert formula(steps["h"]).endswith(f"= {number(value)}")
    assert f"### {formula(steps['h'])}\n" in told(page)
    for letter in "figco":
        assert f"- *{letter}* = **{number(steps[letter].value)}**, " in told(page)
        assert formula(steps[letter]) in told(page)


def test_the_window_of_the_cell_lies_over_the_digit(models: dict[str, Any]) -> None:
    page = open_page("one-stack", digit="3", layer="head")
    click = {"layer": 4, "name": "head", "instead_of": 4, "channel": 2, "row": 5, "column": 3}
    page.session_state["maps"] = {"map": click}
    page.run()
    assert not page.exception
    assert page.query_params["cell"] == "2.5.3"
    seen = window(wire(models["one-stack"].eval()), "head", (2, 5, 3))
    (arrays,) = (
        arrays for meta, arrays in widgets(page) if meta.get("title") == "Its window in the image"
    )
    np.testing.assert_array_equal(arrays["marks"] != 255, seen)
    np.testing.assert_array_equal(arrays["values"], digit_image(3)[0, 0])


def test_a_cell_that_adds_other_layers_is_explained_as_a_sum(models: dict[str, Any]) -> None:
    page = open_page("one-stack", digit="3", layer="blocks.0", cell="1.7.7")
    model = models["one-stack"].eval()
    wiring = wire(model)
    numbers = numbers_of(model, wiring.graph, digit_image(3)[0])
    term = made_of(wiring, numbers, "blocks.0", (1, 7, 7))
    assert f"### {formula(term)}" in told(page)
    assert formula(term).endswith(f"= {number(term.value)}")
    for part in term.parts:
        assert f"**{number(part.value)}** {part.name}" in told(page)


def test_a_formula_reads_as_in_a_book() -> None:
    def leaf(value: float) -> Term:
        return Term("number", value, "x")

    content = Term("tanh", math.tanh(0.9), parts=(Term("add", 0.9, parts=(leaf(1.0), leaf(-0.1))),))
    opening = Term("sigmoid", 0.5, parts=(leaf(0.0),))
    gate = Term("mul", 0.5 * math.tanh(0.9), parts=(content, opening))
    assert formula(gate) == "tanh(1.00 + (−0.10)) × sigmoid(0.00) = 0.72 × 0.50 = 0.36"
    assert formula(Term("add", 0.5, parts=(leaf(1.5), leaf(-1.0)))) == "1.50 + (−1.00) = 0.50"


def test_unused_maps_are_reported(models: dict[str, Any]) -> None:
    view = {"part-gated_pixelcnn": "Vertical stack"}
    page = open_page("two-stacks", layer="layers.2.vertical_stack", **view)
    assert "These maps are not used" in told(page)
