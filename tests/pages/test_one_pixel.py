"""The page One pixel: its maps and words are those of the library, for the pixel that is chosen."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from streamlit.testing.v1 import AppTest

from pages.one_pixel.words import bits, in_words
from pixelcnn import build_model, receptive_field
from pixelcnn.causality.reach import limit_reach
from pixelcnn.introspect.counterfactual import Counterfactual, counterfactual
from pixelcnn.scores.unseen import unseen_digits
from tests.helpers import app_pages
from tests.helpers.app_pages import shipped_again, shipped_instead, told, widgets
from widgets.base.colors import role_index
from widgets.painter.widget import Drawing, drawing_state

__all__ = ["shipped_again"]  # a fixture

ROOT = Path(__file__).parents[2]
SIZE = 14
Grids = dict[str, tuple[dict[str, Any], dict[str, NDArray[Any]]]]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Small models in place of the shipped ones."""
    torch.manual_seed(0)
    size = {"height": SIZE, "width": SIZE, "hidden_channels": 12, "blocks": 2}
    made = {
        "grey": build_model("pixelcnn", levels=16, **size),
        "one-stack": build_model("pixelcnn", block="bottleneck", **size),
        "two-stacks": build_model("gated_pixelcnn", classes=10, **size),
        "colour": build_model("pixelcnn", channels=3, **size),
    }
    with shipped_instead(tmp_path_factory.mktemp("models"), made):
        yield made


def open_page(model: str, **query: str) -> AppTest:
    return app_pages.open_page("one_pixel", {"model": model, **query})


def grids(page: AppTest) -> Grids:
    """The maps on the page by their key: (meta, arrays)."""
    return {
        meta["key"]: (meta, arrays)
        for meta, arrays in widgets(page)
        if meta.get("kind") == "values"
    }


def digit(levels: int = 2, label: int = 7) -> torch.Tensor:
    test = unseen_digits(levels, SIZE)
    return test.images[test.labels == label][0]  # (1, 14, 14)


def assert_shown(page: AppTest, found: Counterfactual, index: int, row: int, column: int) -> None:
    """All three maps of a model, and its words."""
    shown = grids(page)
    values = {
        name: shown[f"{name}-{index}"][1]["values"] for name in ("surprise", "entropy", "change")
    }
    np.testing.assert_allclose(values["surprise"], found.surprise_before[0], rtol=1e-5)
    np.testing.assert_allclose(values["entropy"], found.entropy_before[0], rtol=1e-5)
    before = np.arange(SIZE * SIZE).reshape(SIZE, SIZE) < row * SIZE + column
    assert np.isnan(values["change"][before]).all()
    np.testing.assert_allclose(values["change"][~before], found.kl_bits[0][~before], rtol=1e-5)
    assert in_words(found, row, column) in told(page)


def test_the_pixel_in_the_address_is_flipped(models: dict[str, Any]) -> None:
    page = open_page("one-stack", row="6", column="8")
    found = counterfactual(models["one-stack"], digit(), None, (6, 8))
    assert_shown(page, found, 0, 6, 8)
    assert f"The image costs **{found.total_before:.1f} bits**" in told(page)


def test_a_click_on_any_of_the_maps_moves_the_pixel(models: dict[str, Any]) -> None:
    page = open_page("one-stack", row="6", column="8")
    clicks = [("entropy-0", (9, 3)), ("change-0", (2, 12)), ("entropy-0", (9, 3))]
    for at, (key, (row, column)) in enumerate(clicks):
        sent = {"row": row, "column": column, "instead_of": [6, 8], "at": at}
        page.session_state[key] = {"cell": sent}
        page.run()
        assert not page.exception
        found = counterfactual(models["one-stack"], digit(), None, (row, column))
        assert_shown(page, found, 0, row, column)
        assert [page.query_params[name] for name in ("row", "column")] == [str(row), str(column)]


def test_pixels_that_cannot_notice_are_marked(models: dict[str, Any]) -> None:
    model, (row, column) = models["one-stack"], (5, 9)
    marks = grids(open_page("one-stack", row=str(row), column=str(column)))["change-0"][1]["marks"]
    later = np.arange(SIZE * SIZE).reshape(SIZE, SIZE) > row * SIZE + column
    unseen = later & ~receptive_field(model)[:, :, row, column]
    ever = limit_reach(model).any(axis=(0, 3))[:, :, row, column]
    blind, not_yet = (marks == role_index(name) for name in ("never", "legal_not_yet"))
    np.testing.assert_array_equal(blind, unseen & ~ever)
    np.testing.assert_array_equal(not_yet, unseen & ever)
    assert blind.any()
    found = counterfactual(model, digit(), None, (row, column))
    assert not found.kl_bits[0][blind | not_yet].any()


def test_two_models_are_asked_the_same(models: dict[str, Any]) -> None:
    page = open_page("one-stack", beside="two-stacks", row="5", column="9", digit="4")
    image = digit(label=4)
    assert_shown(page, counterfactual(models["one-stack"], image, None, (5, 9)), 0, 5, 9)
    labels = torch.tensor([4])
    assert_shown(page, counterfactual(models["two-stacks"], image, labels, (5, 9)), 1, 5, 9)
    assert role_index("never") not in grids(page)["change-1"][1]["marks"]
    page.session_state["surprise-1"] = {
        "cell": {"row": 8, "column": 8, "instead_of": [5, 9], "at": 1}
    }
    page.run()
    assert_shown(page, counterfactual(models["one-stack"], image, None, (8, 8)), 0, 8, 8)
    offered = page.selectbox(key="beside").options
    assert offered == ["nothing", "two-stacks"]  # the others read other pictures


def test_a_grey_pixel_can_become_any_level(models: dict[str, Any]) -> None:
    page = open_page("grey", row="7", column="7")
    image = digit(16)
    assert_shown(page, counterfactual(models["grey"], image, None, (7, 7)), 0, 7, 7)
    page.button_group(key="becomes").set_value("a level").run()
    page.slider(key="level").set_value(4).run()
    assert not page.exception
    assert_shown(page, counterfactual(models["grey"], image, None, (7, 7), 4), 0, 7, 7)
    assert grids(page)["entropy-0"][0]["high"] == math.log2(16)


def test_the_changed_picture_can_be_shown(models: dict[str, Any]) -> None:
    shown = grids(open_page("one-stack", shown="changed", row="6", column="8"))
    found = counterfactual(models["one-stack"], digit(), None, (6, 8))
    arrays = shown["surprise-0"][1]
    np.testing.assert_allclose(arrays["values"], found.surprise_after[0], rtol=1e-5)
    np.testing.assert_array_equal(arrays["overlay"], found.after[0])
    np.testing.assert_allclose(shown["entropy-0"][1]["values"], found.entropy_after[0], rtol=1e-5)


def test_an_invalid_address_shows_the_defaults(models: dict[str, Any]) -> None:
    page = open_page("one-stack", row="99", column="x", beside="nobody", shown="?")
    assert_shown(page, counterfactual(models["one-stack"], digit(), None, (5, 7)), 0, 5, 7)


def test_a_model_of_colours_is_not_offered(models: dict[str, Any]) -> None:
    assert "colour" not in open_page("colour").selectbox(key="model").options


@pytest.mark.usefixtures("shipped_again")
def test_the_notebook_lines_run(monkeypatch: pytest.MonkeyPatch) -> None:
    page = app_pages.open_page("one_pixel")
    monkeypatch.chdir(ROOT)
    image = torch.zeros(1, 28, 28, dtype=torch.uint8)
    scope: dict[str, Any] = {"image": image, "labels": torch.tensor([7])}
    exec(page.code[-1].value, scope)
    assert scope["flipped"].kl_bits.shape == (1, 28, 28)


def test_a_drawing_is_asked_too(models: dict[str, Any]) -> None:
    page = open_page("one-stack", source="Your drawing", row="4", column="4")
    image = np.zeros((SIZE, SIZE), np.uint8)
    image[3:11, 6] = 1
    page.session_state["picture-painter"] = drawing_state(Drawing(image, image < 2), 0)
    page.run()
    assert not page.exception
    found = counterfactual(models["one-stack"], torch.from_numpy(image)[None], None, (4, 4))
    assert_shown(page, found, 0, 4, 4)


def test_few_bits_do_not_read_as_zero() -> None:
    assert [bits(value) for value in (0.0, 0.001, 0.25, 12.0)] == [
        "0 bits",
        "less than 0.01 bits",
        "0.25 bits",
        "12.00 bits",
    ]
