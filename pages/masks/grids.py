"""Masks & blind spots: the two linked grids, and their counts."""

import streamlit as st

from pages.masks.state import Setup, asked_for, newest, put_into_address, view
from pages.masks.words import in_words, layers_in_words
from pages.shared.architectures import ARCHITECTURES
from pixelcnn.causality.mask_stack import MaskStack
from widgets.reach_grid.widget import ReachSelection, reach_grid

LINK = "target"


def grids(setup: Setup, masks: MaskStack) -> ReachSelection:
    """Show both architectures side by side; returns the target and depth on show."""
    state = st.session_state
    on_screen = "left-grid" in state
    if not on_screen or state.get("reach-size") != setup.size:
        state["reach-start"] = state["reach-shown"] = (
            setup.middle if on_screen else asked_for(setup)
        )
        state["reach-size"] = setup.size
    start: ReachSelection = state["reach-start"]
    selections, below = {}, {}
    for (side, name), column in zip(setup.pair.items(), st.columns(2, gap="large"), strict=True):
        with column:
            selections[side] = reach_grid(
                view(setup, name, masks).table,
                title=ARCHITECTURES[name].title,
                depth_names=depth_names(setup.size),
                depth=start.depth,
                selected=(start.row, start.column),
                link=LINK,
                max_width=480,
                key=f"{side}-grid",
            )
            below[side] = st.container()
    shown = newest(selections.values())
    put_into_address(shown, setup.middle)
    for side, place in below.items():
        chosen = ARCHITECTURES[setup.pair[side]]
        totals = view(setup, setup.pair[side], masks).totals[shown.depth]
        place.markdown(in_words(totals, shown.depth, setup.size**2))
        place.caption(chosen.what)
    return shown


def depth_names(depths: int) -> list[str]:
    """The labels of the depth slider."""
    return [layers_in_words(depth) for depth in range(depths)]
