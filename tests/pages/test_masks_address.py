"""The page Masks & blind spots: what was clicked, its address, and what an address restores."""

from __future__ import annotations

import base64
import time

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pixelcnn.causality.depth_growth import receptive_field_by_depth
from pixelcnn.causality.mask_stack import MaskStack
from pixelcnn.causality.stack_growth import stack_receptive_field
from pixelcnn.nn.layers import causal_mask
from tests.helpers.masks_page import (
    GATED,
    PLAIN,
    open_page,
    relations_on,
    set_control,
    told,
    widget,
)
from widgets.base.payload import unpack

# ---------------------------------------------------------------- edited masks


def click_tile(page: AppTest, key: str, row: int, column: int) -> None:
    """What the browser sends when a weight is toggled."""
    metas = [unpack(component.proto.bytes) for component in page.get("bidi_component")]
    meta, arrays = next((meta, arrays) for meta, arrays in metas if meta["key"] == key)
    cells = arrays["start"].copy()
    cells[row, column] ^= 1
    sent = {"base": meta["base"], "cells": base64.b64encode(cells.tobytes()).decode()}
    page.session_state[key] = {"mask": sent}
    page.run()
    assert not page.exception


def test_a_toggled_weight_recolours_the_one_stack_and_is_in_the_address() -> None:
    page = open_page()
    first, later = (causal_mask(1, 1, (k, k), t)[0, 0].numpy() for k, t in ((7, "A"), (3, "B")))
    click_tile(page, "later-tiles", 1, 2)
    later[1, 2] = True
    expected = stack_receptive_field(first, later)
    for title in (PLAIN, "With these masks"):
        relations, limit = relations_on(page, title)
        assert np.array_equal(relations, expected.relations)
        assert np.array_equal(limit, expected.limit)
    assert np.array_equal(
        relations_on(page, GATED)[0], receptive_field_by_depth("gated_pixelcnn").relations
    )
    assert f"**{expected.totals[7].leaks:,} leaks**" in told(page)
    assert page.query_params["masks"] == MaskStack((first, later)).hex

    again = open_page(masks=page.query_params["masks"])
    assert np.array_equal(relations_on(again, PLAIN)[0], expected.relations)
    again.button(key="usual-masks").click().run()
    assert np.array_equal(
        relations_on(again, PLAIN)[0], receptive_field_by_depth("pixelcnn").relations
    )
    assert "masks" not in again.query_params


def test_a_leaking_tile_and_the_line_that_sets_it_are_marked() -> None:
    page = open_page()
    meta, arrays = widget(page, "Each layer after it: mask B")
    assert arrays["forbidden"].tolist() == [[0, 0, 0], [0, 0, 1], [1, 1, 1]]
    assert arrays["lines"].tolist() == [[1, 1, 1], [2, 3, 0], [0, 0, 0]]
    assert meta["code"][2].startswith("mask[1, :1] = 1")


def test_other_kernels_undo_the_edits() -> None:
    page = open_page()
    click_tile(page, "later-tiles", 1, 2)
    set_control(page, "kernel", 5)
    assert np.array_equal(
        relations_on(page, PLAIN)[0], receptive_field_by_depth("pixelcnn", kernel_size=5).relations
    )
    assert "masks" not in page.query_params


@pytest.mark.parametrize("text", ["ffff", "zz-zz", "ffffff00000000-fc00-00"])
def test_masks_in_the_address_that_fit_no_kernel_are_left_out(text: str) -> None:
    page = open_page(masks=text)
    assert "**32.5%**" in told(page)


def test_without_the_one_stack_the_tiles_are_fixed_with_a_note() -> None:
    page = open_page(left="PixelSNAIL", masks="ffffff00000000-fc00")
    assert "Only the masks of the one stack can be edited" in told(page)
    assert not widget(page, "Each layer after it: mask B")[0]["toggles"]


# ---------------------------------------------------------------- the address


def test_the_address_restores_everything() -> None:
    page = open_page(first="9", mask="B", kernel="5", row="3", column="25", depth="2")
    for title, name in ((PLAIN, "pixelcnn"), (GATED, "gated_pixelcnn")):
        meta, _ = widget(page, title)
        assert (meta["selected"], meta["depth"]) == ([3, 25], 2)
        expected = receptive_field_by_depth(
            name, first_kernel_size=9, kernel_size=5, first_mask="B"
        )
        assert np.array_equal(relations_on(page, title)[0], expected.relations)
    assert "the first layer and 2 more" in told(page)


@pytest.mark.parametrize(
    "query",
    [
        {"row": "28", "column": "-1", "depth": "28"},
        {"row": "middle", "column": "", "depth": "1e3"},
        {"first": "4", "mask": "C", "kernel": "100"},
    ],
)
def test_an_invalid_address_shows_the_defaults(query: dict[str, str]) -> None:
    page = open_page(**query)
    meta, _ = widget(page, PLAIN)
    assert (meta["selected"], meta["depth"]) == ([14, 14], 7)
    assert "**32.5%**" in told(page)


def choose(page: AppTest, key: str, row: int, column: int, depth: int) -> None:
    """What the browser sends when a target is pinned in one of the grids."""
    instead = {"instead_of": [14, 14], "instead_of_depth": 7}
    target = {"row": row, "column": column, "depth": depth, "at": time.monotonic()}
    page.session_state[key] = {"target": target | instead}
    page.run()
    assert not page.exception


def test_a_chosen_target_and_depth_are_put_into_the_address_and_counted() -> None:
    page = open_page()
    choose(page, "left-grid", 3, 20, 15)
    assert {name: page.query_params[name] for name in ("row", "column", "depth")} == {
        "row": "3",
        "column": "20",
        "depth": "15",
    }
    assert "the first layer and 15 more see **65.3%**" in told(page)


def test_of_the_two_grids_the_one_used_last_counts() -> None:
    page = open_page()
    choose(page, "left-grid", 3, 20, 15)
    choose(page, "right-grid", 5, 6, 0)
    assert page.query_params["row"] == "5"
    assert told(page).count("the first layer alone") == 2
    choose(page, "left-grid", 3, 20, 15)  # where it had been before
    assert page.query_params["column"] == "20"


def test_back_at_the_start_the_address_is_short_again() -> None:
    page = open_page()
    choose(page, "left-grid", 3, 20, 15)
    choose(page, "left-grid", 14, 14, 7)
    assert not {"row", "column", "depth"} & set(page.query_params)


def test_what_a_browser_sends_is_not_trusted() -> None:
    page = open_page()
    choose(page, "left-grid", 99, -5, 10_000)
    assert not {"row", "column", "depth"} & set(page.query_params)


def test_a_source_that_was_chosen_goes_into_the_address() -> None:
    page = open_page()
    page.session_state["path-one"] = {"source": {"row": 2, "column": 4, "turn": 0}}
    page.run()
    assert page.query_params["source"] == "2-4"
    page.session_state["path-two"] = {"source": {"row": 3, "column": 5, "turn": 1}}
    page.run()
    assert page.query_params["source"] == "3-5"
    page.run()  # the older choice in the other grid is past
    assert page.query_params["source"] == "3-5"
