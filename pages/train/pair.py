"""Two trainings side by side, from the same seed, with one option different."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.shared.launcher import launcher

if TYPE_CHECKING:
    from pixelcnn.recipes.config import RunConfig

_ALONE = "none"


def choose_other(config: RunConfig) -> RunConfig | None:
    """The second training that is asked for, if one is; kept in the URL."""
    from pixelcnn.recipes.pairs import ABLATIONS

    possible = {name: one for name, one in ABLATIONS.items() if one.others(config)}
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        name = st.selectbox(
            "Beside it, another with a different",
            [_ALONE, *possible],
            format_func=lambda name: "(only one)" if name == _ALONE else possible[name].label,
            key="pair",
            bind="query-params",
            help="Two trainings at once, from the same seed, on the same digits in the same order. "
            "Whatever differs in the end comes from this option.",
        )
        if name == _ALONE:
            return None
        difference = possible[name]
        value = st.selectbox(
            difference.words(difference.read(config)) + ", and there",
            difference.others(config),
            format_func=lambda value: difference.words(value).partition(": ")[2],
            key=f"pair-{name}",
            bind="query-params",
        )
    launcher().warm(2)  # so that both begin together
    return difference.vary(config, value)
