"""Registers a browser component from the files that lie beside this one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from widgets.checks import sent_mapping
from widgets.theme import theme_css, theme_script

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

_FOLDER = Path(__file__).parent
_SHARED_SCRIPTS = ("common.js", "draw.js")
_SHARED_STYLES = ("common.css",)


def register(name: str, *scripts: str, styles: Sequence[str] = ()) -> ComponentRenderer:
    """Register `name`.js and `name`.css; `scripts` and `styles` are further files they need.

    A component is one module without imports, so its parts are joined: the theme, what all widgets
    share, `scripts` in their order, and last `name`.js, which has the default export.
    """
    return st.components.v2.component(
        f"lab_{name}",
        js=f'const WIDGET = "{name}";\n'
        + theme_script()
        + _joined(*_SHARED_SCRIPTS, *scripts, f"{name}.js"),
        css=theme_css() + _joined(*_SHARED_STYLES, *styles, f"{name}.css"),
    )


def ignore() -> None:
    """The callback that Streamlit wants for each state a component reports."""


def sent_by(key: str, state: str) -> Mapping[str, Any]:
    """What the browser last reported as `state` of the mounted widget `key`.

    Only a mapping counts; anything else reads as an empty one.
    """
    return sent_mapping(sent_mapping(st.session_state.get(key)).get(state))


def _joined(*file_names: str) -> str:
    return "\n".join((_FOLDER / name).read_text(encoding="utf-8") for name in file_names)
