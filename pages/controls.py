"""Controls that several pages have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import streamlit as st

T = TypeVar("T")


def one_of(label: str, options: Sequence[T], *, key: str, **more: Any) -> T:
    """One of a few options, side by side; the first one until another is chosen.

    Args:
        label: what is chosen.
        options: the options, as the viewer and the address name them.
        key: of the choice in the session and in the address.
        more: for `st.segmented_control`, such as `help`, or another `default`.
    """
    settings: dict[str, Any] = {"default": options[0], "required": True, "bind": "query-params"}
    settings |= more
    chosen: T | None = st.segmented_control(label, options, key=key, **settings)
    # A browser can send what is none of them.
    return settings["default"] if chosen is None else chosen
