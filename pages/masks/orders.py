"""Masks & blind spots: other generation orders, by transforming the picture."""

import numpy as np
import streamlit as st

from pages.masks.grids import depth_names
from pages.masks.state import Setup
from pages.masks.words import ORDERS
from pages.shared.controls import one_of
from pixelcnn.causality.generation_orders import generation_order, in_order
from pixelcnn.causality.stack_growth import stack_receptive_field
from widgets.reach_grid.widget import ReachTable, reach_grid, reach_table

_SIZE = 14  # small enough to see single rows


@st.cache_resource(show_spinner=False, max_entries=64)
def _tables(name: str, first: int, kernel: int, mask: str, dilation: int) -> dict[str, ReachTable]:
    """One stack in this order: raster masks on the plain and on the transformed picture."""
    setup = Setup(_SIZE, first, "B" if mask == "B" else "A", kernel, dilation, "pixelcnn", "")
    growth = stack_receptive_field(*setup.usual.masks, size=_SIZE, dilation=dilation)
    order = generation_order(name, _SIZE)
    turned = in_order(np.concatenate([growth.relations, growth.limit[None]]), order)
    return {
        "plain": reach_table(growth.relations, limit=growth.limit, order=order),
        "turned": reach_table(turned[:-1], limit=turned[-1], order=order),
    }


@st.fragment
def orders(setup: Setup) -> None:
    """What each pixel can see in the chosen order."""
    st.header("Must it go row by row?")
    name = one_of(
        "Order of drawing",
        list(ORDERS),
        default="columns",
        key="order",
    )
    st.markdown(
        "No: any order works, as long as no pixel sees a later one. The masks are made for rows, "
        "so the **picture** is transformed before the network reads it, and the samples are "
        "transformed back. {ORDERS[name].how}"
    )
    tables = _tables(ORDERS[name].library, setup.first, setup.kernel, setup.mask, setup.dilation)
    titles = {
        "plain": "The same masks on the plain picture",
        "turned": "On the transformed picture",
    }
    for (kind, title), place in zip(titles.items(), st.columns(2, gap="large"), strict=True):
        with place:
            reach_grid(
                tables[kind],
                title=title,
                depth_names=depth_names(_SIZE),
                depth=2,
                link="order",
                report=False,
                max_width=380,
                key=f"order-{kind}",
            )
