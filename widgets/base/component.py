"""Registers browser components from the files of the widgets' folders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy.typing as npt
import streamlit as st

from widgets.base.checks import sent_mapping
from widgets.base.colors import theme_css, theme_script
from widgets.base.payload import PackedArrays, pack

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

_WIDGETS = Path(__file__).parents[1]
_SHARED_SCRIPTS = ("base/common.js", "base/address.js", "base/draw.js")
_SHARED_STYLES = ("base/common.css",)


def register(name: str, *scripts: str, styles: Sequence[str] = ()) -> ComponentRenderer:
    """Register the component whose `widget.js` and `widget.css` lie in the folder `name`.

    A component is one module without imports, so its parts are joined: the theme, the shared
    scripts, `scripts` in their order, and last `widget.js`, which has the default export.

    Args:
        name: the widget's folder.
        scripts: further scripts that it needs, by their path below `widgets/`.
        styles: further style sheets, likewise.
    """
    return st.components.v2.component(
        f"lab_{name}",
        js=f'const WIDGET = "{name}";\n'
        + theme_script()
        + _joined(*_SHARED_SCRIPTS, *scripts, f"{name}/widget.js"),
        css=theme_css() + _joined(*_SHARED_STYLES, *styles, f"{name}/widget.css"),
    )


def show(
    component: ComponentRenderer,
    key: str,
    meta: Mapping[str, Any],
    arrays: Mapping[str, npt.ArrayLike] | PackedArrays,
    *states: str,
) -> None:
    """Show a component with its data; `states` are those that it reports, see `sent_by`."""
    payload, _ = pack(meta, arrays)
    callbacks: dict[str, Any] = {f"on_{state}_change": ignore for state in states}
    component(key=key, data=payload, **callbacks)


def ignore() -> None:
    """The callback that Streamlit requires for each state that a component reports."""


def sent_by(key: str, state: str) -> Mapping[str, Any]:
    """The value that the browser last reported as `state` of the widget `key`; empty if invalid."""
    return sent_mapping(sent_mapping(st.session_state.get(key)).get(state))


def _joined(*paths: str) -> str:
    return "\n".join((_WIDGETS / path).read_text(encoding="utf-8") for path in paths)
