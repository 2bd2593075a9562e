"""Masks & blind spots: the grids and the tiles, which change together at once."""

import time

import streamlit as st

from pages.masks_grids import grids
from pages.masks_layer import one_layer, result_of
from pages.masks_state import Setup
from pixelcnn.mask_stack import MaskStack

# Seconds in which the browser draws what was clicked, before it hears of the rest of the page: at
# the same time both would take half as long again.
_FIRST_THINGS_FIRST = 0.3


def grids_and_tiles(setup: Setup) -> MaskStack:
    """The two grids, and below them the tiles that decide what these show; returns the masks."""
    st.session_state["whole-page"] = True
    _together(setup)
    st.session_state["whole-page"] = False
    masks: MaskStack = st.session_state["masks-here"]
    return masks


@st.fragment
def _together(setup: Setup) -> None:
    """A click runs this first, so that it shows at once, and then the rest of the page."""
    state = st.session_state
    top = st.container()
    masks, beside_the_tiles = one_layer(setup)
    with top:
        shown = grids(setup, masks)
    result_of(beside_the_tiles, setup, masks, shown)
    state["masks-here"] = masks
    now = (masks.hex, shown.row, shown.column)
    before, state["rest-follows"] = state.get("rest-follows"), now
    if not state["whole-page"] and before != now:
        time.sleep(_FIRST_THINGS_FIRST)
        st.rerun()
