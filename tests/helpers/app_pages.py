"""Opens pages of the app by address, as a link does, and reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
import torch
from numpy.typing import NDArray
from streamlit.testing.v1 import AppTest

from pages.shared import common
from pixelcnn.checkpoints.files import save_checkpoint
from pixelcnn.models.base import AutoregressiveModel
from widgets.base.payload import unpack

APP = Path(__file__).parents[2] / "app.py"


def open_page(name: str, query: Mapping[str, str] | None = None) -> AppTest:
    """Run `pages/NAME/page.py` with an address; fails on an exception."""
    page = AppTest.from_file(APP, default_timeout=120)  # seconds: the machine may be busy
    if name != "start":
        page.run()  # the app registers its pages in its first run
        page.switch_page(f"pages/{name}/page.py")
    for key, value in (query or {}).items():
        page.query_params[key] = value
    page.run()
    assert not page.exception
    return page


def assert_taken(page: AppTest, query: Mapping[str, str]) -> None:
    """Fail unless the page adopted everything in its address."""
    for key, value in query.items():
        # Defaults are left out of an address, but set in the widgets.
        shown = [box.options[box.index or 0] for box in page.selectbox if box.key == key]
        taken = page.query_params.get(key) in (value, [value]) or value in shown
        assert taken, f"{key}={value} was not taken"


def told(page: AppTest) -> str:
    """All Markdown of the page."""
    return "\n".join(one.value for one in page.markdown)


def widgets(page: AppTest) -> list[tuple[dict[str, Any], dict[str, NDArray[Any]]]]:
    """The data of all browser widgets that can be seen on the page, in order: (meta, arrays)."""
    return [
        unpack(component.proto.bytes)
        for component in page.get("bidi_component")
        if "browser_key" not in component.proto.component_name
    ]


def button(page: AppTest, label: str) -> Any:
    """The only button with this label."""
    [match] = [one for one in page.button if one.label == label]
    return match


def forget_cached() -> None:
    """Clear the app's shared caches: models, data, maps."""
    st.cache_data.clear()
    st.cache_resource.clear()


@contextmanager
def shipped_instead(
    folder: Path,
    models: Mapping[str, AutoregressiveModel],
    cards: Mapping[str, dict[str, Any]] | None = None,
    *,
    std: float = 0.2,
) -> Iterator[None]:
    """Models with random weights in `folder`, by name, instead of the shipped ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(common, "CHECKPOINTS", folder)
        patch.setenv("PIXELCNN_RUNS", str(folder / "runs"))
        forget_cached()
        for name, model in models.items():
            for parameter in model.parameters():
                torch.nn.init.normal_(parameter, std=std)
            save_checkpoint(
                folder / f"{name}.safetensors", model.eval(), (cards or {}).get(name, {})
            )
        yield
    forget_cached()


@pytest.fixture
def shipped_again(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The shipped models, in a file of tests that replaces them."""
    monkeypatch.setattr(common, "CHECKPOINTS", APP.parent / "checkpoints")
    forget_cached()
    yield
    forget_cached()
