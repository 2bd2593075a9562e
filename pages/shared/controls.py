"""Controls that several pages have."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from typing import Any, TypeVar

import streamlit as st
from streamlit.errors import StreamlitAPIException

T = TypeVar("T")


def one_of(label: str, options: Sequence[T], *, key: str, **more: Any) -> T:
    """A choice among a few options, side by side; the first is the default.

    Args:
        label: what is chosen.
        options: as shown on screen and in the address.
        key: names the choice in the session and in the address.
        more: for `st.segmented_control`, such as `help`, or another `default`.
    """
    settings: dict[str, Any] = {"default": options[0], "required": True, "bind": "query-params"}
    settings |= more
    chosen: T | None = st.segmented_control(label, options, key=key, **settings)
    # A browser can send a value that is not an option.
    return settings["default"] if chosen is None else chosen


def whole_number(
    label: str, lowest: int, highest: int, usual: int | None = None, *, key: str, **more: Any
) -> int:
    """A whole number to type, kept in the session and in the address.

    Args:
        label: what is chosen.
        lowest: the smallest value allowed.
        highest: the largest value allowed.
        usual: the default; `lowest` if None.
        key: names the number in the session and in the address.
        more: for `st.number_input`, such as `help`.
    """
    settings: dict[str, Any] = {"key": key}
    if usual is not None:  # Streamlit warns of a default beside a value in the session
        settings["value"] = usual
    if _is_infinite(st.query_params.get(key, "")):
        # Streamlit would raise an OverflowError. A control that has been on screen is bound to the
        # address, which then can be corrected only at the next rerun.
        with contextlib.suppress(StreamlitAPIException):
            st.query_params.pop(key)
    else:
        settings["bind"] = "query-params"
    return int(st.number_input(label, lowest, highest, **settings | more))


def temperature_slider(more: str = "", *, disabled: bool, width: int) -> float:
    """The temperature of a drawing, kept in the address."""
    return st.slider(
        "Temperature",
        0.0,
        2.0,
        1.0,
        0.1,
        format="%.1f",
        key="temperature",
        bind="query-params",
        width=width,
        disabled=disabled,
        help="How random the choices are. 1: as the network learned them. 0: always the likeliest "
        "level. " + more,
    )


def _is_infinite(text: str) -> bool:
    try:
        return math.isinf(float(text))
    except ValueError:
        return False
