"""The page Masks & blind spots as sent to the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from streamlit.testing.v1 import AppTest

from pixelcnn.causality.stack_growth import stack_receptive_field
from widgets.base.payload import unpack

APP = Path(__file__).parents[2] / "app.py"
PLAIN, GATED = "One stack (PixelCNN)", "Two stacks (Gated PixelCNN)"


def open_page(**query: str) -> AppTest:
    page = AppTest.from_file(APP, default_timeout=30)
    page.run().switch_page("pages/masks/page.py")
    for name, value in query.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    return page


def widget(page: AppTest, title: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The data of the widget with this title: (meta, arrays)."""
    for component in page.get("bidi_component"):
        meta, arrays = unpack(component.proto.bytes)
        if meta.get("title") == title:
            return meta, arrays
    raise AssertionError(f"no widget {title!r}")


def relations_on(page: AppTest, title: str) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """What the browser shows: the relation of each depth, and the limit.

    A stack comes as its masks; that the browser finds the same is shown in `tests/browser`.
    """
    meta, arrays = widget(page, title)
    if "stack" in meta:
        assert meta["stack"]["keeps"]
        sides = [round(len(mask) ** 0.5) for mask in meta["stack"]["masks"]]
        first, later = (
            np.array(mask, bool).reshape(side, side)
            for mask, side in zip(meta["stack"]["masks"], sides, strict=True)
        )
        dilation = meta["stack"]["dilation"]
        fields = stack_receptive_field(first, later, size=meta["height"], dilation=dilation)
        return fields.relations, fields.limit
    seen = np.logical_xor.accumulate(arrays["changes"].astype(bool))
    shape = (28, 28, 28, 28)
    limit = arrays["limit"].astype(bool) ^ seen[-1]
    return seen.reshape(-1, *shape), limit.reshape(shape)


def told(page: AppTest) -> str:
    return "\n".join(markdown.value for markdown in page.markdown)


def set_control(page: AppTest, name: str, value: int | str) -> None:
    controls = page.selectbox if name in ("left", "right") else page.button_group
    controls(key=name).set_value(value).run()
    assert not page.exception
