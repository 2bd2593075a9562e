"""Two trainings side by side, with the same seed, that differ in one option."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from pixelcnn.recipes.config import RunConfig

_ALONE = "none"


def choose_other(config: RunConfig) -> RunConfig | None:
    """The second training, if the user chose one; kept in the URL."""
    from pixelcnn.recipes.pairs import ABLATIONS

    possible = {name: ablation for name, ablation in ABLATIONS.items() if ablation.others(config)}
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        name = st.selectbox(
            "Train a second one that differs in",
            [_ALONE, *possible],
            format_func=lambda name: "(nothing)" if name == _ALONE else possible[name].label,
            key="pair",
            bind="query-params",
            help="Two trainings in turn, with the same seed, on the same digits in the "
            "same order, so only this option differs. With one seed, a small difference can still "
            "be chance.",
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
    return difference.vary(config, value)
