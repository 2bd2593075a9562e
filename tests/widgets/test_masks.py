"""Kernel tiles with code and the path grid: what they take, and what they take from a browser."""

from __future__ import annotations

import base64
from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from widgets.base.payload import unpack
from widgets.kernel_tiles.widget import TileCode, kernel_tiles
from widgets.path_grid.widget import PathStep, path_grid

MASK = np.eye(3, dtype=bool)
HEARD = np.zeros((4, 5), int)


def tiles(**options: object) -> object:
    return kernel_tiles(MASK, key="k", **options)  # type: ignore[arg-type]


def path(**options: object) -> object:
    usual = {"source": (0, 0), "target": (3, 4), "steps": []}
    return path_grid(HEARD, key="k", **(usual | options))  # type: ignore[arg-type]


def source_at_turn_seven() -> None:
    import streamlit as st

    from widgets.path_grid.widget import chosen_source

    st.text(str(chosen_source("k", 7, 4, 5)))


def edited_kernel() -> None:
    import numpy as np
    import streamlit as st

    from widgets.kernel_tiles.widget import kernel_tiles

    kept = kernel_tiles(
        np.array([[True, True]]),
        start=np.array([[True, False]]),
        revision=st.session_state.get("revision", 0),
        key="k",
    )
    st.text(str(kept.astype(int).ravel().tolist()))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tiles(start=MASK[1:]), "start must have shape"),
        (lambda: tiles(forbidden=MASK * 1), "forbidden must be bool"),
        (lambda: tiles(blocks=("R", "G")), r"shape \(3, 3\) does not split into 2 blocks"),
        (lambda: tiles(code=TileCode(["a"], MASK * 1)), "must name one of the 1 lines"),
        (lambda: tiles(code=TileCode(["a"], HEARD)), "line_of must have shape"),
        (lambda: path(source=(4, 0)), r"source \(4, 0\) lies outside the 4 x 5 grid"),
        (lambda: path(target=(0, 5)), r"target \(0, 5\) lies outside"),
        (lambda: path(steps=[PathStep(0, 0, 2, "")], depth_names=["a"]), "there are 3 layers"),
        (lambda: path_grid(HEARD - 2, source=(0, 0), target=(1, 1), steps=[], key="k"), "-1 where"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("sent", "chosen"),
    [
        ({"row": 3, "column": 4, "turn": 7}, (3, 4)),
        ({"row": 3, "column": 4, "turn": 6}, None),  # of an earlier turn
        ({"row": 4, "column": 4, "turn": 7}, None),
        ({"row": "3", "column": 4, "turn": 7}, None),
        ("nonsense", None),
    ],
)
def test_a_source_counts_at_its_turn_only(sent: object, chosen: tuple[int, int] | None) -> None:
    app = AppTest.from_function(source_at_turn_seven)
    app.session_state["k"] = {"source": sent}
    app.run()
    assert app.text[0].value == str(chosen)


def test_a_viewer_s_mask_counts_until_a_new_start_or_revision() -> None:
    app = AppTest.from_function(edited_kernel)
    app.session_state["k"] = {"mask": {"base": "0:8080", "cells": "AQAAAAAAAAE="}}
    assert app.run().text[0].value == "[1, 0]"  # that base is another kernel's
    meta, _ = unpack(app.get("bidi_component")[0].proto.bytes)
    cells = base64.b64encode(bytes([0, 1])).decode()
    app.session_state["k"] = {"mask": {"base": meta["base"], "cells": cells}}
    assert app.run().text[0].value == "[0, 1]"
    app.session_state["revision"] = 1
    assert app.run().text[0].value == "[1, 0]"
