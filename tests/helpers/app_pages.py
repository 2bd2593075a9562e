"""Pages of the app for a test: opened by their address, as a link does, and read."""

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
    """The page of `pages/NAME/page.py` in the state of an address; the test fails if it breaks."""
    page = AppTest.from_file(APP, default_timeout=120)  # seconds: the machine may be busy
    if name != "start":
        page.run()  # a page is known by its address only once the app has run
        page.switch_page(f"pages/{name}/page.py")
    for key, value in (query or {}).items():
        page.query_params[key] = value
    page.run()
    assert not page.exception
    return page


def assert_taken(page: AppTest, query: Mapping[str, str]) -> None:
    """Fail unless the page took over all that its address says."""
    for key, value in query.items():
        # What is usual on a page is left out of its address, but stands in its box.
        shown = [box.options[box.index or 0] for box in page.selectbox if box.key == key]
        taken = page.query_params.get(key) in (value, [value]) or value in shown
        assert taken, f"{key}={value} was not taken"


def told(page: AppTest) -> str:
    """All that the page says in Markdown."""
    return "\n".join(one.value for one in page.markdown)


def widgets(page: AppTest) -> list[tuple[dict[str, Any], dict[str, NDArray[Any]]]]:
    """What the browser widgets on the page were given, in their order: (meta, arrays)."""
    return [unpack(component.proto.bytes) for component in page.get("bidi_component")]


def button(page: AppTest, label: str) -> Any:
    """The one button with this label."""
    [found] = [one for one in page.button if one.label == label]
    return found


def forget_cached() -> None:
    """What the app keeps for all its visitors is worked out again: models, data, maps."""
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
    """Models with random weights in `folder`, by name, in place of those that come with the lab."""
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
    """The models that come with the lab, where a file of tests has others in their place."""
    monkeypatch.setattr(common, "CHECKPOINTS", APP.parent / "checkpoints")
    forget_cached()
    yield
    forget_cached()
